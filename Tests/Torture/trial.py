"""One trial: a story run in a folder of its own, disturbed, finished by plain reruns and compared with the undisturbed run.

Whatever is not as promised becomes a problem of the outcome; nothing here raises for it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from compare import Dump, compare, uncovered
from destinations import Destination, Unreadable, newest_sources
from faults import STATUSES, Fault
from programs import PipeResult, Programs, RunningPipe
from stories import Step, Story

# What the exit status table of every manual page has, and 128+9 for the killed, 128+13 for extract whose reader is gone.
DOCUMENTED = {0, 3, 10, 64, 65, 66, 69, 73, 74, 75, 77, 78}
# Columns of the report; the promises, in the order of their weight.
CATEGORIES = ("lost", "doubled", "wrong", "ahead", "unusable", "status")


@dataclass
class Problem:
    category: str
    count: int
    text: str


@dataclass
class Outcome:
    """What a case has to tell; plain values, for it travels between processes."""

    name: str = ""
    kind: str = ""
    kills: int = 0
    faults: int = 0
    # The fault found nothing to strike, so the case has tested nothing.
    missed: bool = False
    # Why it could not be run here.
    skipped: str | None = None
    problems: list[Problem] = field(default_factory=list)
    # What the programs have said, for those who look.
    messages: list[str] = field(default_factory=list)
    reruns: int = 0
    seconds: float = 0

    def count(self, category: str) -> int:
        return sum(problem.count for problem in self.problems if problem.category == category)


@dataclass
class Reference:
    """The undisturbed run: after each step the dataset, what the state remembers, and the files of the spool."""

    dumps: list[Dump]
    sources: list[object]
    files: list[set[str]]
    seconds: list[float]


# Documents in TMPDIR for another program to read; dlt-extract and dlt-load remove them unless they are killed.
HANDED = ("dlt-state-", "dlt-catalog-", "dlt-table-", "dlt-answers-")

# How many plain reruns a disturbed run may need. One, where it is the promise; more may be needed after a conflict.
MOST_RERUNS = 3


class Trial:
    def __init__(self, programs: Programs, story: Story, destination: Destination, folder: Path, reference: Reference | None):
        self.programs = programs.with_variables(destination.environment())
        self.story = story
        self.destination = destination
        self.folder = folder
        self.reference = reference
        self.outcome = Outcome()

    def problem(self, category: str, text: str, count: int = 1) -> None:
        assert category in CATEGORIES, category
        self.outcome.problems.append(Problem(category, count, text))

    # MARK: running

    def begin(self) -> None:
        """An empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("db", "tmp", "in"):
            (self.folder / name).mkdir(parents=True)
        self.destination.forget(self.folder)

    def begin_after(self, step: int) -> None:
        """An empty folder with all steps before `step` done, undisturbed."""
        # Nothing random is in the way of using the same folder again: the second time it is a copy.
        copy = self.folder.parent / f"{self.folder.name}.{self.story.name}.{self.destination.name}.{step}"
        if step > 0 and self.destination.in_folder and copy.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.copytree(copy, self.folder, symlinks=True)
            return
        self.begin()
        for number in range(step):
            self.run_undisturbed(number)
        if step > 0 and self.destination.in_folder:
            shutil.copytree(self.folder, copy, symlinks=True)

    def commands(self, step: Step) -> list[list[str]]:
        return [
            list(command) + (self.destination.load_arguments(self.folder) if command[0] == "dlt-load" else [])
            for command in step.pipe
        ]

    def prepare(self, step: int) -> None:
        self.story.steps[step].prepare(self.folder)

    def run(self, step: int, fault: Fault | None = None, **options) -> PipeResult:
        """The pipe of the step; its input has to be prepared."""
        plan = self.story.steps[step]
        return self.programs.run(self.commands(plan), self.folder, stdin=plan.stdin, fault=fault, **options)

    def start(self, step: int) -> RunningPipe:
        plan = self.story.steps[step]
        return self.programs.start(self.commands(plan), self.folder, stdin=plan.stdin)

    def run_undisturbed(self, step: int) -> PipeResult:
        self.prepare(step)
        result = self.run(step)
        if not result.done:
            self.problem("unusable", f"step {step + 1} fails without any fault: {result}")
        return result

    def tool(self, *command: str, **options) -> PipeResult:
        """One program alone, such as dlt-state."""
        return self.programs.run([list(command)], self.folder, **options)

    def finish(self, step: int) -> None:
        """Plain reruns of the step until it says done."""
        for attempt in range(1, MOST_RERUNS + 1):
            result = self.run(step)
            self.outcome.reruns = attempt
            if result.done:
                return
            self.outcome.messages.append(f"rerun {attempt}: {result}")
        self.problem("unusable", f"not done after {MOST_RERUNS} reruns: {result}")

    def finish_and_compare(self, step: int, result: PipeResult | None = None) -> None:
        """All that has to hold after a disturbed run of the step, up to the end of the story."""
        self.check_state()
        self.check_locks()
        if result is not None and result.ended[-1].status == 0 and not result.hung:
            # The last status of a pipe tells of a failure anywhere in it: nobody will run this again.
            self.check_rows(step, "though the pipe has ended with 0")
        self.finish(step)
        self.check_rows(step)
        self.check_spool()
        for later in range(step + 1, len(self.story.steps)):
            self.run_undisturbed(later)
            self.check_rows(later)
        self.check_spool()
        self.check_runs()
        self.check_leftovers()

    # MARK: checking

    def dump(self) -> Dump:
        try:
            return self.destination.dump(self.folder)
        except Unreadable as error:
            self.problem("unusable", f"the database cannot be read: {error}")
            return Dump()

    @property
    def spool(self) -> Path:
        return self.folder / "data" / "spool" / self.story.pipeline

    def committed_sources(self) -> dict:
        """What state.json of the spool remembers."""
        path = self.spool / "state.json"
        try:
            return json.loads(path.read_text()).get("sources", {}) if path.exists() else {}
        except ValueError as error:
            self.problem("unusable", f"state.json is not JSON: {error}")
            return {}

    def check_state(self) -> None:
        """No state remembers rows that are not there, neither that of the spool nor that of the destination."""
        dump = self.dump()
        for place, sources in (
            ("state.json", self.committed_sources()),
            ("_dlt_pipeline_state", newest_sources(dump, self.story.pipeline) or {}),
        ):
            missing = uncovered(self.story.covers(sources), dump, self.story.version)
            if missing:
                self.problem("ahead", f"{place} covers {len(missing)} records that are not there: {missing[:5]}", len(missing))

    def check_locks(self) -> None:
        """Nobody is alive, so nobody holds a lock."""
        for lock in (self.spool / "lock", *self.spool.glob("locks/*")):
            if not lock.exists():
                continue
            descriptor = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.problem("unusable", f"the lock {lock.name} is held by nobody")
            finally:
                os.close(descriptor)

    def check_rows(self, step: int, when: str = "") -> None:
        dump = self.dump()
        difference = compare(self.reference.dumps[step], dump)
        words = f"after step {step + 1} {when}".strip()
        for category in ("lost", "doubled", "wrong"):
            count = getattr(difference, category)
            if count:
                self.problem(category, f"{words}: " + "; ".join(difference.texts[:4]), count)
        found = self.portable(newest_sources(dump, self.story.pipeline))
        if found != self.reference.sources[step]:
            self.problem("wrong", f"{words}: the state is {found} instead of {self.reference.sources[step]}")
        self.check_state()
        damage = self.destination.damage(self.folder)
        if damage:
            self.problem("unusable", f"{words}: {damage}")

    def check_spool(self) -> None:
        """The spool can be listed, and nothing waits or has failed."""
        result = self.tool("dlt-state", "packages", "--json")
        if not result.done:
            return self.problem("unusable", f"dlt-state packages: {result}")
        for place in ("packages", "failed"):
            folder = self.spool / place
            names = [name for name in os.listdir(folder) if not name.startswith(".")] if folder.exists() else []
            if names:
                self.problem("unusable", f"packages are left in {place}: {names}")

    def check_runs(self) -> None:
        """Whatever struck the programs, their journals can be read, and none of them is taken for one that goes on."""
        result = self.tool("dlt-state", "runs", "--json", "--limit", "1000")
        if not result.done:
            return self.problem("unusable", f"dlt-state runs: {result}")
        for line in result.stdout.splitlines():
            run = json.loads(line)
            expected = ["done", "failed", "interrupted"]
            # A program that was struck before its first line has not said which process it is.
            journals = (self.spool / "runs" / run["run"]).glob("*.ndjson")
            if any(b"\n" not in journal.read_bytes() for journal in journals):
                expected.append("unknown")
            if run["outcome"] not in expected:
                self.problem("unusable", f"a run that is over is {run['outcome']}: {line!r}")

    def check_leftovers(self) -> None:
        """Of what the killed have left, later runs leave nothing."""
        extra = self.files() - self.reference.files[-1]
        if extra:
            self.problem("unusable", f"left behind: {sorted(extra)[:6]}", len(extra))

    def files(self) -> set[str]:
        """Everything in the spool, beside the database and in the temporary folder; what is random in names replaced."""
        found = set()
        for top in ("data", "db", "tmp"):
            for folder, folders, names in os.walk(self.folder / top):
                # A run that was disturbed keeps its journal, as all do.
                folders[:] = [name for name in folders if name != "runs"]
                for name in folders + names:
                    if self.destination.is_litter(name) or name.removeprefix(".").startswith(HANDED):
                        continue
                    path = os.path.relpath(os.path.join(folder, name), self.folder)
                    found.add(re.sub(r"\d{10,}\.\d{24}", "LOAD", path))
        return found

    def portable(self, sources: object) -> object:
        """A state without the folder it was made in, and without what tells only of the latest run: where it started."""
        text = json.dumps(sources).replace(str(self.folder), ".")
        return json.loads(text, object_hook=lambda value: {k: v for k, v in value.items() if k != "start_value"})

    def check_statuses(self, result: PipeResult, fault: Fault | None = None, killed: tuple[str, ...] = ()) -> None:
        """Each program has ended as its manual says, and told why."""
        if result.hung:
            self.problem("unusable", f"hung: {result}")
        for ended in result.ended:
            allowed = set(DOCUMENTED)
            if ended.program in killed:
                allowed.add(137)
            if ended.program == "dlt-extract":
                # Its reader has gone away.
                allowed.add(141)
            if ended.status not in allowed:
                self.problem("status", f"{ended.program} ended with {ended.status}: {result}")
            elif ended.status not in (0, 137, 141) and (ended is result.first_failed or result.first_failed.status == 137):
                self.check_message(ended)
        self.outcome.messages.append(str(result))
        if fault is None or fault.kills or not result.hits:
            return
        sufferer = result.of(fault.program)
        struck = result.hits[0]
        allowed = STATUSES[fault.action] | {0}
        reasons = {os.strerror(getattr(errno, fault.action, 0))}
        statuses, words = self.destination.excuse(struck, fault, sufferer.errors)
        allowed |= statuses
        reasons |= words
        if sufferer.status not in allowed:
            self.problem("status", f"{fault.program} ended with {sufferer.status} instead of {sorted(allowed)}: {result}")
        elif sufferer.status != 0 and fault.action != "short":
            self.check_reason(sufferer, reasons)

    def check_message(self, ended) -> None:
        """`dlt-x: unable to <verb> <object>: <reason>`, or another sentence of the program; never a crash's words."""
        lines = ended.errors.splitlines()
        if not any(line.startswith(f"{ended.program}: ") for line in lines):
            self.problem("status", f"{ended.program} ended with {ended.status} and did not say why: {ended.errors[:500]!r}")
        if any(word in ended.errors for word in ("internal error", "Fatal error", "Swift/", "Current stack")):
            self.problem("status", f"{ended.program} has crashed: {ended.errors[:500]!r}")

    def check_reason(self, ended, reasons: set[str]) -> None:
        if not re.search(rf"(?m)^{ended.program}: unable to .+: .+", ended.errors):
            self.problem("status", f"{ended.program} does not say what it was unable to do: {ended.errors[:500]!r}")
        elif not any(reason in ended.errors for reason in reasons):
            self.problem("status", f"{ended.program} gives none of the reasons {sorted(reasons)}: {ended.errors[:500]!r}")


