"""What the bench asks of a destination."""

from __future__ import annotations

import base64
import contextlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from compare import Dump
from faults import Fault, Strike


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


class Unreadable(Exception):
    """The database cannot be read."""


class Destination:
    """What the bench asks of a destination. A dataset belongs to a trial's folder."""

    name = ""
    # As the report has it.
    title = ""
    # What it has is in the folder, so that a copy of the folder is a copy of everything.
    in_folder = False
    # Stories whose calls are struck, one by one.
    stories: tuple[str, ...] = ("append", "merge", "replace")
    # Of its own calls a failure is tried at every n-th, where many are much the same.
    every_nth = 1
    # Room that a full disk leaves for its files, in pages of the system, from none to enough.
    rooms: range = range(0)

    def obstacle(self) -> str | None:
        """Why its cases cannot run on this machine; None when they can."""
        return None

    def load_arguments(self, folder: Path) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Variables that the programs need to reach it."""
        return {}

    def dump(self, folder: Path) -> Dump:
        """Raises `Unreadable`."""
        raise NotImplementedError

    def damage(self, folder: Path) -> str | None:
        """What the database itself finds wrong."""
        return None

    def forget(self, folder: Path) -> None:
        """Removes what is not in the folder."""

    def is_litter(self, name: str) -> bool:
        """Whether a file of that name may be left by a program that was killed."""
        return False

    def is_call(self, call: Strike) -> bool:
        """Whether a call of dlt-load is one to this destination, and not to the spool."""
        return call.object.startswith(("db/", "tmp/"))

    def kills(self, call: Strike, faults: list[Fault]) -> list[Fault]:
        """Which of the kills at one of its calls differ."""
        return faults

    def excuse(self, struck: Strike, fault: Fault, errors: str) -> tuple[set[int], set[str]]:
        """Statuses and reasons that a struck call of it may lead to, beside those of its errno."""
        return set(), set()

    def commits(self, calls: list[Strike]) -> list[int]:
        """Of the calls of dlt-load, which make a commit durable: the spool must not follow before."""
        raise NotImplementedError


class InFile(Destination):
    """A database in one file, `db/out.<ending>`."""

    in_folder = True
    ending = ""

    def file(self, folder: Path) -> Path:
        return folder / "db" / f"out.{self.ending}"

    def execute(self, folder: Path, *statements: str) -> None:
        """Runs statements in one transaction, in the dataset; raises when one of them changes nothing."""
        raise NotImplementedError

    @contextlib.contextmanager
    def held(self, folder: Path) -> Iterator[None]:
        """While another program keeps dlt-load from writing."""
        raise NotImplementedError
        yield
