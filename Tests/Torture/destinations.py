"""The databases that pipelines load into, and how to look at them without the programs under test."""

from __future__ import annotations

import base64
import glob
import hashlib
import json
import os
import sqlite3
import subprocess
import zlib
from pathlib import Path

from compare import Dump


def newest_sources(dump: Dump, pipeline: str) -> dict | None:
    """`sources` of the newest state that the dataset holds; None when it holds none."""
    rows = [row for row in dump.get("_dlt_pipeline_state") if row["pipeline_name"] == pipeline]
    if not rows:
        return None
    text = max(rows, key=lambda row: row["version"])["state"]
    packed = base64.b64decode(text)
    try:
        packed = zlib.decompress(packed)
    except zlib.error:
        pass
    return json.loads(packed).get("sources", {})


class SQLite:
    """A file in the trial's folder."""

    name = "sqlite"
    # What it has is in the folder, so that a copy of the folder is a copy of everything.
    in_folder = True

    def load_arguments(self, folder: Path) -> list[str]:
        return [f"sqlite:///{folder}/db/out.db"]

    def dump(self, folder: Path) -> Dump:
        dump = Dump()
        path = folder / "db" / "out.db"
        if not path.exists():
            return dump
        # Not immutable: a journal that a killed program has left must be rolled back, as any reader does it.
        database = sqlite3.connect(path, timeout=20)
        try:
            database.row_factory = sqlite3.Row
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall():
                dump.columns[table] = [
                    (row["name"], row["type"]) for row in database.execute(f'PRAGMA table_info("{table}")')
                ]
                dump.rows[table] = [dict(row) for row in database.execute(f'SELECT * FROM "{table}"')]
        finally:
            database.close()
        return dump

    def damage(self, folder: Path) -> str | None:
        """What the database itself finds wrong."""
        path = folder / "db" / "out.db"
        if not path.exists():
            return None
        database = sqlite3.connect(path, timeout=20)
        try:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        finally:
            database.close()
        return None if verdict == "ok" else verdict

    def forget(self, folder: Path) -> None:
        pass


class PostgreSQL:
    """A dataset of its own for each folder, on the server that DLT_TEST_POSTGRESQL names."""

    name = "postgresql"
    in_folder = False

    def __init__(self, url: str):
        self.url = url
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))
        self.psql = os.environ.get("PGBIN", "") + "/psql" if os.environ.get("PGBIN") else (found or ["psql"])[-1]

    def dataset(self, folder: Path) -> str:
        # A name that no naming convention changes.
        return "torture_" + hashlib.sha256(str(folder).encode()).hexdigest()[:20]

    def load_arguments(self, folder: Path) -> list[str]:
        return [self.url, "--dataset", self.dataset(folder)]

    def query(self, sql: str) -> list[str]:
        result = subprocess.run(
            [self.psql, self.url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql],
            capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        if result.returncode != 0:
            raise RuntimeError(f"psql: {result.stderr.strip()}")
        return [line for line in result.stdout.split("\n") if line]

    def dump(self, folder: Path) -> Dump:
        dump = Dump()
        dataset = self.dataset(folder)
        for line in self.query(
            "SELECT json_build_array(table_name, column_name, data_type) FROM information_schema.columns "
            f"WHERE table_schema = '{dataset}' ORDER BY table_name, ordinal_position"
        ):
            table, column, kind = json.loads(line)
            dump.columns.setdefault(table, []).append((column, kind))
        parts = [
            f"SELECT jsonb_build_array('{table}', row_to_json(t)) FROM \"{dataset}\".\"{table}\" t"
            for table in dump.columns
        ]
        if parts:
            for line in self.query(" UNION ALL ".join(parts)):
                table, row = json.loads(line)
                dump.rows.setdefault(table, []).append(row)
        return dump

    def damage(self, folder: Path) -> str | None:
        return None

    def forget(self, folder: Path) -> None:
        self.query(f'SET client_min_messages = warning; DROP SCHEMA IF EXISTS "{self.dataset(folder)}" CASCADE')
