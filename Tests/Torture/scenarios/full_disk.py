"""A file system that is full: a small tmpfs as the spool's place and as the database's, with less and less room.

Then room is made, and the same command has to go on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from destinations import InFile
from stories import APPEND, BULK, MERGE
from trial import Trial

PAGE = os.sysconf("SC_PAGE_SIZE")


def mount(folder: Path, size: int, *more: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join([*more, f"size={size}"]), "dlt-torture", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


def can_mount(folder: Path) -> bool:
    # Only where the bench has mounts of its own, so that nothing is left when it is ended.
    if os.geteuid() != 0 or not os.environ.get("TORTURE_MOUNTS"):
        return False
    place = folder / "mount"
    place.mkdir(exist_ok=True)
    if not mount(place, 1 << 16):
        return False
    subprocess.run(["umount", str(place)], check=True)
    return True


def fill(step: int, what: str, room: int):
    def run(trial: Trial) -> None:
        if not can_mount(trial.folder.parent):
            trial.outcome.skipped = "mounting a tmpfs needs root and unshare(1)"
            return
        trial.begin_after(step)
        trial.prepare(step)
        place = trial.folder / what
        place.mkdir(exist_ok=True)
        kept = trial.folder.parent / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(place, kept, symlinks=True)
        if not mount(place, 64 << 20, "mode=700"):
            raise OSError(f"cannot mount on {place}")
        try:
            shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
            filled = os.statvfs(place)
            used = (filled.f_blocks - filled.f_bfree) * filled.f_frsize
            mount(place, used + room * PAGE, "remount")
            result = trial.run(step)
            failed = [ended for ended in result.ended if ended.status == 74]
            trial.outcome.faults = len(failed[:1])
            trial.outcome.missed = not failed
            trial.check_statuses(result)
            for ended in result.ended:
                if ended.status not in (0, 74, 75, 141):
                    trial.problem("status", f"a full disk ends {ended.program} with {ended.status}: {result}")
            words = ("No space left on device", "database or disk is full")
            if failed and not any(word in ended.errors for ended in failed for word in words):
                trial.problem("status", f"nobody says that the disk is full: {result}")
            # Again, as a timer would, while it is still full: nothing gets worse.
            trial.run(step)
            mount(place, 64 << 20, "remount")
            trial.finish_and_compare(step, result)
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=False)

    return run


def cases(bench):
    for story, rooms in ((APPEND, range(0, 24)), (MERGE, range(0, 24)), (BULK, range(0, 96, 4))):
        for step in (0, 1):
            for what in ("data", "db", "tmp"):
                for room in rooms if what != "tmp" else (0,):
                    yield bench.case(
                        f"full/{story.name}.{step + 1}/{what}/{room}", f"full file system ({what})", story,
                        fill(step, what, room), short=story is APPEND and step == 1 and room in (0, 5))
    for destination in bench.others:
        for story in (APPEND, MERGE, BULK) if isinstance(destination, InFile) and not destination.obstacle() else ():
            for step in (0, 1):
                for room in destination.rooms:
                    yield bench.case(
                        f"full/{story.name}.{step + 1}/db/{room}/{destination.name}", "full file system (db)", story,
                        fill(step, "db", room), destination=destination, short=story is APPEND and step == 1 and room == 0)
