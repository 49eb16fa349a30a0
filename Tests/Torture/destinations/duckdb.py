"""DuckDB."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from compare import Dump
from destinations.destination import InFile, Unreadable
from faults import Fault, Strike


class DuckDB(InFile):
    """A file in the trial's folder, read by DuckDB's Python module: the one beside the libduckdb of the programs, or an installed one."""

    name = "duckdb"
    title = "DuckDB"
    ending = "duckdb"
    stories = ("append", "merge", "replace", "days", "history")
    # A block of its files is 64 pages.
    rooms = range(0, 256, 16)
    dataset = "torture"

    def __init__(self):
        library = os.environ.get("DLT_LIBDUCKDB", "")
        self.library = os.path.abspath(library) if library else ""
        self.folder = os.path.dirname(self.library)

    @property
    def module(self):
        """Loaded when it is needed, for it takes a while."""
        sys.path.insert(0, self.folder)
        try:
            import _duckdb
        finally:
            sys.path.remove(self.folder)
        return _duckdb

    @functools.cache
    def obstacle(self) -> str | None:
        if not self.library:
            return "there is no libduckdb (DLT_LIBDUCKDB; scripts/libduckdb makes one)"
        probe = [sys.executable, "-c", f"import sys; sys.path.insert(0, {self.folder!r}); import _duckdb"]
        if subprocess.run(probe, capture_output=True).returncode != 0:
            return "DuckDB's Python module is neither beside DLT_LIBDUCKDB nor installed"
        return None

    def environment(self) -> dict[str, str]:
        return {"DLT_LIBDUCKDB": self.library}

    def load_arguments(self, folder: Path) -> list[str]:
        # By default DuckDB works with one thread, and so makes the same calls in each run.
        return [f"duckdb:///{self.file(folder)}", "--dataset", self.dataset]

    def connect(self, path: Path, read_only: bool = True, seconds: float = 20):
        """Waits for a program that has the file open."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                connection = self.module.connect(str(path), read_only, {"threads": "1"})
                connection.execute("SET TimeZone = 'UTC'")
                return connection
            except self.module.IOException as error:
                if "lock" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def dump(self, folder: Path) -> Dump:
        dump = Dump()
        path = self.file(folder)
        if not path.exists():
            return dump
        try:
            # For reading only: what a killed program has left in the log is to be replayed by the programs under test.
            with self.connect(path) as database:
                for schema, table, column, kind in database.execute(
                    "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
                    "WHERE database_name = current_database() AND NOT internal ORDER BY schema_name, table_name, column_index"
                ).fetchall():
                    # What is outside the dataset is seen, for nothing should be there.
                    name = table if schema == self.dataset else f"{schema}.{table}"
                    dump.columns.setdefault(name, []).append((column, kind))
                for name, columns in dump.columns.items():
                    place = name if "." in name else f"{self.dataset}.{name}"
                    shown = ", ".join(self.shown(column, kind) for column, kind in columns)
                    rows = database.execute(f"""SELECT {shown} FROM "{place.replace('.', '"."')}" """).fetchall()
                    dump.rows[name] = [dict(zip((column for column, _ in columns), row)) for row in rows]
        except self.module.Error as error:
            raise Unreadable(str(error)) from error
        return dump

    @staticmethod
    def shown(column: str, kind: str) -> str:
        plain = kind in ("BOOLEAN", "DOUBLE", "VARCHAR") or kind.endswith("INT")
        return f'"{column}"' if plain else f'"{column}"::VARCHAR'

    def damage(self, folder: Path) -> str | None:
        """Whether a copy can be opened for writing, and everything in it be written anew: all blocks have checksums."""
        path = self.file(folder)
        if not path.exists():
            return None
        copies = folder.parent / f"{folder.name}.duckdb-copies"
        copies.mkdir(exist_ok=True)
        try:
            for file in path.parent.iterdir():
                if file.is_file():
                    shutil.copy(file, copies)
            with self.connect(copies / path.name, read_only=False) as database:
                database.execute(f"ATTACH '{copies}/whole' AS whole; COPY FROM DATABASE out TO whole; FORCE CHECKPOINT out")
        except self.module.Error as error:
            return str(error)
        finally:
            shutil.rmtree(copies, ignore_errors=True)
        return None

    def execute(self, folder: Path, *statements: str) -> None:
        with self.connect(self.file(folder), read_only=False) as database:
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {self.dataset}; SET search_path = '{self.dataset}'; BEGIN")
            for statement in statements:
                changed = database.execute(statement).fetchall()
                if changed == [(0,)]:
                    raise RuntimeError(f"nothing to change: {statement}")
            database.execute("COMMIT")

    @contextlib.contextmanager
    def held(self, folder: Path) -> Iterator[None]:
        # By another process: for one and the same there is no lock.
        program = "import sys; sys.path.insert(0, sys.argv[1]); import _duckdb; c = _duckdb.connect(sys.argv[2]); print(flush=True); input()"
        holder = subprocess.Popen(
            [sys.executable, "-c", program, self.folder, str(self.file(folder))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            holder.stdout.readline()
            yield
        finally:
            holder.kill()
            holder.wait()

    def kills(self, call: Strike, faults: list[Fault]) -> list[Fault]:
        # A checkpoint writes a block of 256 KB anew in its place whose old half the header still needs: what is cut there is damaged
        # (RELIABILITY.md, "Known limits"). Of the log every half is tried.
        in_place = call.object == f"db/out.{self.ending}"
        return [fault for fault in faults if not (in_place and fault.action == "kill-half")]

    def excuse(self, struck: Strike, fault: Fault, errors: str) -> tuple[set[int], set[str]]:
        # Whatever keeps DuckDB from a lock, it takes for another process that holds it.
        if self.is_call(struck) and struck.call == "lock":
            return {75}, {"Could not set lock on file"}
        # Nor does it say why the disk did not take what was written.
        if self.is_call(struck) and struck.call == "fsync":
            return set(), {"fsync failed"}
        return set(), set()

    def commits(self, calls: list[Strike]) -> list[int]:
        # The first time that the log is on the disk: there is one transaction. When the file is closed it comes again.
        synchronized = [n for n, call in enumerate(calls) if call.object == f"db/out.{self.ending}.wal" and call.call == "fsync"]
        return synchronized[:1]
