"""Clocks that jump: backwards or forwards by a year, between runs, between the programs of one run, between machines.

Load ids still grow from load to load, dlt's own tables too, and no row is lost or comes twice.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

from stages import expect, pull
from stories import APPEND, HISTORY, MERGE, STORIES
from trial import Trial

YEAR = 365 * 24 * 3600


class Clock:
    """The library that makes a program's clock wrong, built when it is first needed."""

    def __init__(self, bench):
        self.library = bench.folder / "clock.so"
        source = Path(__file__).parent.parent / "shim" / "clock.c"
        compiler = next(name for name in ("cc", "gcc", "clang") if shutil.which(name))
        subprocess.run([compiler, "-std=gnu11", "-O2", "-fPIC", "-shared", "-o", self.library, source, "-ldl"], check=True)

    def wrong_by(self, seconds: int) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "TORTURE_CLOCK": str(seconds)} if seconds else {}


def _run(trial: Trial, step: int, clock: Clock, offsets: tuple[int, ...]):
    """The step, with each program's clock wrong by its offset; with several offsets one program after the other."""
    trial.prepare(step)
    plan = trial.story.steps[step]
    if len(set(offsets)) == 1:
        return trial.run(step, extra=clock.wrong_by(offsets[0]))
    stdin, result = plan.stdin, None
    for number, (command, offset) in enumerate(zip(trial.commands(plan), offsets)):
        result = trial.programs.run([command], trial.folder, stdin=stdin, extra=clock.wrong_by(offset))
        if not result.done:
            break
        stdin = f"tmp/between.{number}"
        (trial.folder / stdin).write_bytes(result.stdout)
    for path in (trial.folder / "tmp").glob("between.*"):
        path.unlink()
    return result


def check_order(trial: Trial, ids_grow: bool = True) -> None:
    """In the order of their rows, dlt's own tables only grow."""
    dump = trial.dump()
    columns = [("_dlt_loads", "inserted_at"), ("_dlt_version", "inserted_at"), ("_dlt_pipeline_state", "created_at")]
    if ids_grow:
        columns += [("_dlt_loads", "load_id"), ("_dlt_pipeline_state", "_dlt_load_id")]
    for table, column in columns:
        values = [row[column] for row in dump.get(table)]
        if values != sorted(set(values)):
            trial.problem("wrong", f"{table}.{column} does not grow: {values}")
    state = sorted(dump.get("_dlt_pipeline_state"), key=lambda row: row["version"])
    if [row["version"] for row in state] != [row["version"] for row in dump.get("_dlt_pipeline_state")]:
        trial.problem("wrong", "versions of the state do not grow")
    # What dlt restores: the state of the greatest load id.
    if state and max(state, key=lambda row: row["_dlt_load_id"]) != state[-1]:
        trial.problem("wrong", "dlt would restore a state that is not the newest")


def jumps(clock: Clock, offsets: tuple[tuple[int, ...], ...], trial: Trial) -> None:
    trial.begin()
    for step, programs in enumerate(offsets):
        result = _run(trial, step, clock, programs)
        trial.outcome.faults += len(set(programs) - {0})
        trial.outcome.messages.append(str(result))
        if not result.done:
            trial.problem("unusable", f"step {step + 1}: {result}")
        trial.check_rows(step)
    check_order(trial)
    trial.check_spool()


def another_machine(clock: Clock, offset: int, trial: Trial) -> None:
    """A machine that pulls the state, and whose clock is wrong, goes on where the first one was."""
    trial.begin_after(1)
    shutil.rmtree(trial.folder / "data")
    pull(trial)
    trial.outcome.faults = 1
    for step in (1, 2):
        result = _run(trial, step, clock, (offset,) * len(trial.story.steps[step].pipe))
        if not result.done:
            trial.problem("unusable", f"step {step + 1}: {result}")
        trial.check_rows(step)
    check_order(trial)


def two_machines(clock: Clock, offset: int, trial: Trial) -> None:
    """Two machines take turns, and the clock of one is wrong: who comes second is told of a conflict, and then goes on."""
    trial.begin_after(1)
    here, there = trial.folder / "data", trial.folder / "tmp" / "data"
    shutil.copytree(here, there)
    trial.outcome.faults = 1
    for step in (1, 2):
        for attempt in range(2):
            result = _run(trial, step, clock, (offset if step == 1 else 0,) * len(trial.story.steps[step].pipe))
            if result.done:
                break
            expect(trial, result, {75}, "run the whole pipe again")
        if not result.done:
            trial.problem("unusable", f"step {step + 1}: {result}")
        trial.check_rows(step)
        here.rename(trial.folder / "tmp" / "other")
        there.rename(here)
        (trial.folder / "tmp" / "other").rename(there)
    check_order(trial)
    shutil.rmtree(there)


def cases(bench):
    clock = Clock(bench)
    patterns = {
        "back-between-runs": ((0,), (-YEAR,), (-2 * YEAR,)),
        "forward-and-back": ((YEAR,), (0,), (-YEAR,)),
        "forward": ((0,), (YEAR,), (2 * YEAR,)),
        "between-programs": ((0, -YEAR, YEAR), (YEAR, 0, -YEAR), (-YEAR, YEAR, 0)),
        "second-by-second": ((0,), (-1,), (-2,)),
    }
    for story in STORIES.values():
        for name, pattern in patterns.items():
            offsets = tuple((step * 3)[-len(story.steps[0].pipe):] if len(step) == 1 else step[-len(story.steps[0].pipe):]
                            for step in pattern)
            yield bench.case(
                f"clocks/{name}/{story.name}", "clock that jumps", story, partial(jumps, clock, offsets),
                short=(story.name, name) in (("history", "forward-and-back"), ("append", "between-programs")))
    for story in (APPEND, MERGE, HISTORY):
        for word, offset in (("behind", -YEAR), ("ahead", YEAR)):
            yield bench.case(
                f"clocks/another-machine-{word}/{story.name}", "clock that jumps", story, partial(another_machine, clock, offset),
                short=word == "behind" and story is not MERGE)
            yield bench.case(
                f"clocks/two-machines-{word}/{story.name}", "clock that jumps", story, partial(two_machines, clock, offset),
                short=word == "behind" and story is MERGE)
