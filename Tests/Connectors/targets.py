"""Real targets, filled from load packages and read back; and streams that the singer-sdk has for tests of targets."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

from folder import COUNT, ENVIRONMENTS, SERVER, URL, Folder, people, plain, psql, rows, tool

COLUMNS = ["id", "name", "score", "big", "at"]
NUMBERS = {"id", "score", "big"}


class Target:
    """A target, and what it has of the users and their tags."""

    def __init__(self, folder: Folder):
        self.folder = folder
        self.out = folder.path / "out"

    def url(self) -> str:
        raise NotImplementedError

    def users(self) -> list[dict]:
        """Every row, with its id here."""
        raise NotImplementedError

    def tags(self) -> list[dict]:
        raise NotImplementedError


class Postgres(Target):
    def url(self) -> str:
        config = self.folder.write("postgres.json", dict(SERVER, default_target_schema=self.folder.theirs))
        return f"singer:{tool('meltanolabs-target-postgres', 'target-postgres')} --config {config}"

    def users(self) -> list[dict]:
        return self.read("users")

    def tags(self) -> list[dict]:
        return self.read("users__tags")

    def read(self, table: str) -> list[dict]:
        text = psql(f"SELECT row_to_json(t) FROM {self.folder.theirs}.{table} t")
        return [json.loads(line) for line in text.splitlines()]


class Lines(Target):
    """It appends each record to a file for the stream, whatever its key."""

    def url(self) -> str:
        self.out.mkdir(exist_ok=True)
        config = self.folder.write("lines.json", {"destination_path": str(self.out)})
        return f"singer:{tool('target-jsonl', 'target-jsonl')} --config {config}"

    def users(self) -> list[dict]:
        return self.read("users-*")

    def tags(self) -> list[dict]:
        return self.read("users__tags-*")

    def read(self, pattern: str) -> list[dict]:
        return [json.loads(line) for file in sorted(self.out.glob(pattern)) for line in file.open()]


class CSV(Target):
    """It writes the file of a stream anew in each run; an absent value and an empty text are the same."""

    def url(self) -> str:
        place = self.folder.path / "csv"
        place.mkdir(exist_ok=True)
        config = self.folder.write("csv.json", {"output_path": str(place)})
        return f"singer:{tool('meltanolabs-target-csv', 'target-csv')} --config {config}"

    def users(self) -> list[dict]:
        return self.read("users")

    def tags(self) -> list[dict]:
        return self.read("users__tags")

    def read(self, stream: str) -> list[dict]:
        with (self.folder.path / "csv" / f"{stream}.csv").open(newline="") as file:
            return list(csv.DictReader(file))


class DuckDB(Target):
    """It writes CSV without names of columns, whose first row newer versions of DuckDB take for those: it needs an old one."""

    def url(self) -> str:
        config = self.folder.write(
            "duckdb.json", {"path": str(self.folder.path / "x.duckdb"), "default_target_schema": "theirs"})
        return f"singer:{tool('target-duckdb', 'target-duckdb')} --config {config}"

    def users(self) -> list[dict]:
        return self.read("users")

    def tags(self) -> list[dict]:
        return self.read("users__tags")

    def read(self, table: str) -> list[dict]:
        script = (
            "import duckdb, json, sys\n"
            "cursor = duckdb.connect(sys.argv[1], read_only=True).execute(f'SELECT * FROM theirs.{sys.argv[2]}')\n"
            "names = [column[0] for column in cursor.description]\n"
            "for row in cursor.fetchall(): print(json.dumps(dict(zip(names, row)), default=str))\n")
        python = tool("target-duckdb", "python")
        text = subprocess.run(
            [python, "-c", script, str(self.folder.path / "x.duckdb"), table], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in text.stdout.splitlines()]


def same(row: dict) -> list:
    """The values of a user, in one form whatever the target wrote."""
    values = []
    for column in COLUMNS:
        value = row[column]
        if column in NUMBERS and isinstance(value, str):
            value = json.loads(value)
        values.append(plain(value))
    return values


def packages_fill_real_targets(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, COUNT + 1)))

    def load(pipeline: str, url: str, *options: str) -> None:
        result = folder.shell(
            'set -o pipefail; dlt-normalize --pipeline "$1" --table users --write-disposition merge --primary-key id '
            f'< "{path}" | dlt-load "$2" "${{@:3}}"', pipeline, url, *options)
        assert result.returncode == 0, f"{pipeline}: {result.stderr[-3000:]}"

    load("mine", URL, "--dataset", folder.ours)
    users = rows(f"{folder.ours}.users", COLUMNS, "id")
    tags = [
        [int(line.split("|")[0]), int(line.split("|")[1]), line.split("|")[2]]
        for line in psql(
            f"SELECT u.id, t._dlt_list_idx, t.value FROM {folder.ours}.users u JOIN {folder.ours}.users__tags t "
            "ON t._dlt_parent_id = u._dlt_id ORDER BY 1, 2").splitlines()
    ]
    assert len(users) == COUNT and len(tags) == 2 * COUNT
    said = []
    for target in (Postgres(folder), Lines(folder), CSV(folder), DuckDB(folder)):
        name = type(target).__name__
        load(name.lower(), target.url())
        # The same rows once more: a target that updates by keys has each of them once.
        load(name.lower(), target.url())
        found = target.users()
        # The newest row of each key; one that only adds has the older ones, too.
        newest = {int(row["id"]): row for row in found}
        assert [same(newest[key]) for key in sorted(newest)] == users, f"{name}: users differ: {found[:2]}"
        assert len(found) == (2 * COUNT if name == "Lines" else COUNT), f"{name}: {len(found)} users"
        owners = {row["_dlt_id"]: int(row["id"]) for row in newest.values()}
        children = sorted(
            [owners[row["_dlt_parent_id"]], int(row["_dlt_list_idx"]), row["value"]]
            for row in target.tags() if row["_dlt_parent_id"] in owners)
        assert children == tags, f"{name}: tags differ: {children[:3]}"
        places = [
            json.loads(line)["place"]
            for option in ("", "--loaded")
            for line in folder.shell(f'dlt-state packages --pipeline "$1" {option} --json', name.lower()).stdout.splitlines()
        ]
        assert places == ["loaded", "loaded"], f"{name}: its packages are {places}"
        said.append(f"{name} {len(found)}")
    return f"{COUNT} users with {len(tags)} tags: rows in " + ", ".join(said)


def streams_of_the_singer_sdk_give_the_rows_of_a_target(folder: Folder) -> str:
    """Every stream that its package has for targets, into ours by both roads, and into a real target."""
    places = sorted(ENVIRONMENTS.glob(
        "meltanolabs-target-postgres/lib/python*/site-packages/singer_sdk/testing/target_test_streams/*.singer"))
    assert len(places) >= 20, f"the package has only {len(places)} streams"
    outcomes = {"loaded": 0, "refused": 0}
    for number, place in enumerate(places):
        target = loaded_by_target(folder, place, number)
        for road in ("dlt-extract singer -- cat", "cat"):
            ours = loaded_by_us(folder, place, road, number)
            name = f"{place.stem} by {road}"
            expected_refusal = (target is None) != (place.stem in DIFFERENT)
            assert (ours is None) == expected_refusal, f"{name}: {'refused' if ours is None else 'loaded'}"
            if ours is None or target is None:
                continue
            for stream, expected in target.items():
                # Ours has columns of nested members, too.
                wanted = {column for row in expected for column in row}
                found = in_order({k: v for k, v in row.items() if k in wanted} for row in ours.get(stream, []))
                assert found == expected, f"{name}: {stream} differs:\nours   {found[:3]}\ntheirs {expected[:3]}"
        outcomes["refused" if ours is None else "loaded"] += 1
    return f"{len(places)} streams, " + ", ".join(f"{count} {what}" for what, count in outcomes.items())


# Streams that only we take, and why the target does not.
DIFFERENT = {
    "encoded_string_data": "it sends a NUL to PostgreSQL, which has no place for it in a text",
    "record_missing_required_property": "it checks records by their schema, whose types are hints for us",
    "invalid_schema": "it wants properties, also of a stream without records",
}


def loaded_by_target(folder: Folder, stream: Path, number: int) -> dict | None:
    """The rows of each table that a target makes of a stream; None when it refuses it."""
    schema = f"{folder.theirs}_{number}"
    psql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    config = folder.write("sdk.json", dict(SERVER, default_target_schema=schema))
    words = [tool("meltanolabs-target-postgres", "target-postgres"), "--config", config]
    with stream.open() as lines:
        result = subprocess.run(words, stdin=lines, capture_output=True, text=True)
    return None if result.returncode else scalars(schema)


def loaded_by_us(folder: Folder, stream: Path, road: str, number: int) -> dict | None:
    """The same by our programs."""
    schema = f"{folder.ours}_{number}"
    psql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    result = folder.shell(
        f'rm -rf data; {road} "$1" | dlt-normalize | dlt-load "$DLT_TEST_POSTGRESQL_TCP" --dataset {schema}', str(stream))
    assert result.returncode in (0, 65), result.stderr[-3000:]
    return None if result.returncode else scalars(schema)


def scalars(schema: str) -> dict:
    """The rows of each table, without nulls, the columns of tools, and values that are not scalars; names without their spelling."""
    columns: dict[str, list[str]] = {}
    for line in psql(
            f"SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = '{schema}'").splitlines():
        table, column, kind = line.split("|")
        if not table.startswith("_dlt") and not column.startswith(("_dlt", "_sdc")) and kind not in ("jsonb", "json", "ARRAY"):
            columns.setdefault(table, []).append(column)
    found = {}
    for table, names in columns.items():
        listed = ", ".join(f'"{name}"' for name in names)
        text = psql(f'SELECT row_to_json(t) FROM (SELECT {listed} FROM {schema}."{table}") t')
        lines = [json.loads(line) for line in text.splitlines()]
        found[bare(table)] = in_order(
            {bare(name): plain(value) for name, value in line.items() if value is not None} for line in lines)
    return found


def in_order(lines) -> list[dict]:
    return sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))


def bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
