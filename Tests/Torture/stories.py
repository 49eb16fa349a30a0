"""Pipelines of known content. Each has steps, one run of the pipe each, which the faults are put into.

A story tells what a state of it covers, so that a state that is ahead of its rows is seen.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Of every input file, since `files --new` remembers it: the same in every run.
MODIFIED = 1_700_000_000


@dataclass(frozen=True)
class Step:
    """One run of the pipe: what has to be there before, and the programs."""

    prepare: Callable[[Path], None]
    # Arguments of each program of the pipe; dlt-load gets its destination from the trial.
    pipe: tuple[tuple[str, ...], ...]
    # File below the folder that the first program reads, or nothing.
    stdin: str | None = None


@dataclass(frozen=True)
class Story:
    name: str
    # Name of the pipeline, hence of its folder in the spool.
    pipeline: str
    # What design promises for it.
    promise: str
    # The last one is never disturbed: it shows that life goes on.
    steps: tuple[Step, ...]
    # From `sources` of a state: (table, id, version) of the records it covers.
    covers: Callable[[dict], list[tuple[str, object, object]]]
    # Column that tells versions of a record from one another.
    version: str | None = None


def write_lines(folder: Path, name: str, records: list[dict], modified: int = MODIFIED) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    os.utime(path, (modified, modified))


def event(identity: int, generation: int = 1) -> dict:
    """A record with two levels of lists; a later generation has a column, a type and a table more."""
    record = {
        "id": identity,
        "name": f"event {identity}",
        "at": f"2026-01-{identity % 28 + 1:02}T10:00:00Z",
        "place": {"x": identity / 4, "y": -identity},
        "parts": [{"n": n, "tags": [f"t{n}", f"u{identity % 7}"][: n + 1]} for n in range(identity % 3)],
    }
    if generation > 1:
        record["colour"] = ["red", "green", "blue"][identity % 3]
        record["marks"] = [identity, identity + 1]
    if generation > 1 and identity % 4 == 0:
        record["name"] = identity  # a variant column
        record["place"]["z"] = True
    return record


# --- append -----------------------------------------------------------------------------------------------------------


def _files(*names: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        for name in names:
            start = (ord(name) - ord("a")) * 100
            generation = 1 if name < "c" else 2
            write_lines(folder, f"in/{name}.jsonl", [event(start + n, generation) for n in range(1, 21)])

    return prepare


def _files_cover(sources: dict) -> list[tuple[str, object, object]]:
    covered = []
    for source in sources.values():
        for resource in source.get("resources", {}).values():
            for path in resource.get("files", {}):
                start = (ord(Path(path).stem) - ord("a")) * 100
                covered += [("events", start + n, None) for n in range(1, 21)]
    return covered


_append = (
    ("dlt-extract", "files", "--new", "in/*.jsonl", "--resource", "events"),
    ("dlt-normalize",),
    ("dlt-load",),
)
APPEND = Story(
    "append", "events",
    "state travels with the rows: whatever a run did not load is delivered by the next, and nothing twice",
    (Step(_files("a", "b"), _append), Step(_files("c", "d"), _append), Step(_files("e"), _append)),
    _files_cover,
)

# --- merge by primary key, with a cursor ------------------------------------------------------------------------------

# Records by step: (id, updated).
_merges = (
    [(n, n) for n in range(1, 31)],
    [(n, 30 + n) for n in range(1, 21)] + [(n, 20 + n) for n in range(31, 46)],
    [(n, 100 + n) for n in range(40, 50)],
)


def _merge_records(step: int) -> list[dict]:
    records = []
    for identity, updated in _merges[step]:
        record = event(identity, step + 1)
        record["updated"] = updated
        # Another number of children each time.
        record["parts"] = record["parts"][: (identity + step) % 3]
        records.append(record)
    return sorted(records, key=lambda record: record["updated"])


def _merge_input(step: int) -> Callable[[Path], None]:
    return lambda folder: write_lines(folder, "in/changes.jsonl", _merge_records(step))


def _merge_cover(sources: dict) -> list[tuple[str, object, object]]:
    covered = []
    for source in sources.values():
        for resource in source.get("resources", {}).values():
            last = (resource.get("incremental", {}).get("updated") or {}).get("last_value")
            if last is not None:
                covered += [
                    ("items", identity, updated) for step in _merges for identity, updated in step if updated <= last
                ]
    return covered


_merge = (
    ("dlt-extract", "exec", "--cursor", "updated", "--primary-key", "id", "--write-disposition", "merge", "--resource",
     "items", "--", "cat", "in/changes.jsonl"),
    ("dlt-normalize",),
    ("dlt-load",),
)
MERGE = Story(
    "merge", "items",
    "each record is there once, in its newest version, with the children of that version",
    tuple(Step(_merge_input(step), _merge) for step in range(3)),
    _merge_cover,
    "updated",
)

# --- merge by primary key, from a Singer tap --------------------------------------------------------------------------

# A tap that goes on from the last STATE. It sends one after every fourth record, so that mostly none covers its last records. The file
# `in/dies` has the number of lines after which it kills itself.
_TAP = """
import json, os, signal, sys

