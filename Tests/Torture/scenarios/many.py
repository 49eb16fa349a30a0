"""Several programs on one spool or one dataset at once, some of them killed.

Compared with the same work done by one program after the other: every row is there once, whoever was faster.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

from compare import SYSTEM_TABLES
from stages import expect
from stories import APPEND
from trial import Trial

LINKS = {"_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id"}


def _rows(trial: Trial) -> Counter:
    """What is in the tables, whatever ids it has drawn. Columns without a value do not count, for they depend on who came first."""
    dump = trial.dump()
    return Counter(
        (table, tuple(sorted((name, repr(value)) for name, value in row.items() if value is not None and name not in LINKS)))
        for table, rows in dump.rows.items() if table not in SYSTEM_TABLES for row in rows)


def _compare(trial: Trial, expected: Counter) -> None:
    found = _rows(trial)
    for key, count in (expected - found).items():
        trial.problem("lost", f"lost {count} x {key}", count)
    for key, count in (found - expected).items():
        trial.problem("doubled" if key in expected else "wrong", f"{count} x {key} too many", count)
    loads = Counter(row["load_id"] for row in trial.dump().get("_dlt_loads"))
    if any(count > 1 for count in loads.values()):
        trial.problem("doubled", f"loads: {loads}")
    damage = trial.destination.damage(trial.folder)
    if damage:
        trial.problem("unusable", damage)


class Crowd:
    """Programs of a trial that run at the same time, each with its own files."""

    def __init__(self, trial: Trial):
        self.trial = trial
        self.number = 0

    def shell(self, script: str, **variables: str) -> subprocess.Popen:
        self.number += 1
        variables = {**self.trial.programs.environment(self.trial.folder), **variables,
                     "PATH": f"{self.trial.programs.folder}:/usr/bin:/bin", "DB": " ".join(self.trial.destination.load_arguments(self.trial.folder))}
        errors = open(self.trial.folder / "tmp" / f"crowd.{self.number}", "wb")
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=self.trial.folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=errors, process_group=0)
        errors.close()
        process.errors = self.trial.folder / "tmp" / f"crowd.{self.number}"
        return process

    def kill(self, process: subprocess.Popen) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
            self.trial.outcome.kills += 1
        except ProcessLookupError:
            pass
        process.wait()

    def wait(self, process: subprocess.Popen, statuses=(0,), timeout: float = 60) -> int:
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill(process)
            self.trial.problem("unusable", f"hung: {process.errors.read_text()}")
            return -1
        errors = process.errors.read_text()
        if status not in statuses:
            self.trial.problem("status", f"ended with {status} instead of {statuses}: {errors}")
        if "internal error" in errors or "Fatal error" in errors:
            self.trial.problem("status", f"crashed: {errors}")
        return status

    def wait_for_all(self, running: list[subprocess.Popen], kills: int = 0, within: float = 0) -> None:
        """Until all have ended, with 0 but for those that are killed on the way: so many, at instants within so many seconds."""
        for victim in self.trial.random.sample(running, kills):
            time.sleep(self.trial.random.random() * within)
            self.kill(victim)
        for process in running:
            self.wait(process, (0, -9) if kills else (0,))

    def clean(self) -> None:
        for path in (self.trial.folder / "tmp").glob("crowd.*"):
            path.unlink()


def _write_inputs(folder: Path, writers: int, shared: bool) -> None:
    for writer in range(writers):
        lines = []
        for number in range(200):
            record = {"id": writer * 1000 + number, "own": f"w{writer}", f"only_{writer}": number, "list": [{"v": number}, {"v": writer}]}
            # The same key is a number here and a text there.
            record["mixed"] = number if writer % 2 else f"text {number}"
            lines.append(json.dumps(record) + "\n")
        (folder / "in" / f"w{writer}.jsonl").write_text("".join(lines))


def writers_and_loaders(shared: bool, killing: bool, trial: Trial) -> None:
    """Eight normalizers, into tables of their own or one table of all, and three loaders that look what waits."""
    writers = 8
    trial.begin()
    _write_inputs(trial.folder, writers, shared)
    crowd = Crowd(trial)

    def normalize(writer: int) -> str:
        table = "everything" if shared else f"table_{writer}"
        return f"dlt-normalize --table {table} --pipeline crowd --run-key writer-{writer} -q < in/w{writer}.jsonl"

    # The first load gives the pipeline its home, without which --pending would have to be told; types of the first come first.
    if crowd.wait(crowd.shell(f"set -o pipefail; {normalize(0)} | dlt-load $DB -q")) != 0:
        return
    loop = "for i in $(seq 40); do dlt-load $DB --pending --pipeline crowd -q; s=$?; [ $s = 0 ] || [ $s = 75 ] || exit $s; sleep 0.05; done"
    loaders = [crowd.shell(loop) for _ in range(3)]
    running = [crowd.shell(normalize(writer)) for writer in range(1, writers)]
    if killing:
        for victim in trial.random.sample(running, 3):
            time.sleep(trial.random.random() * 0.05)
            crowd.kill(victim)
        for victim in loaders[:2]:
            time.sleep(trial.random.random() * 0.2)
            crowd.kill(victim)
    statuses = (0, -9) if killing else (0,)
    for process in running:
        crowd.wait(process, statuses)
    trial.outcome.faults += writers
    # A plain rerun of everything: the run keys know what was done.
    for process in [crowd.shell(normalize(writer)) for writer in range(1, writers)]:
        crowd.wait(process)
    for process in loaders:
        crowd.wait(process, statuses)
    crowd.wait(crowd.shell("dlt-load $DB --pending --pipeline crowd -q"))
    crowd.clean()
    found = _rows(trial)
    waiting = [name for name in os.listdir(trial.folder / "data/spool/crowd/packages")]
    if waiting:
        trial.problem("unusable", f"packages are left: {waiting}")
    failed = trial.folder / "data/spool/crowd/failed"
    if failed.exists() and os.listdir(failed):
        trial.problem("unusable", f"packages have failed: {os.listdir(failed)}")
    for writer in range(writers):
        table = "everything" if shared else f"table_{writer}"
        for number in range(200):
            mine = [key for key in found if key[0] == table and ("id", repr(writer * 1000 + number)) in key[1]]
            count = sum(found[key] for key in mine)
            if count != 1:
                trial.problem("doubled" if count else "lost", f"row {number} of writer {writer} is there {count} times")
                continue
            values = dict(mine[0][1])
            mixed = [value for name, value in values.items() if name.startswith("mixed")]
            wanted = repr(number) if writer % 2 else repr(f"text {number}")
            # In one table numbers may become texts.
            if mixed not in ([wanted], [repr(str(number))] if writer % 2 else [wanted]):
                trial.problem("wrong", f"row {number} of writer {writer}: {values}")
        children = Counter()
        for (name, cells), count in found.items():
            if name == f"{table}__list":
                children[dict(cells)["v"]] += count
        if not shared and sum(children.values()) != 400:
            trial.problem("lost", f"{sum(children.values())} nested rows of writer {writer} instead of 400")
    nested = sum(count for (name, _), count in found.items() if name.endswith("__list"))
    if nested != writers * 400:
        trial.problem("lost" if nested < writers * 400 else "doubled", f"{nested} nested rows instead of {writers * 400}")


def pipelines(killing: bool, trial: Trial) -> None:
    """Four pipelines in one dataset, all at once, each with state; those that were killed run again."""
    trial.begin()
    count = 4
    crowd = Crowd(trial)
    for number in range(count):
        for part in range(3):
            lines = [json.dumps({"id": number * 1000 + part * 100 + n, "tags": [n, n + 1]}) + "\n" for n in range(50)]
            (trial.folder / "in" / f"p{number}.{part}.jsonl").write_text("".join(lines))

    def pipe(number: int, parts: int) -> str:
        files = " ".join(f"in/p{number}.{part}.jsonl" for part in range(parts + 1))
        return (f"set -o pipefail; dlt-extract files --new {files} --resource table_{number} --pipeline p{number} | dlt-normalize -q | "
                "dlt-load $DB -q")

    for parts in range(3):
        crowd.wait_for_all([crowd.shell(pipe(number, parts)) for number in range(count)], 2 if killing else 0, 0.06)
        trial.outcome.faults += count
    for number in range(count):
        crowd.wait(crowd.shell(pipe(number, 2)))
    crowd.clean()
    expected: Counter = Counter()
    for number in range(count):
        for part in range(3):
            for n in range(50):
                expected[(f"table_{number}", (("id", repr(number * 1000 + part * 100 + n)),))] += 1
                for place, tag in enumerate((n, n + 1)):
                    expected[(f"table_{number}__tags", tuple(sorted((("_dlt_list_idx", repr(place)), ("value", repr(tag))))))] += 1
    _compare(trial, expected)


def overtaken(slow_first: bool, trial: Trial) -> None:
    """Two resources of one pipeline: a slow run begins first and is loaded last. Both states are there afterwards."""
    trial.begin()
    crowd = Crowd(trial)
    for name in ("slow", "fast"):
        (trial.folder / "in" / f"{name}.jsonl").write_text("".join(json.dumps({"id": n, "at": n}) + "\n" for n in range(20)))
    pipe = ("set -o pipefail; dlt-extract exec --cursor at --resource {0} --pipeline both -- sh -c '{1}cat in/{0}.jsonl' | dlt-normalize -q | "
            "dlt-load $DB -q")
    go = trial.folder / "tmp" / "go"
    wait = f"until [ -e {go} ]; do sleep 0.02; done; "
    slow = crowd.shell(pipe.format("slow", wait))
    packages = trial.folder / "data/spool/both/packages"
    # Its load id is reserved when normalize begins.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (packages.exists() and any(name.endswith(".partial") for name in os.listdir(packages))):
        time.sleep(0.02)
    trial.outcome.faults = 1
    if slow_first:
        # The other run is made and waits while the slow one goes by it.
        fast = crowd.shell(pipe.format("fast", "").rsplit("|", 1)[0])
        crowd.wait(fast)
        go.touch()
        crowd.wait(slow)
        crowd.wait(crowd.shell("dlt-load $DB --pending --pipeline both -q"))
    else:
        crowd.wait(crowd.shell(pipe.format("fast", "")))
        go.touch()
        crowd.wait(slow)
    # Nothing is new: whoever forgot what was loaded loads it again.
    for name in ("slow", "fast", "slow"):
        crowd.wait(crowd.shell(pipe.format(name, "")))
    go.unlink()
    crowd.clean()
    expected = Counter({(name, (("at", repr(n)), ("id", repr(n)))): 1 for name in ("slow", "fast") for n in range(20)})
    _compare(trial, expected)
    state = trial.dump().get("_dlt_pipeline_state")
    restored = max(state, key=lambda row: row["_dlt_load_id"])
    if restored["version"] != max(row["version"] for row in state):
        trial.problem("wrong", "dlt would restore a state that is not the newest")


def same_pipe(trial: Trial) -> None:
    """The same pipe three times at once, as an impatient cron has it: the first wins, the others are told, nothing is twice."""
    trial.begin()
    crowd = Crowd(trial)
    (trial.folder / "in" / "a.jsonl").write_text("".join(json.dumps({"id": n, "at": n}) + "\n" for n in range(100)))
    pipe = ("set -o pipefail; dlt-extract exec --cursor at --resource rows --pipeline same -- cat in/a.jsonl | dlt-normalize -q | dlt-load $DB -q")
    for _ in range(3):
        for process in [crowd.shell(pipe) for _ in range(3)]:
            crowd.wait(process, (0, 75))
        trial.outcome.faults += 3
    crowd.wait(crowd.shell(pipe), (0, 75))
    crowd.wait(crowd.shell(pipe))
    crowd.clean()
    _compare(trial, Counter({("rows", (("at", repr(n)), ("id", repr(n)))): 1 for n in range(100)}))


def cases(bench):
    def case(name, run, *arguments, destination=None, short=False):
        return bench.case(f"many/{name}", "many at once", APPEND, partial(run, *arguments), destination=destination, short=short)

    for destination in (bench.default, *(other for other in bench.others if not other.obstacle())):
        end = "" if destination is bench.default else f"/{destination.name}"
        for killing in (False, True):
            word = "killed" if killing else "whole"
            for shared in (False, True):
                table = "one-table" if shared else "own-tables"
                yield case(f"writers-and-loaders/{table}/{word}{end}", writers_and_loaders, shared, killing, destination=destination,
                           short=killing and shared and not end)
            yield case(f"pipelines/{word}{end}", pipelines, killing, destination=destination, short=killing and not end)
        yield case(f"overtaken/loaded-last{end}", overtaken, False, destination=destination, short=not end)
        yield case(f"overtaken/other-waits{end}", overtaken, True, destination=destination, short=not end)
        yield case(f"same-pipe{end}", same_pipe, destination=destination, short=not end)
