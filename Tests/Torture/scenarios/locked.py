"""A database file that somebody else holds, or that is not what it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from destinations import InFile
from stages import expect, expect_untouched, load, stage
from stories import APPEND, HISTORY, MERGE, REPLACE
from trial import Trial

STEP = 1


def _database(trial: Trial) -> Path:
    return trial.destination.file(trial.folder)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)


def writer(begin: str, shorter: bool, trial: Trial) -> None:
    """A writer holds the lock for less, or for more, than --lock-timeout."""
    trial.begin_after(STEP)
    stage(trial, STEP)
    before = trial.dump()
    trial.outcome.faults = 1
    with closing(_connect(_database(trial))) as other:
        other.execute(begin)
        if shorter:
            timer = threading.Timer(0.7, lambda: other.execute("ROLLBACK"))
            timer.start()
            result = load(trial, "--lock-timeout", "20")
            timer.join()
            expect(trial, result, {0})
            if result.seconds < 0.5:
                trial.problem("unusable", "the lock was not in the way at all")
        else:
            started = time.monotonic()
            result = load(trial, "--lock-timeout", "0.5")
            expect(trial, result, {75}, "lock", "out.db", "--pending")
            if not 0.4 < time.monotonic() - started < 5:
                trial.problem("status", f"--lock-timeout 0.5 took {time.monotonic() - started:.1f} s")
            other.execute("ROLLBACK")
            expect_untouched(trial, before)
    trial.finish_and_compare(STEP, result if shorter else None)


def held(shorter: bool, trial: Trial) -> None:
    """Another program has the file for less, or for more, than --lock-timeout."""
    trial.begin_after(STEP)
    stage(trial, STEP)
    before = trial.dump()
    trial.outcome.faults = 1
    with ExitStack() as holder:
        holder.enter_context(trial.destination.held(trial.folder))
        if shorter:
            timer = threading.Timer(0.7, holder.close)
            timer.start()
        started = time.monotonic()
        result = load(trial, "--lock-timeout", "20" if shorter else "0.5")
        took = time.monotonic() - started
    if shorter:
        timer.join()
        expect(trial, result, {0})
        if took < 0.5:
            trial.problem("unusable", "the lock was not in the way at all")
    else:
        expect(trial, result, {75}, "lock", _database(trial).name, "--pending")
        if not 0.4 < took < 5:
            trial.problem("status", f"--lock-timeout 0.5 took {took:.1f} s")
        expect_untouched(trial, before)
    trial.finish_and_compare(STEP, result if shorter else None)


def reader(mode: str, trial: Trial) -> None:
    """A reader with a snapshot is in nobody's way in WAL mode; with a rollback journal the commit waits for it."""
    trial.begin_after(STEP)
    stage(trial, STEP)
    with closing(_connect(_database(trial))) as other:
        other.execute(f"PRAGMA journal_mode={mode}")
        table = f'"{trial.story.pipeline}"'
        other.execute("BEGIN")
        count = other.execute(f"SELECT count(*) FROM {table}").fetchone()
        trial.outcome.faults = 1
        if mode == "WAL":
            result = load(trial, "--lock-timeout", "2")
            expect(trial, result, {0})
            if other.execute(f"SELECT count(*) FROM {table}").fetchone() != count:
                trial.problem("wrong", "a reader's snapshot has changed under it")
            other.execute("ROLLBACK")
        else:
            before = [list(other.execute(f"SELECT * FROM {table}")), count]
            result = load(trial, "--lock-timeout", "0.5")
            expect(trial, result, {75}, "lock", "out.db", "--pending")
            if [list(other.execute(f"SELECT * FROM {table}")), count] != before:
                trial.problem("wrong", "a reader's rows have changed under it")
            other.execute("ROLLBACK")
    trial.finish_and_compare(STEP, result if mode == "WAL" else None)
    if mode == "WAL":
        with closing(_connect(_database(trial))) as other:
            if other.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                trial.problem("wrong", "the journal mode has changed")


