"""Programs of others in the pipe: a Singer tap before it, a Singer target or a program of one's own after it.

The tap is killed after each of its lines, and each of our programs at its calls: under merge each row is there once. What is sent to a
target or a program comes at least once; one that keeps rows by their _dlt_id has each of them once.
"""

from __future__ import annotations

from destinations.receiver import STEPS, Exec, Singer
from faults import CHANGING, Fault, kills_at
from scenarios.calls import strike
from stories import APPEND, TAP, TAP_LINES
from trial import Trial

KIND = "kill with a tap"
RECEIVING = "kill with a target or a program"


def tap_dies(step: int, lines: int, trial: Trial) -> None:
    """The tap is killed after some lines; what they and no STATE cover must come again."""
    trial.begin_after(step)
    trial.prepare(step)
    dies = trial.folder / "in" / "dies"
    dies.write_text(str(lines))
    result = trial.run(step)
    trial.outcome.missed = dies.exists()
    trial.outcome.kills = int(not dies.exists())
    dies.unlink(missing_ok=True)
    trial.check_statuses(result)
    extract = result.of("dlt-extract")
    if trial.outcome.kills and (extract.status != 69 or "ended by signal 9" not in extract.errors):
        trial.problem("status", f"dlt-extract does not say that the tap was killed: {result}")
    if trial.outcome.kills and result.ended[-1].status == 0:
        trial.problem("status", f"the pipe has ended with 0 though its tap was killed: {result}")
    trial.finish_and_compare(step, result)


def receiver_dies(step: int, place: str, run: int, trial: Trial) -> None:
    """The program that takes the rows is killed at a step of its work: its package is not loaded, and is sent again."""
    trial.begin_after(step)
    trial.prepare(step)
    before = len(trial.dump().get("_dlt_loads"))
    dies = trial.folder / "db" / "dies"
    dies.write_text(f"{place} {run}")
    result = trial.run(step)
    trial.outcome.missed = dies.exists()
    trial.outcome.kills = int(not dies.exists())
    dies.unlink(missing_ok=True)
    trial.check_statuses(result)
    if trial.outcome.kills:
        if result.ended[-1].status != 69:
            trial.problem("status", f"dlt-load does not end with 69 though the program was killed: {result}")
        if len(trial.dump().get("_dlt_loads")) != before:
            trial.problem("ahead", f"a load counts that was not confirmed: {result}")
        if not any((trial.spool / "packages").glob("1*")):
            trial.problem("lost", f"the package does not wait: {result}")
    trial.finish_and_compare(step, result)


def kills_of(trace, program: str | None = None) -> list[Fault]:
    return [
        fault for call in trace if call.call in CHANGING and program in (None, call.program) for fault in kills_at(call)
        if not fault.action.startswith("killall")
    ]


def cases(bench):
    for step in (0, 1):
        for lines in range(1, TAP_LINES[step] + 1):
            yield bench.case(
                f"tap/{step + 1}/dies after line {lines}", KIND, TAP, lambda trial, s=step, n=lines: tap_dies(s, n, trial),
                short=step == 1 and lines == 17)
        told = set()
        for fault in kills_of(bench.trace(TAP, step)):
            # The short form has a kill of each program.
            yield bench.case(
                f"tap/{step + 1}/{fault.name}", KIND, TAP, strike(step, fault),
                short=step == 1 and fault.nth == 2 and fault.program not in told and not told.add(fault.program))
    for destination in (Exec(), Singer()):
        for step in (0, 1):
            for place in STEPS:
                for run in destination.runs:
                    yield bench.case(
                        f"{destination.name}/{step + 1}/dies at {place}, run {run}", RECEIVING, APPEND,
                        lambda trial, s=step, p=place, r=run: receiver_dies(s, p, r, trial), destination=destination,
                        short=step == 1 and run == destination.runs[-1] and place == "after")
            told = set()
            for fault in kills_of(bench.trace(APPEND, step, destination), "dlt-load"):
                yield bench.case(
                    f"{destination.name}/{step + 1}/{fault.name}", RECEIVING, APPEND, strike(step, fault),
                    destination=destination,
                    short=step == 1 and fault.calls[0] == "rename" and fault.action == "kill-before"
                    and fault.calls not in told and not told.add(fault.calls))
