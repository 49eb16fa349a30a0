"""Packages that wait together: kills and failing calls while they are loaded, several loads of one chain, one line to two loads of
different databases, two databases by one load, and a chain file that tells nothing or something old."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from functools import partial
from pathlib import Path

from faults import CHANGING, Fault, errors_at, kills_at
from scenarios.many import Crowd
from stages import load, stage
from stories import APPEND, DAYS, HISTORY, MERGE, REPLACE, STORIES
from trial import Trial

PIPELINES = (APPEND, MERGE, REPLACE, DAYS, HISTORY)
# Steps whose packages wait together.
LAST = 1
BESIDE = "beside.db"


def _backlog(trial: Trial) -> list[Path]:
    """Nothing is loaded, and the packages of the first steps wait."""
    trial.begin()
    return [stage(trial, step) for step in range(LAST + 1)]


def _finish(trial: Trial, *arguments: str) -> None:
    """What waits is loaded by plain reruns of the load; then everything has to be as if one had been loaded after the other."""
    for _ in range(3):
        result = load(trial, *arguments)
        if result.done:
            break
        trial.outcome.messages.append(str(result))
    else:
        trial.problem("unusable", f"not loaded after three reruns: {result}")
    if arguments:
        _compare_beside(trial)
        for path in (trial.folder / "db").glob(f"{BESIDE}*"):
            path.unlink()
    trial.finish_and_compare(LAST)


def strike(fault: Fault, arguments: tuple[str, ...] = ()):
    def run(trial: Trial) -> None:
        _backlog(trial)
        result = load(trial, *arguments, fault=fault)
        trial.outcome.missed = not result.hits
        if fault.kills:
            trial.outcome.kills = len(result.hits[:1])
        else:
            trial.outcome.faults = len(result.hits[:1])
        trial.check_statuses(result, fault, (fault.program,) if fault.kills else ())
        trial.check_state()
        _finish(trial, *arguments)

    return run


def kill_after_kill(action: str, trial: Trial) -> None:
    """Each load gets one call further than the one before."""
    _backlog(trial)
    for nth in range(1, 400):
        fault = Fault("dlt-load", CHANGING, nth, action)
        result = load(trial, fault=fault)
        trial.check_statuses(result, fault, ("dlt-load",))
        trial.check_state()
        if not result.hits:
            break
        trial.outcome.kills += 1
    trial.outcome.missed = trial.outcome.kills == 0
    _finish(trial)


# --- two destinations -------------------------------------------------------------------------------------------------


def _tables(path: Path) -> Counter:
    """The rows of a database without dlt's tables and what dlt-load draws or dates."""
    found: Counter = Counter()
    if not path.exists():
        return found
    database = sqlite3.connect(path)
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_dlt%' ESCAPE '\\'").fetchall():
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")') if not row[1].startswith("_dlt")]
        names = ", ".join(f'"{name}"' for name in columns)
        for row in database.execute(f'SELECT {names} FROM "{table}"') if columns else ():
            found[(table, tuple(sorted((name, repr(value)) for name, value in zip(columns, row))))] += 1
    database.close()
    return found


def _file(trial: Trial) -> Path:
    """Of the main destination, which is SQLite's here."""
    return Path(trial.destination.load_arguments(trial.folder)[0].removeprefix("sqlite:///"))


def _compare_beside(trial: Trial) -> None:
    main, beside = _tables(_file(trial)), _tables(trial.folder / "db" / BESIDE)
    for category, difference in (("lost", main - beside), ("doubled", beside - main)):
        if difference:
            trial.problem(category, f"beside: {list(difference.items())[:3]}", sum(difference.values()))


# --- several loads ----------------------------------------------------------------------------------------------------


def loads_of_one_chain(killing: bool, trial: Trial) -> None:
    """Four loads of what waits, at once and time and again, some killed."""
    _backlog(trial)
    crowd = Crowd(trial)
    pipeline = trial.story.pipeline
    for _ in range(3):
        trial.outcome.faults += 1
        running = [crowd.shell(f"exec dlt-load $DB --pending --pipeline {pipeline} -q") for _ in range(4)]
        crowd.wait_for_all(running, 2 if killing else 0, 0.03)
        trial.check_state()
    crowd.clean()
    _finish(trial)


