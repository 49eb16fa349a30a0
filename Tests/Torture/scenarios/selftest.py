"""The bench can fail: datasets, spools and endings that are wrong on purpose are seen to be wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from destinations import InFile
from faults import Fault, Strike, parse_log
from programs import Ended, PipeResult
from stories import APPEND, MERGE, Story
from trial import Trial


def _sql(*statements: str) -> Callable[[Trial], None]:
    return lambda trial: trial.destination.execute(trial.folder, *statements)


def _leave(path: str) -> Callable[[Trial], None]:
    def damage(trial: Trial) -> None:
        place = trial.spool / path
        place.mkdir(parents=True)
        (place / "manifest.json").write_text("{}")

    return damage


def _status(program: str, status: int, errors: str, fault: Fault | None = None) -> Callable[[Trial], None]:
    def damage(trial: Trial) -> None:
        result = PipeResult([Ended(program, status, errors)], b"", 0)
        result.hits = [Strike(program, 1, "write", "db/out.db", 0)]
        trial.check_statuses(result, fault)

    return damage


_enospc = Fault("dlt-load", ("write",), 1, "ENOSPC")
# What is done to the result of an undisturbed run, and what has to be seen: category and whether it must be the only one.
DAMAGES: list[tuple[str, Story, Callable[[Trial], None], str]] = [
    ("a lost row", APPEND, _sql("DELETE FROM events WHERE id = 7"), "lost"),
    ("a lost child row", APPEND, _sql("DELETE FROM events__parts__tags WHERE rowid = 3"), "lost"),
    ("a doubled row", APPEND, _sql("INSERT INTO events SELECT * FROM events WHERE id = 7"), "doubled"),
    (
        "a doubled row of another load and id", APPEND,
        _sql(
            "CREATE TEMP TABLE copy AS SELECT * FROM events WHERE id = 9", "UPDATE copy SET _dlt_id = 'another'",
            "INSERT INTO events SELECT * FROM copy"), "doubled"),
    (
        "a load that is there twice", APPEND, _sql("INSERT INTO _dlt_loads SELECT * FROM _dlt_loads LIMIT 1"), "doubled"),
    ("a changed value", APPEND, _sql("UPDATE events SET name = 'x' WHERE id = 7"), "wrong"),
    (
        "a child of another parent", APPEND,
        _sql(
            "UPDATE events__parts SET _dlt_parent_id = (SELECT _dlt_id FROM events WHERE id = 3) "
            "WHERE _dlt_parent_id = (SELECT _dlt_id FROM events WHERE id = 2)"), "wrong"),
    ("an old version of a record", MERGE, _sql("UPDATE items SET updated = 1 WHERE id = 7"), "wrong"),
    ("a missing column", APPEND, _sql("ALTER TABLE events DROP COLUMN place__x"), "wrong"),
    ("a state ahead of its rows", APPEND, _sql("DELETE FROM events WHERE id = 120"), "ahead"),
    ("a cursor ahead of its rows", MERGE, _sql("UPDATE items SET updated = 2 WHERE id = 20"), "ahead"),
    ("a package that waits", APPEND, _leave("packages/1795373211.422769346608959829471568"), "unusable"),
    ("a package that failed", APPEND, _leave("failed/1795373211.422769346608959829471568"), "unusable"),
    ("a partial package left behind", APPEND, _leave("packages/.1795373211.422769346608959829471568.partial"), "unusable"),
    ("a status that is not documented", APPEND, _status("dlt-load", 1, "dlt-load: unable to x y: z\n"), "status"),
    ("a crash", APPEND, _status("dlt-load", 132, "Fatal error: unexpectedly found nil\n"), "status"),
    ("a failure without a word", APPEND, _status("dlt-load", 74, ""), "status"),
    (
        "another status than that of the fault", APPEND,
        _status("dlt-load", 65, "dlt-load: unable to write x: No space left on device\n", _enospc), "status"),
    (
        "another reason than that of the fault", APPEND,
        _status("dlt-load", 74, "dlt-load: unable to write x: Permission denied\n", _enospc), "status"),
]


def expect(damage: Callable[[Trial], None], category: str):
    def run(trial: Trial) -> None:
        last = 1
        trial.begin()
        for step in range(last + 1):
            trial.run_undisturbed(step)
        trial.check_rows(last)
        trial.check_spool()
        if trial.outcome.problems:
            return
        damage(trial)
        trial.check_rows(last)
        trial.check_spool()
        files = trial.reference.files
        trial.reference = replace(trial.reference, files=[*files[:-1], files[last]])
        trial.check_leftovers()
        seen = {problem.category for problem in trial.outcome.problems}
        trial.outcome.problems.clear()
        if category not in seen:
            trial.problem("unusable", f"the bench does not see it; it sees {sorted(seen)}")

    return run


# --- the shim sees what the kernel sees -------------------------------------------------------------------------------

# How strace calls what the shim counts.
TRACED = {
    "fsync": "fsync", "fdatasync": "fsync", "rename": "rename", "renameat2": "rename", "unlink": "unlink", "unlinkat": "unlink",
    "mkdir": "mkdir", "mkdirat": "mkdir", "write": "write", "pwrite64": "write", "writev": "write", "ftruncate": "ftruncate",
    "flock": "lock",
}


def shim_sees_all(trial: Trial) -> None:
    """Counts the calls of one dlt-load by the shim and, below it, by strace."""
    strace = shutil.which("strace")
    if strace is None:
        trial.outcome.skipped = "strace is not installed"
        return
    trial.begin_after(1)
    trial.prepare(1)
    step = trial.story.steps[1]
    commands = trial.commands(step)
    made = trial.programs.run(commands[:2], trial.folder, stdin=step.stdin)
    (trial.folder / "made").write_bytes(made.stdout)
    log = trial.folder.parent / "strace"
    # The bench runs programs by their names in a folder; strace is given the whole path of the program.
    program = str(trial.programs.folder / "dlt-load")
    wrapper = [strace, "-f", "-y", "-qq", "-e", "signal=none", "-o", str(log), "-e", "trace=" + ",".join(TRACED), program]
    shim_log = trial.folder.parent / "shim.calls"
    shim_log.unlink(missing_ok=True)
    extra = {
        "LD_PRELOAD": str(trial.programs.shim), "TORTURE_ROOT": str(trial.folder), "TORTURE_LOG": str(shim_log), "TORTURE_TRACE": "1"}
    with open(trial.folder / "made", "rb") as stdin:
        done = subprocess.run(
            [*wrapper, *commands[2][1:]], stdin=stdin, capture_output=True, text=True, cwd=trial.folder,
            env=trial.programs.environment(trial.folder, extra), timeout=120)
    if done.returncode != 0:
        if "ptrace" in done.stderr.lower() or "not permitted" in done.stderr.lower():
            trial.outcome.skipped = "strace may not trace here"
            return
        trial.problem("unusable", f"dlt-load under strace: {done.stderr[:500]}")
        return
    by_shim = Counter(
        call.call for call in parse_log(shim_log, trial.folder)[1] if call.program == "dlt-load" and "pipe:" not in call.object)
    by_kernel: Counter = Counter()
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"\d+ +(\w+)\((.*)", line)
        if match and match[1] in TRACED and (str(trial.folder) in match[2].split(", ")[0] + match[2].split(", ")[-1] or (
                match[1] in ("unlinkat", "mkdirat") and str(trial.folder) in match[2])):
            by_kernel[TRACED[match[1]]] += 1
    for call in set(TRACED.values()):
        # Locks by fcntl are not in the trace.
        if call != "lock" and by_shim[call] != by_kernel[call]:
            trial.problem("unusable", f"of {by_kernel[call]} calls of {call} the shim has seen {by_shim[call]}")
    if not by_shim["fsync"] or not by_shim["write"]:
        trial.problem("unusable", f"the shim has seen next to nothing: {by_shim}")


def cases(bench):
    for name, story, damage, category in DAMAGES:
        yield bench.case(f"selftest/{name}", "the bench itself", story, expect(damage, category), short=True)
    for destination in bench.others:
        # How it is read is the destination's own, and so whether damage is seen.
        for name, story, damage, category in DAMAGES if isinstance(destination, InFile) and not destination.obstacle() else ():
            if category in ("lost", "doubled", "wrong", "ahead"):
                yield bench.case(
                    f"selftest/{name}/{destination.name}", "the bench itself", story, expect(damage, category), destination=destination,
                    short=category == "lost")
    yield bench.case("selftest/the shim sees what strace sees", "the bench itself", MERGE, shim_sees_all, short=True)
