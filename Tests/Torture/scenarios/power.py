"""A power cut: the disk has what was synchronized, and any part of what was not.

The changes of a run are noted with their contents, and what may be left of them is put back: every prefix, with all and with nothing of
what was not synchronized in it, every single change left out, and parts drawn by chance. From each of these the same
command again has to lead to the right rows; and where the pipe had ended with 0, nothing may be missing before that.
"""

from __future__ import annotations

from functools import partial

from replay import Recording
from stories import APPEND, MERGE, REPLACE, STORIES
from trial import Trial

# Subsets by chance, and how many cases they are spread over, so that processors share them.
SUBSETS, SHARES = 10_000, 40
# Of each story in the short form.
SAMPLE = 12


def record(trial: Trial, step: int, unsynchronized: tuple[str, ...] = ()) -> tuple[Recording, bool]:
    trial.begin_after(step)
    trial.prepare(step)
    recording = Recording(trial.folder)
    log = trial.folder.parent / f"{trial.folder.name}.data"
    log.unlink(missing_ok=True)
    result = trial.run(step, trace=True, extra={"TORTURE_DATA": str(log)})
    recording.take(log, unsynchronized)
    log.unlink()
    if not result.done or len(recording.changes) < 20:
        trial.problem("unusable", f"{len(recording.changes)} changes were noted of {result}")
    return recording, result.done


def cut(trial: Trial, recording: Recording, step: int, at: int, missing: frozenset[int]) -> None:
    """The power goes at an event, and all of it but these changes is on the disk; then life goes on."""
    recording.restore(at, missing)
    trial.outcome.faults += 1
    before = len(trial.outcome.problems)
    trial.check_state()
    if at == recording.events:
        trial.check_rows(step, "though the pipe had ended with 0")
    trial.finish(step)
    trial.check_rows(step)
    trial.check_spool()
    if len(trial.outcome.problems) > before:
        left_out = [
            " ".join(str(part) for part in (change.what, *change.details) if isinstance(part, (str, int)))
            for change in (recording.changes[index] for index in sorted(missing))
        ]
        trial.problem("unusable", f"after event {at} of {recording.events} without {left_out[:6]}")


def systematic(step: int, share: int, shares: int, trial: Trial) -> None:
    """Every prefix, and every single omission."""
    recording, _ = record(trial, step)
    for number, (at, missing) in enumerate(recording.states()):
        if number % shares == share and not trial.outcome.problems:
            cut(trial, recording, step, at, missing)


def by_chance(step: int, count: int, trial: Trial) -> None:
    recording, _ = record(trial, step)
    for _ in range(count):
        if not trial.outcome.problems:
            cut(trial, recording, step, *recording.subset(trial.random))


def sample(step: int, trial: Trial) -> None:
    """Some of each kind, and what was pending at the end of all."""
    recording, _ = record(trial, step)
    states = list(recording.states())
    chosen = trial.random.sample(states, min(SAMPLE, len(states)))
    chosen += [recording.subset(trial.random) for _ in range(SAMPLE)]
    end = recording.pending(recording.events)
    chosen += [(recording.events, frozenset(end)), *((recording.events, frozenset({index})) for index in end)]
    for at, missing in chosen:
        cut(trial, recording, step, at, missing)


def proves(trial: Trial) -> None:
    """The replay can fail: where the database's folder is not synchronized, its journal may come back after all."""
    recording, _ = record(trial, 1, unsynchronized=("db",))
    gone = [
        index for index in recording.pending(recording.events)
        if recording.changes[index].what == "remove" and recording.changes[index].details[1] == "out.db-journal"
    ]
    for index in gone[-1:]:
        cut(trial, recording, 1, recording.events, frozenset({index}))
    if not any(problem.category in ("lost", "ahead") for problem in trial.outcome.problems):
        return trial.problem("unusable", f"a journal that comes back is not seen ({len(gone)} may): {trial.outcome.problems}")
    trial.outcome.problems.clear()


def cases(bench):
    for story in (APPEND, MERGE, REPLACE):
        yield bench.case(f"power/{story.name}.2/sample", "power cut", story, partial(sample, 1), short=True)
    for story in STORIES.values():
        for step in (0, 1):
            for share in range(8):
                yield bench.case(f"power/{story.name}.{step + 1}/every/{share}", "power cut", story, partial(systematic, step, share, 8))
    for number in range(SHARES):
        story = (APPEND, MERGE, REPLACE)[number % 3]
        yield bench.case(
            f"power/{story.name}.{number // 3 % 2 + 1}/chance/{number}", "power cut", story,
            partial(by_chance, number // 3 % 2, SUBSETS // SHARES))
    yield bench.case("selftest/power", "the bench itself", APPEND, proves, short=True)
