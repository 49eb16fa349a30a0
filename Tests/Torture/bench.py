"""Puts cases together, runs them side by side and reports.

To add scenarios: a module in `scenarios/` with

    def cases(bench: Bench):
        yield bench.case("my-area/what happens", kind="my area", story=APPEND, run=function, short=True)

`function(trial: Trial)` does the whole case: `trial.begin_after(step)`, `trial.prepare(step)`, `trial.run(step, fault)` or
`trial.start(step)` (a pipe under way, to kill or stop by time), then `trial.check_statuses(...)` and
`trial.finish_and_compare(step, result)`; counts what it did in `trial.outcome.kills` and `.faults`, and sets `.skipped` with the
reason where the case cannot run here. What is not as promised becomes `trial.problem(category, text)`. Everything random is drawn from
`trial.random`, which the seed and the case's name make. A case is named once and for good, so that `--repeat NAME` finds it again.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pkgutil
import random
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import scenarios
from destinations import DESTINATIONS, Destination
from faults import Strike
from programs import Programs
from stories import Story
from trial import Outcome, Reference, Trial, make_reference


@dataclass
class Case:
    name: str
    # Row of the report.
    kind: str
    story: Story
    destination: Destination
    run: Callable[[Trial], None]
    # Part of the short form, too.
    short: bool


class Bench:
    def __init__(self, programs: Path, folder: Path, seed: int, timeout: float, every: bool = False):
        self.folder = folder
        self.seed = seed
        # Leave nothing out, though it be much the same as something else.
        self.every = every
        self.programs = Programs(programs, self._build_shim(), timeout)
        # The one that cases are about unless they name another; and the others, whether they can be used here or not.
        self.default, *self.others = (kind() for kind in DESTINATIONS)
        # Cases after this instant are skipped.
        self.deadline: float | None = None
        self._references: dict[tuple[str, str], Reference] = {}
        self._traces: dict[tuple[str, int, str], list[Strike]] = {}

    def _build_shim(self) -> Path:
        source = Path(__file__).parent / "shim" / "shim.c"
        library = self.folder / "shim.so"
        compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
        if compiler is None:
            raise SystemExit("torture: unable to find a C compiler\nhint: install gcc or clang")
        subprocess.run(
            [compiler, "-std=gnu11", "-O2", "-fPIC", "-shared", "-D_LARGEFILE64_SOURCE", "-o", library, source, "-ldl"], check=True)
        return library

    # MARK: what cases are made of

    def case(
        self, name: str, kind: str, story: Story, run: Callable[[Trial], None], *, destination=None, short: bool = False
    ) -> Case:
        return Case(name, kind, story, destination or self.default, run, short)

    def reference(self, story: Story, destination=None) -> Reference:
        """The undisturbed run, made once."""
        destination = destination or self.default
        key = (story.name, destination.name)
        if key not in self._references:
            folder = self.folder / f"reference-{story.name}-{destination.name}"
            self._references[key] = make_reference(self.programs, story, destination, folder)
        return self._references[key]

    def trace(self, story: Story, step: int, destination=None) -> list[Strike]:
        """The calls of an undisturbed run of a step, in the order in which each program made them."""
        destination = destination or self.default
        key = (story.name, step, destination.name)
        if key not in self._traces:
            folder = self.folder / f"trace-{story.name}-{destination.name}"
            trial = Trial(self.programs, story, destination, folder, self.reference(story, destination))
            trial.begin_after(step)
            trial.prepare(step)
            result = trial.run(step, trace=True)
            seen = {strike.program for strike in result.calls}
            wanted = {command[0] for command in story.steps[step].pipe}
            if not result.done or not wanted <= seen:
                # Without this the bench would pass without doing anything.
                raise SystemExit(f"torture: the shim saw no calls of {sorted(wanted - seen)}: {result}")
            self._traces[key] = [strike for strike in result.calls if strike.program in wanted]
        return self._traces[key]

    def random(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    # MARK: running

    def all_cases(self) -> list[Case]:
        cases: list[Case] = []
        for module in sorted(pkgutil.iter_modules(scenarios.__path__), key=lambda module: module.name):
            cases += importlib.import_module(f"scenarios.{module.name}").cases(self)
        names = set()
        for case in cases:
            if case.name in names:
                raise SystemExit(f"torture: two cases are named {case.name}")
            names.add(case.name)
        return cases

    def run_case(self, case: Case, keep: Path | None = None) -> Outcome:
        # A folder for each process of the bench, so that snapshots of a story's first steps can be used again.
        folder = self.folder / f"w{os.getpid()}" / "t"
        folder.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        if self.deadline is not None and started > self.deadline:
            return Outcome(case.name, case.kind, skipped="the time was over")
        trial = Trial(self.programs, case.story, case.destination, folder, None)
        trial.random = self.random(case.name)
        try:
            trial.reference = self.reference(case.story, case.destination)
            case.run(trial)
        except Exception:
            trial.problem("unusable", f"the bench itself failed: {traceback.format_exc()}")
        finally:
            try:
                case.destination.forget(folder)
            except Exception:
                trial.problem("unusable", f"the bench itself failed: {traceback.format_exc()}")
        trial.outcome.name, trial.outcome.kind = case.name, case.kind
        trial.outcome.seconds = time.monotonic() - started
        if keep and trial.outcome.problems and folder.exists():
            place = keep / case.name.replace("/", "_")
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place, symlinks=True)
        return trial.outcome

    def run_all(self, cases: list[Case], jobs: int, keep: Path | None, told: Callable[[Outcome], None]) -> list[Outcome]:
        for key in {(case.story.name, case.destination.name): case for case in cases}.values():
            self.reference(key.story, key.destination)
        if jobs == 1:
            outcomes = []
            for case in cases:
                outcomes.append(self.run_case(case, keep))
                told(outcomes[-1])
            return outcomes
        # Processes are forked, and so have the cases with their functions.
        global _shared
        _shared = (self, cases, keep)
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
            outcomes = []
            for outcome in pool.map(_run_shared, range(len(cases)), chunksize=1):
                outcomes.append(outcome)
                told(outcome)
        return outcomes


_shared: tuple = ()


def _run_shared(index: int) -> Outcome:
    bench, cases, keep = _shared
    return bench.run_case(cases[index], keep)
