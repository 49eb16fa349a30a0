"""Interop with real dlt: each side continues what the other wrote, and leaves nothing behind that does not belong.

Called by `scripts/conformance interop`. Every check prints one line; the last line counts them.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

import reference  # sets dlt's environment, so it comes before dlt
import dlt
import interop_dashboard
import interop_incremental
from places import PLACES
from toolkit import ProgramFailed, Toolkit

PIPELINE = "interop"
ORDERS = [
    {"id": 1, "placed at": "2024-03-01T10:00:00+01:00", "customer": {"name": "Zoë", "vip": True}, "total": 10.5, "lines": [{"sku": "a", "n": 1, "tags": ["x", "y"]}, {"sku": "b", "n": 2}], "note": None},
    {"id": 2, "placed at": "2024-03-02T10:00:00Z", "customer": {"name": "日本", "vip": False}, "total": 7, "lines": [], "codes": [1, "two", 3]},
]
MORE_ORDERS = [{"id": 3, "placed at": "2024-03-03 11:00:00", "customer": {"name": "Ann"}, "total": "8.25", "lines": [{"sku": "c", "n": "3", "tags": ["z"]}], "codes": ["x"]}]
ORDERS_WITH_NEWS = [{"id": 4, "total": 1.0, "coupon": {"code": "C1", "percent": 5}, "lines": [{"sku": "d", "gift": True}]}]


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def equal(self, what, expected, actual):
        if expected == actual:
            self.passed += 1
            print(f"ok   {what}")
        else:
            self.failed += 1
            print(f"FAIL {what}\n      - expected: {expected}\n      + got:      {actual}")

    def attempt(self, what, action):
        try:
            result = action()
        except Exception as error:  # a failed action is a failed check, and ends its scenario
            cause = error if isinstance(error, ProgramFailed) else reference.root_cause(error)
            self.failed += 1
            print(f"FAIL {what}\n      + {type(cause).__name__}: {str(cause)[:800]}")
            raise ScenarioEnded from error
        self.passed += 1
        print(f"ok   {what}")
        return result


class ScenarioEnded(Exception):
    pass


class Dataset:
    """One dataset, looked at from outside."""

    def __init__(self, place):
        self.place = place
        self.query = place.query

    def tables(self):
        return self.place.table_names()

    def shape(self):
        """Tables, columns and types, schema versions and state rows: what an append of known data must not change."""
        shape = {table: self.place.columns(table) for table in self.tables()}
        shape["versions"] = self.query("SELECT version, engine_version, schema_name, version_hash FROM _dlt_version")
        shape["states"] = self.query("SELECT version, engine_version, pipeline_name, version_hash FROM _dlt_pipeline_state")
        return shape

    def loads(self):
        return len(self.query("SELECT 1 FROM _dlt_loads WHERE status = 0"))

    def newest_hash(self):
        return self.query("SELECT version_hash FROM _dlt_version ORDER BY inserted_at DESC, version DESC LIMIT 1")[0][0]

    def order(self, number):
        """Seconds are enough to tell whether a time arrived."""
        return [(row[0], str(row[1])[:19], *row[2:]) for row in self.query(f"SELECT id, placed_at, customer__name, total FROM orders WHERE id = {number}")]

    def orphans(self):
        found = []
        for table in self.tables():
            if table.startswith("orders__"):
                parent = table.rpartition("__")[0]
                found += self.query(f'SELECT \'{table}\', c._dlt_id FROM "{table}" c LEFT JOIN "{parent}" p ON p._dlt_id = c._dlt_parent_id WHERE p._dlt_id IS NULL')
        return found


class Dlt:
    """A machine that runs dlt; its working folder is its memory."""

    def __init__(self, work, place):
        self.work, self.place = work, place

    def pipeline(self):
        return dlt.pipeline(PIPELINE, destination=self.place.dlt_destination(), dataset_name=self.place.dataset, pipelines_dir=str(self.work))

    def run(self, items, **hints):
        self.pipeline().run(items, table_name="orders", **hints)


class Ours:
    """A machine that runs our programs; its data folder is its memory."""

    def __init__(self, programs, work, place):
        self.programs, self.work, self.place = programs, work, place
        work.mkdir(parents=True)

    def run(self, items, *flags):
        lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()
        packages = self.programs.call(self.work, "dlt-normalize", "--pipeline", PIPELINE, "--table", "orders", *flags, stdin=lines)
        self.programs.call(self.work, "dlt-load", *self.place.arguments, stdin=packages)

    def pull(self):
        self.programs.call(self.work, "dlt-state", "pull", *self.place.arguments, "--pipeline", PIPELINE)


def read_by_dlt(check, pipeline, dataset):
    relation = check.attempt("dlt opens the dataset", lambda: pipeline.dataset())
    for table in [t for t in dataset.tables() if t.startswith("orders")]:
        rows = check.attempt(f"dlt reads {table}", lambda: relation[table].fetchall())
        check.equal(f"dlt sees every row of {table}", dataset.query(f'SELECT count(*) FROM "{table}"')[0][0], len(rows))


def dlt_continues_ours(check, programs, work, place):
    dataset = Dataset(place)
    ours = Ours(programs, work / "ours", place)
    check.attempt("we make a dataset", lambda: ours.run(ORDERS))

    theirs = Dlt(work / "dlt", place)
    pipeline = theirs.pipeline()
    check.attempt("dlt restores from it (sync_destination)", pipeline.sync_destination)
    check.equal("dlt restores our schema", [PIPELINE], sorted(pipeline.schemas))
    check.equal("dlt computes our version hash", dataset.newest_hash(), pipeline.default_schema.version_hash)
    stored = dataset.query("SELECT version, version_hash FROM _dlt_pipeline_state")
    check.equal("dlt restores our pipeline state", [(pipeline.state["_state_version"], pipeline.state["_version_hash"])], stored)
    check.equal("our state names schema and dataset", (PIPELINE, place.dataset, [PIPELINE]), (pipeline.state["default_schema_name"], pipeline.state["dataset_name"], pipeline.state["schema_names"]))
    read_by_dlt(check, pipeline, dataset)

    before, loads = dataset.shape(), dataset.loads()
    check.attempt("dlt appends to it", lambda: theirs.run(MORE_ORDERS))
    check.equal("dlt's append adds no table, column, schema version or state", before, dataset.shape())
    check.equal("dlt's append is one more load", loads + 1, dataset.loads())
    check.equal("the appended rows are where they belong", [(3, "2024-03-03 11:00:00", "Ann", 8.25)], dataset.order(3))
    check.equal("no child row without parent", [], dataset.orphans())

    before = dataset.shape()
    check.attempt("we append after dlt", lambda: ours.run(MORE_ORDERS))
    check.equal("our append adds no table, column, schema version or state", before, dataset.shape())

    check.attempt("dlt brings new columns", lambda: theirs.run(ORDERS_WITH_NEWS))
    versions = len(dataset.shape()["versions"])
    check.equal("that is one more schema version", len(before["versions"]) + 1, versions)
    before = dataset.shape()
    check.attempt("we take dlt's schema (dlt-state pull)", ours.pull)
    check.attempt("we append what dlt has just taught", lambda: ours.run(ORDERS_WITH_NEWS))
    check.equal("our append after the pull adds no table, column, schema version or state", before, dataset.shape())

    check.attempt("we replace the table", lambda: ours.run(ORDERS, "--write-disposition", "replace"))
    check.equal("replace leaves our rows only", [(1,), (2,)], dataset.query("SELECT id FROM orders ORDER BY id"))
    check.equal("no child row without parent after replace", [], dataset.orphans())
    another = Dlt(work / "dlt-2", place)
    pipeline = another.pipeline()
    check.attempt("a new dlt machine restores the end of it", pipeline.sync_destination)
    check.equal("with the newest schema", dataset.newest_hash(), pipeline.default_schema.version_hash)
    before = dataset.shape()
    check.attempt("dlt replaces too", lambda: another.run(ORDERS, write_disposition="replace"))
    check.equal("dlt's replace adds no table, column, schema version or state", before, dataset.shape())
    check.equal("dlt's replace leaves its rows only", [(1,), (2,)], dataset.query("SELECT id FROM orders ORDER BY id"))


def ours_continues_dlt(check, programs, work, place):
    dataset = Dataset(place)
    theirs = Dlt(work / "dlt", place)
    check.attempt("dlt makes a dataset", lambda: theirs.run(ORDERS))
    before, loads = dataset.shape(), dataset.loads()

    ours = Ours(programs, work / "ours", place)
    check.attempt("an empty machine of ours pulls", ours.pull)
    check.equal("pull changes nothing at the destination", (before, loads), (dataset.shape(), dataset.loads()))
    check.attempt("we append to dlt's dataset", lambda: ours.run(MORE_ORDERS))
    check.equal("our append adds no table, column, schema version or state", before, dataset.shape())
    check.equal("our append is one more load", loads + 1, dataset.loads())
    check.equal("the appended rows are where they belong", [(3, "2024-03-03 11:00:00", "Ann", 8.25)], dataset.order(3))
    check.equal("no child row without parent", [], dataset.orphans())

    check.attempt("dlt appends again", lambda: theirs.run(MORE_ORDERS))
    check.equal("dlt's append adds no table, column, schema version or state", before, dataset.shape())

    check.attempt("we bring new columns", lambda: ours.run(ORDERS_WITH_NEWS))
    check.equal("that is one more schema version", len(before["versions"]) + 1, len(dataset.shape()["versions"]))
    another = Dlt(work / "dlt-2", place)
    pipeline = another.pipeline()
    check.attempt("a new dlt machine restores the end of it", pipeline.sync_destination)
    check.equal("with our schema version", dataset.newest_hash(), pipeline.default_schema.version_hash)
    read_by_dlt(check, pipeline, dataset)
    before = dataset.shape()
    check.attempt("it appends what we have just taught", lambda: another.run(ORDERS_WITH_NEWS))
    check.equal("dlt's append adds no table, column, schema version or state", before, dataset.shape())
    check.attempt("the first dlt machine, behind by a version, still appends", lambda: theirs.run(MORE_ORDERS))
    check.equal("and adds no table, column, schema version or state", before, dataset.shape())


def dashboard_shows_dlts(check, programs, work, place):
    interop_dashboard.dashboard_shows_dlts(check, Dlt(work / "dlt", place), programs, work, place, ORDERS, ORDERS_WITH_NEWS)


def main():
    parser = argparse.ArgumentParser(prog="scripts/conformance interop")
    parser.add_argument("--destination", choices=PLACES, default="sqlite")
    parser.add_argument("--only", default="", help="a part of a scenario's name")
    arguments = parser.parse_args()
    place_type = PLACES[arguments.destination]
    if place_type.obstacle():
        raise SystemExit(f"conformance: {place_type.obstacle()}")
    programs = Toolkit(os.environ.get("DLT_BIN", ROOT / ".build" / "release"), place_type.environment())
    if missing := programs.missing(also="dlt-dashboard"):
        print(f"conformance: no {', '.join(missing)} in {programs.folder}: build first, or set DLT_BIN", file=sys.stderr)
        return 66
    check = Checks()
    work = Path(tempfile.mkdtemp(prefix="interop-"))
    try:
        for scenario in (dlt_continues_ours, ours_continues_dlt, dashboard_shows_dlts, interop_incremental.take_turns):
            if arguments.only not in scenario.__name__:
                continue
            print(f"-- {scenario.__name__.replace('_', ' ')}")
            folder = work / scenario.__name__
            folder.mkdir()
            place = place_type(folder)
            try:
                scenario(check, programs, folder, place)
            except ScenarioEnded:
                print("     (the rest of this scenario was not run)")
            finally:
                place.remove()
    finally:
        shutil.rmtree(work, ignore_errors=True)
        reference.clean_up()
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
