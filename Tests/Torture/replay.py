"""What a disk may hold after a power cut: some of what programs have changed, done again in a folder.

A shim that was told TORTURE_DATA notes every change with its contents. Until a file is synchronized, any part of what was written
to it may be missing; until a folder is, any of its new, removed or moved names. A file's own synchronization says nothing of its
name. A move is there or not, from both folders at once, as file systems with a journal have it.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Of the folder of a trial, what is on the disk that fails; the input and temporary files are not.
TOPS = ("data", "db")


@dataclass
class Folder:
    names: dict[str, object] = field(default_factory=dict)


@dataclass
class File:
    number: int


@dataclass(frozen=True)
class Change:
    """One change; it lasts when one of its owners is synchronized: a file, or folders."""

    event: int
    what: str
    owners: tuple[int, ...]
    details: tuple


class Recording:
    """The changes that one run has made, and what was there before."""

    def __init__(self, folder: Path):
        self.folder = folder
        # Contents of files, by number, and names of folders, by id, before the run.
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, object]] = {}
        self._live = Folder({top: self._read(folder / top) for top in TOPS if (folder / top).is_dir()})
        self._names[id(self._live)] = dict(self._live.names)
        self.changes: list[Change] = []
        # The event at which a change was synchronized; None when it never was.
        self.lasting: list[int | None] = []
        self.events = 0

    def _read(self, path: Path) -> Folder:
        found = Folder()
        for name in sorted(os.listdir(path)):
            below = path / name
            found.names[name] = self._read(below) if below.is_dir() and not below.is_symlink() else self._file(below.read_bytes())
        self._names[id(found)] = dict(found.names)
        return found

    def _file(self, content: bytes = b"") -> File:
        number = len(self._contents)
        self._contents[number] = content
        return File(number)

    # MARK: what happened

    def take(self, log: Path, unsynchronized: tuple[str, ...] = ()) -> None:
        """Reads what the shim has noted; the synchronization of some files or folders can be passed over, as if it were missing."""
        for line in log.read_text().splitlines():
            what, path, *rest = line.split("\t")
            where = self._where(path)
            if where is None or where[-1].endswith(" (deleted)"):
                continue
            self.events += 1
            if what == "fsync":
                if "/".join(where) not in unsynchronized:
                    self._synchronize(where)
            elif what in ("rename", "link"):
                to = self._where(rest[0])
                if to is not None:
                    self._name(what, where, to)
            else:
                self._change(what, where, rest)

    def _where(self, path: str) -> tuple[str, ...] | None:
        if not path.startswith(f"{self.folder}/"):
            return None
        parts = Path(os.path.normpath(path)).relative_to(self.folder).parts
        return parts if parts and parts[0] in TOPS else None

    def _find(self, parts: tuple[str, ...]):
        found = self._live
        for part in parts:
            found = found.names.get(part) if isinstance(found, Folder) else None
        return found

    def _note(self, what: str, owners: tuple[int, ...], *details) -> None:
        self.changes.append(Change(self.events, what, owners, details))
        self.lasting.append(None)

    def _synchronize(self, where: tuple[str, ...]) -> None:
        owner = _owner(self._find(where))
        for index, change in enumerate(self.changes):
            if self.lasting[index] is None and owner in change.owners:
                self.lasting[index] = self.events

    def _change(self, what: str, where: tuple[str, ...], rest: list[str]) -> None:
        above, name, found = self._find(where[:-1]), where[-1], self._find(where)
        if what in ("write", "truncate"):
            if isinstance(found, File):
                details = (int(rest[0]), bytes.fromhex(rest[1])) if what == "write" else (int(rest[0]),)
                self._note(what, (_owner(found),), found, *details)
        elif isinstance(above, Folder):
            if what in ("create", "mkdir"):
                above.names[name] = self._file() if what == "create" else Folder()
                self._note("add", (_owner(above),), above, name, above.names[name])
            else:
                above.names.pop(name, None)
                self._note("remove", (_owner(above),), above, name)

    def _name(self, what: str, where: tuple[str, ...], to: tuple[str, ...]) -> None:
        old, new, found = self._find(where[:-1]), self._find(to[:-1]), self._find(where)
        if not isinstance(old, Folder) or not isinstance(new, Folder) or found is None:
            return
        if what == "rename":
            old.names.pop(where[-1], None)
            self._note("move", (_owner(old), _owner(new)), old, where[-1], new, to[-1], found)
        else:
            self._note("add", (_owner(new),), new, to[-1], found)
        new.names[to[-1]] = found

    # MARK: what may be left

    def pending(self, cut: int) -> list[int]:
        """Changes made up to this event that were not synchronized by then."""
        return [
            index for index, change in enumerate(self.changes)
            if change.event <= cut and (self.lasting[index] is None or self.lasting[index] > cut)
        ]

    def states(self) -> Iterator[tuple[int, frozenset[int]]]:
        """Every prefix, with all that was pending in it, with nothing of it, and with each single change left out."""
        for cut in range(self.events + 1):
            pending = self.pending(cut)
            yield cut, frozenset()
            if pending:
                yield cut, frozenset(pending)
            if len(pending) > 1:
                for index in pending:
                    yield cut, frozenset({index})

    def subset(self, chosen: random.Random) -> tuple[int, frozenset[int]]:
        """A prefix by chance, without what chance has chosen of what was pending in it."""
        cut, share = chosen.randrange(self.events + 1), chosen.random()
        return cut, frozenset(index for index in self.pending(cut) if chosen.random() < share)

    def restore(self, cut: int, missing: frozenset[int]) -> None:
        """Puts what is left in the place of what there is."""
        contents = {number: bytearray(content) for number, content in self._contents.items()}
        names = {number: dict(found) for number, found in self._names.items()}
        stale: set[int] = set()
        for index, change in enumerate(self.changes):
            if change.event > cut:
                break
            if index not in missing:
                _apply(change, contents, names)
            elif change.what in ("write", "truncate"):
                stale.add(change.details[0].number)
        for top in TOPS:
            shutil.rmtree(self.folder / top, ignore_errors=True)
            found = names[id(self._live)].get(top)
            if isinstance(found, Folder):
                _write(found, self.folder / top, contents, names, stale)


def _owner(found: object) -> int:
    # Files by number, which are small, folders by id.
    return found.number if isinstance(found, File) else id(found)


def _apply(change: Change, contents: dict[int, bytearray], names: dict[int, dict[str, object]]) -> None:
    if change.what == "write":
        file, place, written = change.details
        content = contents[file.number]
        content.extend(b"\0" * (place - len(content)))
        content[place:place + len(written)] = written
    elif change.what == "truncate":
        file, length = change.details
        content = contents[file.number]
        content.extend(b"\0" * (length - len(content)))
        del content[length:]
    elif change.what == "add":
        folder, name, found = change.details
        names.setdefault(id(folder), {})[name] = found
    elif change.what == "remove":
        folder, name = change.details
        names.setdefault(id(folder), {}).pop(name, None)
    else:
        old, old_name, new, new_name, found = change.details
        names.setdefault(id(old), {}).pop(old_name, None)
        names.setdefault(id(new), {})[new_name] = found


def _write(folder: Folder, path: Path, contents, names, stale: set[int]) -> None:
    path.mkdir(mode=0o700)
    for name, found in names.get(id(folder), {}).items():
        if isinstance(found, Folder):
            _write(found, path / name, contents, names, stale)
            continue
        (path / name).write_bytes(contents[found.number])
        os.chmod(path / name, 0o600)
        if found.number in stale:
            # A new time of change has the contents with it.
            os.utime(path / name, (1_000_000_000, 1_000_000_000))
    for name in ("chain.jsonl",):
        if (path / name).exists() and os.stat(path / name).st_mtime > 1_000_000_001:
            os.utime(path / name)
