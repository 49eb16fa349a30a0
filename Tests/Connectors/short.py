"""The short form: one tap, one source and one target, with files alone."""

from __future__ import annotations

import json
import os
import sqlite3
import time

from folder import Folder, people, tool

FEW = 20


def rows(folder: Folder, sql: str) -> list:
    database = sqlite3.connect(folder.path / "x.db")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def load(folder: Folder, *words: str) -> dict:
    """Runs the pipe with the words of dlt-extract; returns the number of records of each stream."""
    result = folder.shell(
        'dlt-extract "$@" | tee stream.ndjson | dlt-normalize | dlt-load sqlite:///x.db; echo "${PIPESTATUS[*]}"', *words)
    assert result.stdout.splitlines()[-1] == "0 0 0 0", f"{result.stdout}\n{result.stderr[-3000:]}"
    return json.loads((folder.path / "stream.ndjson").read_text().splitlines()[-1])["records"]


def a_tap_gives_its_rows_and_updates_them(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, FEW)))
    config = folder.write("tap.json", {"path": path, "stream_name": "users", "primary_keys": ["id"]})
    words = ["singer", "--config", config, "--", tool("tap-jsonl", "tap-jsonl")]
    load(folder, *words)
    folder.write("users.jsonl", people(range(1, FEW + 1)).replace('"n1 ', '"changed '))
    os.utime(path, (time.time() + 5, time.time() + 5))
    load(folder, *words)
    expected = [json.loads(line) for line in (folder.path / "users.jsonl").read_text().splitlines()]
    columns = ["id", "name", "score", "big"]
    found = rows(folder, f"SELECT {', '.join(columns)} FROM users ORDER BY id")
    assert found == [tuple(row[column] for column in columns) for row in expected], found[:3]
    tags = rows(folder, "SELECT u.id, t.value FROM users u JOIN users__tags t ON t._dlt_parent_id = u._dlt_id "
                "ORDER BY u.id, t._dlt_list_idx")
    assert tags == [(row["id"], tag) for row in expected for tag in row["tags"]], tags[:3]
    return f"{len(found)} rows"


def a_source_gives_its_records_once(folder: Folder) -> str:
    config = folder.write("faker.json", {"count": FEW, "seed": 1, "parallelism": 1, "always_updated": False})
    words = ["airbyte", "--config", config, "--", tool("airbyte-source-faker", "source-faker")]
    first = load(folder, *words)
    assert first["users"] == FEW, first
    stream = (folder.path / "stream.ndjson").read_text().splitlines()
    sent = [json.loads(line)["record"] for line in stream if '"RECORD"' in line and '"users"' in line]
    found = rows(folder, "SELECT id, name, email FROM users ORDER BY id")
    assert found == [(record["id"], record["name"], record["email"]) for record in sent], found[:3]
    second = load(folder, *words)
    assert sum(second.values()) == 0, f"not incremental: {second}"
    return f"{sum(first.values())} records, none in the second run"


def a_target_gets_every_row(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, FEW + 1)))
    out = folder.path / "out"
    out.mkdir()
    config = folder.write("target.json", {"destination_path": str(out)})
    result = folder.shell(
        'set -o pipefail; dlt-normalize --table users < "$1" | dlt-load "singer:$2 --config $3"', path,
        tool("target-jsonl", "target-jsonl"), config)
    assert result.returncode == 0, result.stderr[-3000:]
    written = {
        name: [json.loads(line) for file in out.glob(f"{name}-*") for line in file.open()]
        for name in ("users", "users__tags")
    }
    expected = [json.loads(line) for line in (folder.path / "users.jsonl").read_text().splitlines()]
    owners = {row["_dlt_id"]: row["id"] for row in written["users"]}
    assert [(row["id"], row["name"], row["score"], row["big"]) for row in written["users"]] == [
        (row["id"], row["name"], row["score"], row["big"]) for row in expected]
    tags = sorted((owners[row["_dlt_parent_id"]], row["_dlt_list_idx"], row["value"]) for row in written["users__tags"])
    assert tags == [(row["id"], place, tag) for row in expected for place, tag in enumerate(row["tags"])], tags[:3]
    return f"{len(written['users'])} rows, and {len(tags)} of their lists"
