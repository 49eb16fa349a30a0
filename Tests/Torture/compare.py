"""Compares two dumps of a dataset row by row, whatever ids and load ids its rows have drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SYSTEM_TABLES = ("_dlt_loads", "_dlt_version", "_dlt_pipeline_state")
# Drawn at random or by the clock: what they link is compared, not what they are.
LINKS = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id")
VALIDITY = ("_dlt_valid_from", "_dlt_valid_to")


@dataclass
class Dump:
    """A dataset as it is: columns (name and type, in order) and rows by table."""

    columns: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    rows: dict[str, list[dict]] = field(default_factory=dict)

    @property
    def tables(self) -> list[str]:
        return [name for name in self.columns if name not in SYSTEM_TABLES]

    def get(self, table: str) -> list[dict]:
        return self.rows.get(table, [])


@dataclass
class Difference:
    lost: int = 0
    doubled: int = 0
    # Rows that should not be there at all, links that lead nowhere, other columns: no loss, and as bad.
    wrong: int = 0
    texts: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.wrong)


def _parent(table: str, tables) -> str | None:
    while "__" in table:
        table = table[: table.rindex("__")]
        if table in tables:
            return table
    return None


def _canonical(dump: Dump, problems: list[str]) -> Counter:
    """Every row as (table, contents, contents of its parent): equal exactly when the rows mean the same."""
    loads = {row["load_id"] for row in dump.get("_dlt_loads") if row["status"] == 0}
    # Times of validity are those of loads: their order is the same in every run, they are not.
    times = sorted(
        {str(row[name]) for table in dump.tables for row in dump.get(table) for name in VALIDITY if row.get(name)}
    )
    ranks = {time: rank for rank, time in enumerate(times)}
    contents: dict[str, dict[str, tuple]] = {}
    result: Counter = Counter()
    for table in sorted(dump.tables, key=lambda name: name.count("__")):
        parent = _parent(table, dump.columns)
        own = contents[table] = {}
        for row in dump.get(table):
            cells = tuple(
                sorted(
                    (name, ranks[str(value)] if name in VALIDITY else repr(value))
                    for name, value in row.items()
                    if value is not None and name not in LINKS
                )
            )
            above: tuple | None = None
            if row.get("_dlt_parent_id") is not None:
                above = contents.get(parent or "", {}).get(row["_dlt_parent_id"])
                if above is None:
                    problems.append(f"{table}: a row without a parent: {cells}")
            if row.get("_dlt_load_id") is not None and row["_dlt_load_id"] not in loads:
                problems.append(f"{table}: a row of load {row['_dlt_load_id']}, which _dlt_loads does not have")
            identity = row.get("_dlt_id")
            if identity is not None:
                if identity in own:
                    problems.append(f"{table}: two rows of the _dlt_id {identity}")
                own[identity] = (cells, above)
            result[(table, cells, above)] += 1
    return result


def compare(expected: Dump, found: Dump) -> Difference:
    difference = Difference()
    problems: list[str] = []
    want, got = _canonical(expected, []), _canonical(found, problems)
    for key, count in (want - got).items():
        difference.lost += count
        difference.texts.append(f"lost {count} x {key[0]} {key[1]}")
    for key, count in (got - want).items():
        if key in want:
            difference.doubled += count
            difference.texts.append(f"doubled {count} x {key[0]} {key[1]}")
        else:
            difference.wrong += count
            difference.texts.append(f"not expected {count} x {key[0]} {key[1]}")
    for table in sorted(set(expected.columns) | set(found.columns)):
        here, there = expected.columns.get(table), found.columns.get(table)
        if here != there:
            problems.append(f"columns of {table}: {there} instead of {here}")
    ids = Counter(row["load_id"] for row in found.get("_dlt_loads"))
    for load, count in ids.items():
        if count > 1:
            difference.doubled += count - 1
            difference.texts.append(f"load {load} is in _dlt_loads {count} times")
    difference.wrong += len(problems)
    difference.texts += problems
    return difference


def uncovered(covered: list[tuple[str, object, object]], dump: Dump, version: str | None) -> list[str]:
    """What a state says was loaded and the dataset has not: (table, id, version of the record)."""
    newest: dict[tuple, object] = {}
    for table in {table for table, _, _ in covered}:
        for row in dump.get(table):
            value = row.get(version) if version else None
            key = (table, row.get("id"))
            if key not in newest or (value is not None and value > newest[key]):
                newest[key] = value
    missing = []
    for table, identity, wanted in covered:
        if (table, identity) not in newest:
            missing.append(f"{table} {identity}")
        elif wanted is not None and (newest[(table, identity)] is None or newest[(table, identity)] < wanted):
            missing.append(f"{table} {identity} as of {wanted}")
    return missing