def make_reference(programs: Programs, story: Story, destination: Destination, folder: Path) -> Reference:
    """Runs the story undisturbed. Raises when even that fails."""
    trial = Trial(programs, story, destination, folder, None)
    trial.begin()
    reference = Reference([], [], [], [])
    for step in range(len(story.steps)):
        result = trial.run_undisturbed(step)
        if trial.outcome.problems:
            raise RuntimeError(trial.outcome.problems[0].text)
        dump = trial.dump()
        reference.dumps.append(dump)
        reference.sources.append(trial.portable(newest_sources(dump, story.pipeline)))
        reference.files.append(trial.files())
        reference.seconds.append(result.seconds)
        missing = uncovered(story.covers(trial.committed_sources()), dump, story.version)
        if missing or not any(dump.rows.get(table) for table in dump.tables):
            raise RuntimeError(f"the undisturbed run of {story.name} is not as it should be: {missing[:5]}")
    return reference


def summary(outcomes: list[Outcome]) -> Counter:
    total: Counter = Counter()
    for outcome in outcomes:
        total["cases"] += 0 if outcome.skipped else 1
        total["kills"] += outcome.kills
        total["faults"] += outcome.faults
        total["missed"] += outcome.missed
        total["skipped"] += outcome.skipped is not None
        total["failed"] += bool(outcome.problems)
        for category in CATEGORIES:
            total[category] += outcome.count(category)
    return total
