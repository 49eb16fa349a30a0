"""What runs tell of themselves is lost alone: their journals have no room or may not be written, and nobody else notices.

That they can be read after any kill is checked after every disturbed run, in all scenarios (`Trial.check_runs`).
"""

from __future__ import annotations

import subprocess

from scenarios.full_disk import PAGE, can_mount, mount
from stories import APPEND, MERGE
from trial import Trial

NOTE = "this run keeps no journal any more"


def without_room(step: int, room: int, read_only: bool = False):
    def run(trial: Trial) -> None:
        if not can_mount(trial.folder.parent):
            trial.outcome.skipped = "mounting a tmpfs needs root and unshare(1)"
            return
        trial.begin_after(step)
        trial.prepare(step)
        place = trial.spool / "runs"
        place.mkdir(parents=True, exist_ok=True)
        if not mount(place, max(room, 1) * PAGE, "ro" if read_only else "mode=700"):
            raise OSError(f"cannot mount on {place}")
        try:
            if room == 0 and not read_only:
                (place / "fill").write_bytes(b"x" * PAGE)
            result = trial.run(step)
            if not result.done:
                trial.problem("status", f"a run has failed for want of a journal: {result}")
            for ended in result.ended:
                notes = ended.errors.count(NOTE)
                if notes > 1:
                    trial.problem("status", f"{ended.program} complains {notes} times: {result}")
            trial.outcome.faults = sum(NOTE in ended.errors for ended in result.ended)
            trial.outcome.missed = trial.outcome.faults == 0
            trial.check_runs()
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=False)
        trial.finish_and_compare(step, result)

    return run


def cases(bench):
    for story in (APPEND, MERGE):
        for step in (0, 1):
            name = f"journal/{story.name}.{step + 1}"
            short = story is APPEND and step == 1
            yield bench.case(f"{name}/read-only", "journal cannot be written", story, without_room(step, 1, True), short=short)
            for room in (0, 1, 2, 3, 5):
                yield bench.case(
                    f"{name}/{room}", "journal cannot be written", story, without_room(step, room), short=short and room in (0, 2))