def one_line_to_two(killing: bool, trial: Trial) -> None:
    """Both read the same lines: whoever ends with 0 has the rows."""
    packages = _backlog(trial)
    crowd = Crowd(trial)
    lines = trial.folder / "tmp" / "lines"
    lines.write_text("".join(f"{path}\n" for path in packages))
    for turn in range(2):
        places = ["$DB", f"sqlite:///db/{BESIDE}"]
        trial.random.shuffle(places)
        running = {place: crowd.shell(f"exec dlt-load {place} -q < tmp/lines") for place in places}
        trial.outcome.faults += 1
        if killing and turn == 0:
            time.sleep(trial.random.random() * 0.03)
            crowd.kill(running[trial.random.choice(places)])
        for place, process in running.items():
            status = crowd.wait(process, (0, 65, 75, -9) if killing else (0, 65))
            if status == 0 and not _tables(_file(trial) if place == "$DB" else trial.folder / "db" / BESIDE):
                trial.problem("lost", "a load that ended with 0 has brought nothing")
    lines.unlink()
    crowd.clean()
    home = trial.spool / "pipeline.json"
    beside = home.exists() and BESIDE in home.read_text()
    if beside:
        # The other one was first, and is the home.
        if not _tables(trial.folder / "db" / BESIDE):
            trial.problem("lost", "the home has no rows")
        return
    for path in (trial.folder / "db").glob(f"{BESIDE}*"):
        path.unlink()
    _finish(trial)


# --- the chain file ---------------------------------------------------------------------------------------------------


def chain_file(damage: str, trial: Trial) -> None:
    """It is wrong in another way before each program, and nobody notices."""
    trial.begin()
    file = trial.spool / "chain.jsonl"
    older: list[bytes] = []

    def spoil() -> None:
        if not file.exists():
            return
        whole = file.read_bytes()
        older.append(whole)
        trial.outcome.faults += 1
        if damage == "missing":
            file.unlink()
        elif damage == "cut":
            file.write_bytes(whole[: trial.random.randrange(len(whole) + 1)])
        elif damage == "stale":
            file.write_bytes(trial.random.choice(older))
        elif damage == "flipped":
            place = trial.random.randrange(len(whole))
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << trial.random.randrange(8)]) + whole[place + 1 :])
        else:
            lines = whole.splitlines(keepends=True)
            trial.random.shuffle(lines)
            file.write_bytes(b"".join(lines))

    for step in range(LAST + 1):
        stage(trial, step)
        spoil()
        if trial.random.random() < 0.5:
            result = load(trial)
            if not result.done:
                trial.problem("unusable", f"not loaded: {result}")
            spoil()
    _finish(trial)


# --- all --------------------------------------------------------------------------------------------------------------


def _trace(bench, story, destination, arguments: tuple[str, ...] = ()):
    destination = destination or bench.default
    folder = bench.folder / f"trace-groups-{story.name}-{destination.name}"
    trial = Trial(bench.programs, story, destination, folder, bench.reference(story, destination))
    _backlog(trial)
    result = load(trial, *arguments, trace=True)
    if not result.done or not result.calls:
        raise SystemExit(f"torture: the shim saw no calls of a load of what waits: {result}")
    return [call for call in result.calls if call.program == "dlt-load"]


def _cases_of_calls(bench, story, destination=None):
    end = f"/{destination.name}" if destination else ""
    told: set = set()
    for call in _trace(bench, story, destination):
        faults = kills_at(call) if call.call in CHANGING else []
        if destination is None and call.call in CHANGING:
            faults = faults + errors_at(call)
        for fault in faults:
            if fault.action.startswith("killall"):
                continue
            what = (fault.calls, fault.action)
            yield bench.case(
                f"groups/{story.name}{end}/{fault.name}", "kill in a group" if fault.kills else "call that fails in a group", story,
                strike(fault), destination=destination,
                short=story is APPEND and not end and what not in told and not told.add(what))


def cases(bench):
    for story in PIPELINES:
        yield from _cases_of_calls(bench, story)
        for action in ("kill-before", "kill-after"):
            yield bench.case(f"groups/{story.name}/again/{action}", "kill after kill in a group", story, partial(kill_after_kill, action),
                             short=story is MERGE and action == "kill-after")
        for killing in (False, True):
            word = "killed" if killing else "whole"
            yield bench.case(f"groups/{story.name}/one-chain/{word}", "several loads of one chain", story,
                             partial(loads_of_one_chain, killing), short=story in (APPEND, MERGE))
            for number in range(3):
                yield bench.case(f"groups/{story.name}/one-line/{word}-{number}", "one line to two loads", story,
                                 partial(one_line_to_two, killing), short=story is APPEND and number == 0)
        for damage in ("missing", "cut", "stale", "flipped", "shuffled"):
            for number in range(4):
                yield bench.case(f"groups/{story.name}/chain-file/{damage}-{number}", "chain file that is wrong", story,
                                 partial(chain_file, damage), short=story in (APPEND, DAYS) and number == 0)
    arguments = (f"--also=sqlite:///db/{BESIDE}",)
    for story in (APPEND, MERGE):
        for call in _trace(bench, story, None, arguments):
            for fault in kills_at(call):
                if not fault.action.startswith("killall"):
                    yield bench.case(f"groups/{story.name}/also/{fault.name}", "kill between two destinations", story,
                                     strike(fault, arguments), short=story is MERGE and fault.nth % 20 == 3 and fault.action == "kill-after")
    for destination in bench.others:
        if not destination.obstacle():
            for name in destination.stories:
                yield from _cases_of_calls(bench, STORIES[name], destination)
