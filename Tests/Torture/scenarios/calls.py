"""A kill before and after every call that changes something, and every call failing with each error that fits it."""

from __future__ import annotations

from faults import CHANGING, DESCRIPTORS, STORAGE, Fault, Strike, errors_at, kills_at
from stories import APPEND, DAYS, HISTORY, MERGE, REPLACE, Story
from trial import Trial

# Programs are disturbed in their first run and in the next, which finds state, tables and a home.
DISTURBED_STEPS = (0, 1)
PIPELINES = (APPEND, MERGE, REPLACE, DAYS, HISTORY)
# A kill of all programs at once differs from a kill of one where several are at work.
KILLED_TOGETHER = (APPEND, MERGE)
# What is opened and read is much the same in all of them.
READING = (APPEND, MERGE)


def strike(step: int, fault: Fault, must_hit: bool = False):
    """A run of the step with the fault, and all that has to hold afterwards."""

    def run(trial: Trial) -> None:
        trial.begin_after(step)
        trial.prepare(step)
        result = trial.run(step, fault)
        trial.outcome.missed = not result.hits
        if must_hit and not result.hits:
            trial.problem("unusable", "the bench has found nothing to strike; has the name of a file changed?")
        if fault.kills:
            trial.outcome.kills = len(result.hits[:1])
        else:
            trial.outcome.faults = len(result.hits[:1])
        killed = tuple(ended.program for ended in result.ended) if fault.action.startswith("killall") else (fault.program,)
        trial.check_statuses(result, fault, killed if fault.kills else ())
        trial.finish_and_compare(step, result)

    return run


def strike_and_move_on(step: int, fault: Fault):
    """The run with the fault is not run again; the next one comes with new input, and has to bring what both would have."""

    def run(trial: Trial) -> None:
        trial.begin_after(step)
        trial.prepare(step)
        result = trial.run(step, fault)
        trial.outcome.missed = not result.hits
        trial.outcome.kills = len(result.hits[:1])
        trial.check_statuses(result, fault, tuple(ended.program for ended in result.ended))
        trial.check_state()
        trial.prepare(step + 1)
        trial.finish_and_compare(step + 1)

    return run


def faults_of(bench, story: Story, trace: list[Strike]) -> list[Fault]:
    """The faults for the calls of one run. A call that comes again on the same object fails the first and the last time only."""
    last: dict[tuple, int] = {}
    for call in trace:
        last[(call.program, call.call, call.object)] = call.number
    seen = set()
    chosen = []
    for call in trace:
        for fault in kills_at(call):
            if bench.every or story in KILLED_TOGETHER or not fault.action.startswith("killall"):
                chosen.append(fault)
        key = (call.program, call.call, call.object)
        if bench.every or (key not in seen or last[key] == call.number) and (call.call in CHANGING or story in READING):
            chosen += errors_at(call)
        seen.add(key)
    return chosen


def lasting_faults(trace: list[Strike]) -> list[Fault]:
    """A disk that stays full, a disk that is gone, no more descriptors: from one call on, all fail."""
    chosen = []
    for program in sorted({call.program for call in trace}):
        for calls, action, stride in ((STORAGE, "ENOSPC", 2), (STORAGE, "EIO", 7), (DESCRIPTORS, "EMFILE", 2)):
            # To standard error they can always write; and so the first failure decides.
            count = sum(call.program == program and call.call in calls for call in trace)
            chosen += [Fault(program, calls, nth, action, on=True) for nth in range(1, count + 1, stride)]
        chosen.append(Fault(program, ("read", "write", "send", "recv"), 1, "short", on=True))
        chosen.append(Fault(program, ("read", "write", "fsync", "open", "create"), 1, "EINTR"))
    return chosen


def cases(bench):
    told = set()
    for story in PIPELINES:
        for step in DISTURBED_STEPS:
            trace = bench.trace(story, step)
            for fault in faults_of(bench, story, trace):
                # The short form has each kind of call and fault once.
                what = (fault.program, fault.calls, fault.action if not fault.kills else fault.action.split("-")[0])
                yield bench.case(
                    f"calls/{story.name}.{step + 1}/{fault.name}",
                    "kill at a call" if fault.kills else "call that fails",
                    story, strike(step, fault), short=step == 1 and what not in told and not told.add(what))
            for call in trace if story is APPEND and step == 0 else ():
                for fault in kills_at(call):
                    if fault.action == "killall-before":
                        yield bench.case(
                            f"move-on/{story.name}.{step + 1}/{fault.name}", "kill, then new input", story,
                            strike_and_move_on(step, fault), short=fault.nth == 2)
            for fault in lasting_faults(trace):
                yield bench.case(
                    f"lasting/{story.name}.{step + 1}/{fault.name}", "calls that go on failing", story, strike(step, fault),
                    short=story is MERGE and step == 0 and fault.nth in (1, 7, 13))
