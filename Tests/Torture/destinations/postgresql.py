"""PostgreSQL."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import subprocess
from pathlib import Path

from compare import Dump
from destinations.destination import Destination
from faults import Fault, Strike


class PostgreSQL(Destination):
    """A dataset of its own for each folder, on the server that DLT_TEST_POSTGRESQL names."""

    name = "postgresql"
    title = "PostgreSQL"
    # Hundreds of messages are rows.
    every_nth = 8

    def __init__(self, url: str | None = None):
        self.url = url or os.environ.get("DLT_TEST_POSTGRESQL", "")
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))
        self.psql = os.environ.get("PGBIN", "") + "/psql" if os.environ.get("PGBIN") else (found or ["psql"])[-1]

    def obstacle(self) -> str | None:
        return None if self.url else "there is no PostgreSQL server (DLT_TEST_POSTGRESQL)"

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

    def forget(self, folder: Path) -> None:
        self.query(f'SET client_min_messages = warning; DROP SCHEMA IF EXISTS "{self.dataset(folder)}" CASCADE')

    def is_call(self, call: Strike) -> bool:
        return call.object == "socket:"

    def kills(self, call: Strike, faults: list[Fault]) -> list[Fault]:
        # After a message is before the next one; only what is sent can be cut in half.
        return [fault for fault in faults if fault.action != "kill-after"]

    def excuse(self, struck: Strike, fault: Fault, errors: str) -> tuple[set[int], set[str]]:
        # libpq has one sentence for all ways in which a connection ends.
        return set(), {"server closed the connection", "SSL SYSCALL error: EOF"} if self.is_call(struck) else set()
