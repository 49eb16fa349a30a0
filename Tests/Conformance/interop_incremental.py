"""Incremental loading taken over: each run is done by an empty machine, of dlt or of ours in turn, that restores from the destination.

What arrives, and what is remembered in the end, must be what dlt alone makes of the same runs.
"""

import base64
import datetime
import json
import zlib

import reference  # sets dlt's environment, so it comes before dlt  # noqa: F401
import dlt

PIPELINE = "interop"


def rows(*pairs):
    return [{"id": identity, "t": value} for identity, value in pairs]


def times(*pairs):
    return [{"id": identity, "at": {"u": f"2024-01-{value:02}T10:00:00Z"}} for identity, value in pairs]


NUMBERS = [rows((1, 1), (2, 3), (3, 2), (4, 3)), rows((2, 3), (5, 3), (6, 1), (4, 3)), rows((5, 3), (7, 5), (8, 5)), rows((7, 5), (8, 5), (9, 4), (10, 5))]
DATES = [times((1, 1), (2, 3)), times((2, 3), (3, 3), (4, 5)), times((4, 5), (5, 4), (6, 5)), times((6, 5), (7, 9))]
GAPS = [[{"id": 1}, {"id": 2, "t": 3}, {"id": 3, "t": None}], [{"id": 4}, {"id": 2, "t": 3}, {"id": 5, "t": 3}], [{"id": 6, "t": 9}, {"id": 7}], []]

# name, batches, path, dlt's arguments, our options, primary key
VARIANTS = [
    ("max, by content", NUMBERS, "t", {}, "", None),
    ("max, by primary key", NUMBERS, "t", {}, "", "id"),
    ("min", [rows((1, 9), (2, 7)), rows((2, 7), (3, 7), (4, 8)), rows((3, 7), (5, 2)), rows((6, 2), (5, 2))], "t", {"last_value_func": min}, "--last-value min", None),
    ("open start", NUMBERS, "t", {"range_start": "open"}, "--range-start open", None),
    ("initial value", NUMBERS, "t", {"initial_value": 3}, "--initial 3", None),
    ("lag of numbers", NUMBERS, "t", {"lag": 2}, "--lag 2", "id"),
    ("lag behind an initial value", NUMBERS, "t", {"lag": 9, "initial_value": 2}, "--lag 9 --initial 2", "id"),
    ("times at a path", DATES, "at.u", {}, "", None),
    ("times with a lag", DATES, "at.u", {"lag": 2 * 86400}, "--lag 2d", "id"),
    ("no deduplication", NUMBERS, "t", {"primary_key": ()}, "--boundary-key ''", None),
    ("a boundary key of its own", NUMBERS, "t", {"primary_key": "id"}, "--boundary-key id", None),
    ("records without value included", GAPS, "t", {"on_cursor_value_missing": "include"}, "--on-missing include", None),
    ("records without value excluded", GAPS, "t", {"on_cursor_value_missing": "exclude"}, "--on-missing exclude", None),
    ("rising order", [sorted(batch, key=lambda row: row["t"]) for batch in NUMBERS], "t", {"row_order": "asc"}, "--row-order asc", None),
    ("window", NUMBERS, "t", {"initial_value": 2, "end_value": 5}, "--from 2 --to 5 --again", None),
    ("window, other bounds", NUMBERS, "t", {"initial_value": 2, "end_value": 5, "range_start": "open", "range_end": "closed"}, "--from 2 --to 5 --again --range-start open --range-end closed", None),
]


TURNS = ("oooo", "odod", "dodo", "oddo", "dood")


def as_python(batch):
    """As a source written in Python would yield them: times as datetimes."""
    return [{**row, "t": datetime.datetime.fromisoformat(row["t"])} for row in batch]


DATETIMES = [[{"id": identity, "t": f"2024-01-{day:02}T10:00:00+00:00"} for identity, day in batch] for batch in ([(1, 1), (2, 3)], [(2, 3), (3, 3), (4, 5)], [(4, 5), (5, 4), (6, 5)], [(6, 5), (7, 9)])]


def disposition(arguments):
    """A lag delivers records again, which our programs do not append."""
    return "merge" if "lag" in arguments else "append"


class Run:
    """One destination and who has worked on it."""

    def __init__(self, folder, programs, place_type):
        folder.mkdir()
        self.folder, self.programs, self.machines = folder, programs, 0
        self.place = place_type(folder)

    def machine(self):
        self.machines += 1
        machine = self.folder / f"machine-{self.machines}"
        machine.mkdir()
        return machine

    def by_dlt(self, batch, path, arguments, key):
        pipeline = dlt.pipeline(PIPELINE, destination=self.place.dlt_destination(), dataset_name=self.place.dataset, pipelines_dir=str(self.machine()))

        def records(cursor=dlt.sources.incremental(path, **arguments)):
            yield batch

        pipeline.run(dlt.resource(records, name="r", primary_key=key, write_disposition=disposition(arguments)))

    def by_us(self, batch, path, arguments, options, key):
        machine = self.machine()
        (machine / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in batch))
        if self.place.contents():
            self.programs.call(machine, "dlt-state", "pull", *self.place.arguments, "--pipeline", PIPELINE)
        words = [word if word != "''" else "" for word in options.split()]
        if key:
            words += ["--primary-key", key]
        stream = self.programs.call(machine, "dlt-extract", "files", "r.jsonl", "--resource", "r", "--pipeline", PIPELINE, "--cursor", path, *words)
        packages = self.programs.call(machine, "dlt-normalize", "--write-disposition", disposition(arguments), stdin=stream)
        self.programs.call(machine, "dlt-load", *self.place.arguments, stdin=packages)

    def loaded(self):
        return sorted(row[0] for row in self.place.query("SELECT id FROM r")) if "r" in self.place.table_names() else []

    def remembered(self):
        text = self.place.query("SELECT state FROM _dlt_pipeline_state ORDER BY version DESC LIMIT 1")[0][0]
        state = json.loads(zlib.decompress(base64.b64decode(text))).get("sources", {})
        for source in state.values():
            for resource in source.get("resources", {}).values():
                for cursor in resource.get("incremental", {}).values():
                    cursor["unique_hashes"] = sorted(cursor["unique_hashes"])
        return state


def take_turns(check, programs, work, place):
    for number, variant in enumerate(VARIANTS):
        compare(check, programs, type(place), work / f"variant-{number}", *variant)
    # The other way round dlt itself cannot compare its datetimes with the texts of JSON.
    compare(check, programs, type(place), work / "datetimes", "datetimes of Python", DATETIMES, "t", {}, "", "id", ("dodo", "dood", "dooo"), as_python)


def compare(check, programs, place_type, folder, name, batches, path, arguments, options, key, all_turns=TURNS, python=lambda batch: batch):
    folder.mkdir()
    # Whoever comes first makes the table; then each continues the other.
    runs = {turns: Run(folder / turns, programs, place_type) for turns in ("dddd", *all_turns)}
    for turns, run in runs.items():
        for turn, batch in zip(turns, batches):
            if turn == "d":
                check.attempt(f"{name}: dlt runs in {turns}", lambda: run.by_dlt(python(batch), path, arguments, key))
            else:
                check.attempt(f"{name}: we run in {turns}", lambda: run.by_us(batch, path, arguments, options, key))
    alone = runs.pop("dddd")
    for turns, run in runs.items():
        check.equal(f"{name}: {turns} loads what dlt alone loads", alone.loaded(), run.loaded())
        check.equal(f"{name}: {turns} remembers what dlt alone remembers", alone.remembered(), run.remembered())
    for run in (alone, *runs.values()):
        run.place.remove()