def read_only(what: str, trial: Trial) -> None:
    """A file, or a folder, that may not be written to."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    if os.geteuid() != 0:
        trial.outcome.skipped = "only root can run programs as somebody else"
        return
    database = _database(trial)
    for path in [trial.folder, *trial.folder.rglob("*")]:
        os.chown(path, 65534, 65534, follow_symlinks=False)
    closed = database if what == "file" else database.parent
    os.chown(closed, 0, 0)
    if what == "file":
        os.chmod(database, 0o644)
    above = {path: path.stat().st_mode & 0o7777 for path in trial.folder.parents if path != Path("/")}
    modes = {closed: closed.stat().st_mode & 0o7777, **above}
    for path, mode in above.items():
        path.chmod(mode | 0o055)
    closed.chmod(0o755 if closed.is_dir() else 0o644)
    trial.outcome.faults = 1
    command = [str(trial.programs.folder / "dlt-load"), *trial.destination.load_arguments(trial.folder), "--pending",
               "--pipeline", trial.story.pipeline]
    result = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command], cwd=trial.folder, capture_output=True,
        text=True, timeout=60,
        env=trial.programs.environment(trial.folder))
    for path, mode in modes.items():
        path.chmod(mode)
    for path in trial.folder.rglob("*"):
        os.chown(path, 0, 0, follow_symlinks=False)
    trial.outcome.messages.append(f"{result.returncode}: {result.stderr}")
    if "setpriv" in result.stderr:
        trial.outcome.skipped = "the programs are where only their owner may run them"
    elif result.returncode != 77 or "permissions" not in result.stderr:
        trial.problem("status", f"dlt-load ended with {result.returncode} instead of 77: {result.stderr}")
    if not package.is_dir():
        trial.problem("unusable", "the package does not wait")
    expect_untouched(trial, before)
    trial.finish_and_compare(STEP)


def garbage(what: str, trial: Trial) -> None:
    """What is no database, or a damaged one, is not touched; put back, the load goes on."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    database = _database(trial)
    whole = database.read_bytes()
    damaged = {
        "text": b"this is not a database\n" * 500,
        "a broken header": bytes([whole[0] ^ 1]) + whole[1:],
        "zeros in the middle": whole[:200] + b"\0" * (len(whole) - 200),
        "half": whole[: len(whole) // 2],
    }[what]
    database.write_bytes(damaged)
    trial.outcome.faults = 1
    result = load(trial)
    expect(trial, result, {65}, database.name)
    if not package.is_dir():
        trial.problem("unusable", "the package does not wait")
    if database.read_bytes() != damaged:
        trial.problem("wrong", "what is no database was changed")
    for path in database.parent.iterdir():
        path.unlink()
    database.write_bytes(whole)
    trial.finish_and_compare(STEP)


def deleted(trial: Trial) -> None:
    """The database is gone: what the spool remembers is worth nothing, and all is loaded anew."""
    trial.begin_after(STEP)
    for path in _database(trial).parent.iterdir():
        path.unlink()
    trial.prepare(STEP)
    trial.outcome.faults = 1
    result = trial.run(STEP)
    trial.outcome.messages.append(str(result))
    if trial.story in (APPEND, MERGE):
        expect(trial, result, {75}, "run the whole pipe again")
        trial.finish(STEP)
    if trial.story is APPEND:
        trial.check_rows(STEP)
        shutil.rmtree(trial.spool / "failed")
    if trial.story is REPLACE:
        expect(trial, result, {0})
        trial.check_rows(STEP)


def foreign(trial: Trial) -> None:
    """Somebody else's table of the same name, which cannot take the rows: nothing of it changes."""
    trial.begin()
    trial.destination.execute(
        trial.folder, "CREATE TABLE events (id INTEGER PRIMARY KEY, owner TEXT NOT NULL)", "INSERT INTO events VALUES (1, 'somebody')")
    package = stage(trial, 0)
    before = trial.dump()
    trial.outcome.faults = 1
    result = load(trial)
    expect(trial, result, {65}, 'table "events"')
    expect_untouched(trial, before)
    if not any((trial.spool / place / package.name).is_dir() for place in ("packages", "failed")):
        trial.problem("unusable", "the package is gone")
    _database(trial).unlink()
    trial.finish(0)
    trial.check_rows(0)


def cases(bench):
    def case(name, run, *arguments, story=APPEND, short=False):
        return bench.case(f"locked/{name}", "locked or damaged SQLite", story, partial(run, *arguments), short=short)

    for begin in ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"):
        word = begin.split()[1].lower()
        yield case(f"{word}/shorter", writer, begin, True, short=word == "exclusive")
        yield case(f"{word}/longer", writer, begin, False, story=MERGE, short=word == "immediate")
    for mode in ("WAL", "DELETE", "TRUNCATE"):
        for story in (APPEND, REPLACE):
            yield case(f"reader/{mode.lower()}/{story.name}", reader, mode, story=story, short=story is REPLACE and mode != "TRUNCATE")
    for destination in (bench.default, *bench.others):
        if isinstance(destination, InFile) and not destination.obstacle():
            yield from cases_of_any_file(bench, destination)


def cases_of_any_file(bench, destination):
    end = "" if destination is bench.default else f"/{destination.name}"

    def case(name, run, *arguments, story=APPEND, short=False):
        return bench.case(
            f"locked/{name}{end}", f"locked or damaged {destination.title}", story, partial(run, *arguments), destination=destination,
            short=short)

    if destination is not bench.default:
        yield case("held/shorter", held, True, short=True)
        yield case("held/longer", held, False, story=MERGE, short=True)
    for what in ("file", "folder"):
        yield case(f"read-only/{what}", read_only, what, short=what == "file")
    for what in ("text", "a broken header", "zeros in the middle", "half"):
        yield case(f"garbage/{what}", garbage, what, short=what == "text")
    for story in (APPEND, MERGE, REPLACE, HISTORY):
        yield case(f"deleted/{story.name}", deleted, story=story, short=story is APPEND)
    yield case("foreign-table", foreign, short=True)
