"""SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from compare import Dump
from destinations.destination import InFile, Unreadable
from faults import Fault, Strike


class SQLite(InFile):
    """A file in the trial's folder."""

    name = "sqlite"
    title = "SQLite"
    ending = "db"

    def load_arguments(self, folder: Path) -> list[str]:
        return [f"sqlite:///{self.file(folder)}"]

    def dump(self, folder: Path) -> Dump:
        dump = Dump()
        path = self.file(folder)
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
        except sqlite3.DatabaseError as error:
            raise Unreadable(str(error)) from error
        finally:
            database.close()
        return dump

    def damage(self, folder: Path) -> str | None:
        path = self.file(folder)
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

    def execute(self, folder: Path, *statements: str) -> None:
        database = sqlite3.connect(self.file(folder))
        with database:
            for statement in statements:
                if database.execute(statement).rowcount == 0:
                    raise RuntimeError(f"nothing to change: {statement}")
        database.close()

    def is_litter(self, name: str) -> bool:
        # SQLite unlinks its temporary files when it has opened them; who is killed in between leaves an empty one.
        return name.startswith("etilqs_")

    def excuse(self, struck: Strike, fault: Fault, errors: str) -> tuple[set[int], set[str]]:
        # Of a write on a full disk SQLite tells in its own words; a page that the disk cannot read it takes for damage; and it
        # forgets why a file could not be created, and why a commit has failed: what lasts can still be found out, what has
        # passed is to be tried again.
        statuses: set[int] = set()
        reasons: set[str] = set()
        if not self.is_call(struck):
            return statuses, reasons
        if fault.action == "ENOSPC":
            reasons.add("database or disk is full")
        if struck.call == "read" and fault.action == "EIO":
            statuses.add(65)
            reasons.add("database disk image is malformed")
        if struck.call == "create" and not fault.on:
            statuses.add(75)
            reasons.add("unable to open database file")
        if not fault.on and "unable to commit" in errors:
            statuses.add(74)
            reasons.add("disk I/O error")
        return statuses, reasons

    def commits(self, calls: list[Strike]) -> list[int]:
        # The journal is gone, and its folder has that on the disk. An unlink that no fsync follows is never durable.
        ends = []
        for n, call in enumerate(calls):
            if call.object != "db/out.db-journal" or call.call != "unlink":
                continue
            later = (m for m in range(n, len(calls)) if calls[m].call == "fsync" and calls[m].object == "db")
            ends.append(next(later, len(calls)))
        return ends
