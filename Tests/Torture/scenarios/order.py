"""A kill leaves what the kernel has; a power cut only what was synchronized. Whether a power cut is harmless is read off the
order of the calls: nothing gets its name before its contents are on the disk, and the spool follows the database."""

from __future__ import annotations

import os

from destinations import InFile
from faults import Strike
from stories import STORIES
from trial import Trial


# What tells of packages in its own words is found out anew where it is lost; nobody waits for the disk.
_CACHES = ("chain.jsonl", "run_keys")


def broken_promises(calls: list[Strike]) -> list[str]:
    """What stands in the wrong order in the calls of one run."""
    broken = []
    # Files with contents, and folders with names, that are not on the disk yet.
    dirty: dict[str, set[str]] = {}

    def of(call: Strike) -> set[str]:
        return dirty.setdefault(call.program, set())

    for index, call in enumerate(calls):
        if call.result < 0 or not call.object.startswith("data/") or any(name in call.object for name in _CACHES):
            continue
        folder = os.path.dirname(call.object)
        if call.call in ("write", "ftruncate"):
            of(call).add(call.object)
        elif call.call in ("create", "mkdir"):
            of(call).add(folder)
        elif call.call == "fsync":
            of(call).discard(call.object)
        elif call.call == "rename":
            inside = [name for name in of(call) if name == call.object or name.startswith(call.object + "/")]
            if inside:
                broken.append(f"{call.program} renames {call.object} before {sorted(inside)[:3]} is on the disk")
            # The new name is in a folder that has to be synchronized, too: here or, for a move, elsewhere.
            later = [other.object for other in calls[index:] if other.program == call.program and other.call == "fsync"]
            if folder not in later:
                broken.append(f"{call.program} does not synchronize {folder} after renaming {call.object}")
    return broken


def commit_before_spool(calls: list[Strike], destination: InFile) -> list[str]:
    """The spool says that something is loaded only when the database has it on the disk."""
    loads = [call for call in calls if call.program == "dlt-load" and call.result >= 0]
    ends = destination.commits(loads)
    told = [n for n, call in enumerate(loads) if call.call == "rename" and call.object.startswith("data/")]
    if not ends or not told:
        return ["dlt-load has committed nothing, or told nobody"]
    return [] if min(told) > max(ends) else ["dlt-load changes the spool before the database has committed durably"]


def check(step: int):
    def run(trial: Trial) -> None:
        trial.begin_after(step)
        trial.prepare(step)
        result = trial.run(step, trace=True)
        for text in broken_promises(result.calls) + commit_before_spool(result.calls, trial.destination):
            trial.problem("unusable", text)

    return run


def proves(trial: Trial) -> None:
    """The check can fail: without its calls of fsync the same run is refused."""
    trial.begin()
    trial.prepare(0)
    calls = trial.run(0, trace=True).calls
    if not broken_promises([call for call in calls if call.call != "fsync"]):
        trial.problem("unusable", "a run without fsync is not seen")
    if not commit_before_spool([*reversed(calls)], trial.destination):
        trial.problem("unusable", "a spool that is ahead of the database is not seen")
    if not commit_before_spool([call for call in calls if (call.call, call.object) != ("fsync", "db")], trial.destination):
        trial.problem("unusable", "a database whose folder is not synchronized is not seen")


def cases(bench):
    for story in STORIES.values():
        for step in (0, 1):
            yield bench.case(f"order/{story.name}.{step + 1}", "order of the calls", story, check(step), short=True)
    for destination in bench.others:
        for story in STORIES.values() if isinstance(destination, InFile) and not destination.obstacle() else ():
            for step in (0, 1):
                yield bench.case(
                    f"order/{story.name}.{step + 1}/{destination.name}", "order of the calls", story, check(step), destination=destination,
                    short=step == 1)
    yield bench.case("selftest/order", "the bench itself", STORIES["append"], proves, short=True)