words = sys.argv[1:]
at = json.load(open(words[words.index("--state") + 1]))["at"] if "--state" in words else 0
dies = int(open("in/dies").read()) if os.path.exists("in/dies") else None
sent = 0


def send(message):
    global sent
    print(json.dumps(message), flush=True)
    sent += 1
    if sent == dies:
        os.unlink("in/dies")
        os.kill(os.getpid(), signal.SIGKILL)


send({"type": "SCHEMA", "stream": "items", "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}}}})
records = [json.loads(line) for line in open("in/changes.jsonl")]
new = [record for record in records if record["updated"] > at]
for number, record in enumerate(new, 1):
    send({"type": "RECORD", "stream": "items", "record": record})
    if number % 4 == 0:
        send({"type": "STATE", "value": {"at": record["updated"]}})
"""


def _tap_input(step: int) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "in").mkdir(exist_ok=True)
        (folder / "in" / "tap.py").write_text(_TAP)
        _merge_input(step)(folder)

    return prepare


def _tap_cover(sources: dict) -> list[tuple[str, object, object]]:
    last = [(source.get("singer_state") or {}).get("at", 0) for source in sources.values()]
    return [
        ("items", identity, updated) for step in _merges for identity, updated in step if updated <= max(last, default=0)
    ]


_tap = (("dlt-extract", "singer", "--", sys.executable, "in/tap.py"), ("dlt-normalize",), ("dlt-load",))
TAP = Story(
    "tap", "tap",
    "the state of a tap is stored with the rows before it; what it sends again is merged",
    tuple(Step(_tap_input(step), _tap) for step in range(3)),
    _tap_cover,
    "updated",
)
# Lines that the tap sends in a step.
TAP_LINES = tuple(1 + len(records) + len(records) // 4 for records in _merges)

# --- replace ----------------------------------------------------------------------------------------------------------


def _replace_input(step: int) -> Callable[[Path], None]:
    first, last = ((1, 40), (11, 60), (1, 10))[step]
    return lambda folder: write_lines(folder, "in/all.jsonl", [event(n, step + 1) for n in range(first, last)])


_replace = (
    ("dlt-extract", "files", "in/all.jsonl", "--resource", "all", "--write-disposition", "replace"),
    ("dlt-normalize",),
    ("dlt-load",),
)
REPLACE = Story(
    "replace", "all",
    "the table is what the last complete run brought, never a part of it and never empty in between",
    tuple(Step(_replace_input(step), _replace) for step in range(3)),
    lambda sources: [],
)

# --- several tables of plain rows, loaded once by a run key -----------------------------------------------------------


def _days_input(step: int) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        records = []
        for n in range(step * 100 + 1, step * 100 + 25):
            records.append({"kind": ["orders", "customers", "visits"][n % 3], **event(n, step + 1)})
        write_lines(folder, "in/day.jsonl", records)

    return prepare


DAYS = Story(
    "days", "days",
    "a run key is loaded once: a day can be run again until it is there",
    tuple(
        Step(
            _days_input(step),
            (("dlt-normalize", "--table-from", "kind", "--pipeline", "days", "--run-key", f"day {step}"), ("dlt-load",)),
            "in/day.jsonl",
        )
        for step in range(3)
    ),
    lambda sources: [],
)

# --- a history of versions --------------------------------------------------------------------------------------------


def _history_input(step: int) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        records = []
        for n in range(1 + 5 * step, 21 + 5 * step):
            records.append({"id": n, "level": n + (step if n % 4 == 0 else 0), "parts": [{"k": n % 3}]})
        write_lines(folder, "in/people.jsonl", records)

    return prepare


_history = (
    ("dlt-extract", "files", "in/people.jsonl", "--resource", "people", "--write-disposition", "scd2"),
    ("dlt-normalize",),
    ("dlt-load",),
)
HISTORY = Story(
    "history", "people",
    "a version begins once and ends once, however often its snapshot is loaded",
    tuple(Step(_history_input(step), _history) for step in range(3)),
    lambda sources: [],
)

# --- many rows, so that buffers are flushed and files are cut ----------------------------------------------------------


def _bulk_input(step: int) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        for part in range(3):
            start = step * 3000 + part * 1000
            write_lines(folder, f"in/{step}{part}.jsonl", [event(start + n, step + 1) for n in range(1, 401)])

    return prepare


def _bulk_cover(sources: dict) -> list[tuple[str, object, object]]:
    covered = []
    for source in sources.values():
        for resource in source.get("resources", {}).values():
            for path in resource.get("files", {}):
                step, part = int(Path(path).stem[0]), int(Path(path).stem[1])
                covered += [("bulk", step * 3000 + part * 1000 + n, None) for n in range(1, 401)]
    return covered


_bulk = (
    ("dlt-extract", "files", "--new", "in/*.jsonl", "--resource", "bulk"),
    ("dlt-normalize", "--buffer-max-items", "100", "--file-max-items", "500"),
    ("dlt-load",),
)
BULK = Story(
    "bulk", "bulk", "as append, with several files for each table",
    tuple(Step(_bulk_input(step), _bulk) for step in range(3)),
    _bulk_cover,
)

STORIES = {story.name: story for story in (APPEND, MERGE, REPLACE, DAYS, HISTORY, BULK)}
