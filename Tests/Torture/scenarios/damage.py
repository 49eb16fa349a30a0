"""Packages and committed files that were damaged, mixed up or only half copied.

Whatever was changed, dlt-load ends with 65 and names the file, the destination stays as it is, and nothing of the package goes
away. Who follows the hint (drop the package, pull the state) and runs the pipe again has every row once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

from seal import manifest, write_manifest, xxh64
from stages import drop, expect, expect_untouched, load, pull, stage
from stories import APPEND, MERGE, REPLACE
from trial import Trial

STEP = 1
KINDS = ("manifest.json", "schema.json", "state.json", "job")
REGIONS = 8


def _file(package: Path, kind: str, random=None) -> Path:
    if kind != "job":
        return package / kind
    jobs = sorted((package / "jobs").iterdir())
    return random.choice(jobs) if random else jobs[0]


def _refused(trial: Trial, package: Path, before, *words: str, way: str = "pending") -> None:
    """dlt-load does not load it, keeps it with the reason where nobody waits for it, and loses nothing of it."""
    result = load(trial) if way == "pending" else load(trial, str(package))
    expect(trial, result, {65}, *words)
    expect_untouched(trial, before)
    failed = trial.spool / "failed" / package.name
    if package.is_dir() or not failed.is_dir():
        return trial.problem("unusable", f"the package is not in failed: {result}")
    reason = json.loads((failed / "reason.json").read_text())
    if reason["status"] != 65 or not all(word in reason["message"] for word in words):
        trial.problem("status", f"reason.json tells {reason}")
    # Back, for what is tried next.
    (failed / "reason.json").unlink()
    failed.rename(package)
    if not os.listdir(failed.parent):
        failed.parent.rmdir()


def _recover(trial: Trial, package: Path) -> None:
    drop(trial, package)
    trial.finish_and_compare(STEP)


# --- flipped bits, cut-off files --------------------------------------------------------------------------------------


def flips(kind: str, region: int, trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    file = _file(package, kind, trial.random)
    whole = file.read_bytes()
    size = len(whole)
    for number in range(4):
        place = trial.random.randrange(size * region // REGIONS, max(size * (region + 1) // REGIONS, size * region // REGIONS + 1))
        damaged = bytearray(whole)
        damaged[place] ^= 1 << trial.random.randrange(8)
        file.write_bytes(bytes(damaged))
        trial.outcome.faults += 1
        _refused(trial, package, before, file.name, way=("pending", "path")[number % 2])
        if trial.outcome.problems:
            trial.problem("status", f"bit of byte {place} of {file.name}, of {size}")
            break
    _recover(trial, package)


def cut_off(kind: str, trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    file = _file(package, kind, trial.random)
    whole = file.read_bytes()
    for length in (0, 1, len(whole) // 2, len(whole) - 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        trial.outcome.faults += 1
        _refused(trial, package, before, file.name)
    file.write_bytes(whole + whole[-1:])
    trial.outcome.faults += 1
    _refused(trial, package, before, file.name)
    _recover(trial, package)


def missing(kind: str, trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    trial.outcome.faults = 1
    if kind == "jobs":
        shutil.rmtree(package / "jobs")
        _refused(trial, package, before, "jobs")
    else:
        file = _file(package, kind, trial.random)
        file.unlink()
        _refused(trial, package, before, file.name)
    _recover(trial, package)


def told_by_all(trial: Trial) -> None:
    """Every program that has to open a damaged package says so, and the listing goes on."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    # What it tells of the package need not be read there.
    (trial.spool / "chain.jsonl").unlink()
    for name in ("manifest.json", "schema.json", "state.json"):
        file = package / name
        whole = file.read_bytes()
        file.write_bytes(whole.replace(b":", b";", 1))
        trial.outcome.faults += 1
        result = trial.run(STEP)
        expect(trial, result, {65}, name, "hint:", program="dlt-extract")
        expect(trial, result, {65}, program="dlt-normalize")
        expect(trial, trial.tool("dlt-state", "packages"), {0}, program="dlt-state")
        expect(trial, trial.tool("dlt-state", "packages", "show", package.name), {65}, program="dlt-state")
        file.write_bytes(whole)
    trial.finish_and_compare(STEP)


def damaged_foundation(trial: Trial) -> None:
    """What builds on a damaged package is not loaded without it."""
    trial.begin_after(0)
    first, second = stage(trial, 0), stage(trial, 1)
    before = trial.dump()
    (first / "schema.json").write_bytes(b"{}\n")
    trial.outcome.faults = 1
    _refused(trial, first, before, "schema.json")
    _refused(trial, second, before, first.name, way="path")
    drop(trial, second)
    drop(trial, first)
    trial.finish(1)
    trial.check_rows(1)
    trial.check_spool()


# --- what does not belong there ---------------------------------------------------------------------------------------


def foreign_files(trial: Trial) -> None:
    """What the manifest does not name is nobody's business, and goes with the package."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    for name in (".nfs0001", "notes.txt", "jobs/events.7.jsonl.zst", "jobs/.events.0.jsonl.zst.swp"):
        (package / name).write_bytes(b'{"id":1}\n')
        trial.outcome.faults += 1
    trial.finish_and_compare(STEP, load(trial))


def another_pipeline(way: str, trial: Trial) -> None:
    trial.begin_after(STEP)
    (trial.folder / "other.jsonl").write_text('{"id":1,"x":2}\n')
    made = trial.tool("dlt-normalize", "--table", "events", "--pipeline", "other", stdin="other.jsonl")
    other = next((trial.folder / "data/spool/other/packages").glob("[0-9]*"))
    if not made.done:
        trial.problem("unusable", f"{made}")
    place = trial.spool / "packages" / other.name
    shutil.copytree(other, place)
    before = trial.dump()
    trial.outcome.faults = 1
    _refused(trial, place, before, "pipeline other", way=way)
    trial.prepare(STEP)
    expect(trial, trial.run(STEP), {65}, "pipeline other", program="dlt-extract")
    shutil.rmtree(place)
    shutil.rmtree(trial.folder / "data/spool/other")
    (trial.folder / "other.jsonl").unlink()
    trial.finish_and_compare(STEP)


def another_name(trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    place = package.with_name(package.name[:-1] + str((int(package.name[-1]) + 1) % 10))
    package.rename(place)
    trial.outcome.faults = 1
    _refused(trial, place, before, package.name, place.name)
    _recover(trial, place)


def half_copied(trial: Trial) -> None:
    """A folder without manifest, as a copy under way leaves it."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    (package / "manifest.json").unlink()
    shutil.rmtree(package / "jobs")
    trial.outcome.faults = 1
    _refused(trial, package, before, "manifest.json")
    _refused(trial, package, before, "manifest.json", way="path")
    _recover(trial, package)


def loaded_twice(trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    aside = trial.folder / "tmp" / package.name
    shutil.copytree(package, aside)
    expect(trial, load(trial), {0})
    before = trial.dump()
    trial.outcome.faults = 2
    expect(trial, load(trial, str(aside)), {0})
    expect_untouched(trial, before)
    # And back where it waited, as a restored backup has it.
    shutil.copytree(aside, package)
    shutil.rmtree(aside)
    expect(trial, load(trial), {0})
    expect_untouched(trial, before)
    trial.finish_and_compare(STEP)


def wrong_order(trial: Trial) -> None:
    """The later package by its path: what it builds on is loaded before it."""
    trial.begin_after(0)
    stage(trial, 0)
    second = stage(trial, 1)
    trial.outcome.faults = 1
    expect(trial, load(trial, str(second)), {0})
    trial.check_rows(1)
    trial.finish_and_compare(1)


def wrong_order_elsewhere(trial: Trial) -> None:
    """The later package alone, from a folder that is no spool: its rows continue a state that is not there."""
    trial.begin_after(0)
    first, second = stage(trial, 0), stage(trial, 1)
    aside = trial.folder / "tmp" / second.name
    shutil.copytree(second, aside)
    before = trial.dump()
    trial.outcome.faults = 1
    expect(trial, load(trial, str(aside)), {75}, "state")
    expect_untouched(trial, before)
    shutil.rmtree(aside)
    expect(trial, load(trial), {0})
    trial.finish_and_compare(1)


# --- versions of the format -------------------------------------------------------------------------------------------


def newer_format(trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    document = manifest(package)
    write_manifest(package, {**document, "format": 3})
    trial.outcome.faults = 1
    expect(trial, load(trial), {65}, "format version 3", "another version of these programs")
    expect_untouched(trial, before)
    if not package.is_dir():
        trial.problem("unusable", "a package that another version can load does not wait for it")
    write_manifest(package, document)
    expect(trial, load(trial), {0})
    trial.finish_and_compare(STEP)


def older_format(trial: Trial) -> None:
    """Format 1 had neither checksums of the documents nor one of the manifest; such packages are loaded."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    document = {key: value for key, value in manifest(package).items() if key != "files"}
    write_manifest(package, {**document, "format": 1}, sealed=False)
    trial.outcome.faults = 1
    trial.finish_and_compare(STEP, load(trial))


def seal_removed(trial: Trial) -> None:
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    write_manifest(package, manifest(package), sealed=False)
    trial.outcome.faults = 1
    _refused(trial, package, before, "manifest.json")
    _recover(trial, package)


# --- jobs with other contents, rightly sealed -------------------------------------------------------------------------


def other_rows(what: str, trial: Trial) -> None:
    """Somebody has written the checksums anew: what the rows themselves show is still found."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    document = manifest(package)
    job = next(job for job in document["jobs"] if job["table"] == trial.story.pipeline or job["table"] in ("events", "items"))
    file = package / "jobs" / job["file"]
    rows = subprocess.run(["zstd", "-dcq", str(file)], capture_output=True, check=True).stdout.splitlines(keepends=True)
    text = {
        "no rows": b"", "fewer rows": b"".join(rows[:-1]), "more rows": b"".join(rows + rows[:1]), "no JSON": b"garbage\n" * len(rows),
        "cut in a row": b"".join(rows)[:-10], "no objects": b"[1]\n" * len(rows), "other types": b'{"id":"text"}\n' * len(rows),
        "zero bytes": b"\0" * 4096,
    }.get(what)
    if what == "no zstd":
        packed = b"this is not compressed\n"
    else:
        packed = subprocess.run(["zstd", "-cq"], input=text, capture_output=True, check=True).stdout
        if what == "cut-off frame":
            packed = subprocess.run(["zstd", "-cq"], input=b"".join(rows), capture_output=True, check=True).stdout[:-5]
    file.write_bytes(packed)
    job.update(bytes=len(packed), checksum=xxh64(packed))
    write_manifest(package, document)
    trial.outcome.faults = 1
    expect(trial, load(trial), {65}, file.name)
    expect_untouched(trial, before)
    kept = [trial.spool / place / package.name for place in ("packages", "failed")]
    if not any(path.is_dir() for path in kept):
        trial.problem("unusable", "the package is gone")
    drop(trial, package)
    if (trial.spool / "failed").is_dir():
        (trial.spool / "failed").rmdir()
    trial.finish_and_compare(STEP)


OTHER_ROWS = (
    "no rows", "fewer rows", "more rows", "no JSON", "cut in a row", "no objects", "other types", "zero bytes", "no zstd",
    "cut-off frame")


# --- permissions ------------------------------------------------------------------------------------------------------


def unreadable(kind: str, trial: Trial) -> None:
    """For somebody else than the owner: status 77, and nothing changes."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    before = trial.dump()
    if os.geteuid() != 0:
        trial.outcome.skipped = "only root can run programs as somebody else"
        return
    file = package if kind == "folder" else _file(package, kind)
    command = [str(trial.programs.folder / "dlt-load"), *trial.destination.load_arguments(trial.folder), str(package)]
    as_other = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    paths = [trial.folder, *trial.folder.rglob("*")]
    for path in paths:
        os.chown(path, 65534, 65534, follow_symlinks=False)
    os.chown(file, 0, 0)
    above = [path for path in trial.folder.parents if path.stat().st_mode & 0o055 != 0o055 and path != Path("/")]
    modes = {path: path.stat().st_mode & 0o7777 for path in above}
    for path in above:
        path.chmod(modes[path] | 0o055)
    mode = file.stat().st_mode & 0o7777
    file.chmod(0o700 if file.is_dir() else 0o600)
    trial.outcome.faults = 1
    result = subprocess.run(
        [*as_other, *command], cwd=trial.folder, capture_output=True, text=True, timeout=60,
        env=trial.programs.environment(trial.folder))
    for path in above:
        path.chmod(modes[path])
    file.chmod(mode)
    for path in trial.folder.rglob("*"):
        os.chown(path, 0, 0, follow_symlinks=False)
    trial.outcome.messages.append(f"{result.returncode}: {result.stderr}")
    if result.returncode == 126 or "Permission denied" in result.stderr and "setpriv" in result.stderr:
        trial.outcome.skipped = "the programs are where only their owner may run them"
    elif result.returncode != 77 or file.name not in result.stderr:
        trial.problem("status", f"dlt-load ended with {result.returncode} instead of 77: {result.stderr}")
    expect_untouched(trial, before)
    trial.finish_and_compare(STEP)


# --- what was committed -----------------------------------------------------------------------------------------------


def committed(name: str, what: str, trial: Trial) -> None:
    """A damaged file of the spool is told with what restores it, and that restores it."""
    trial.begin_after(STEP)
    file = trial.spool / name.replace("NAME", trial.story.pipeline)
    whole = file.read_bytes()
    place = trial.random.randrange(len(whole))
    damaged = {
        "garbage": b"\0garbage", "empty": b"", "cut off": whole[: len(whole) // 2], "no object": b"[]\n",
        "a flipped bit": whole[:place] + bytes([whole[place] ^ 1 << trial.random.randrange(8)]) + whole[place + 1:],
    }[what]
    file.write_bytes(damaged)
    trial.outcome.faults = 1
    before = trial.dump()
    trial.prepare(STEP)
    result = trial.run(STEP)
    told = result.first_failed
    expect(trial, result, {65}, file.name, "dlt-state pull", program=told.program if told else "dlt-extract")
    expect(trial, result, {65}, program="dlt-normalize")
    expect(trial, result, {65}, program="dlt-load")
    expect_untouched(trial, before)
    pull(trial)
    trial.finish_and_compare(STEP)


def edited(trial: Trial) -> None:
    """Who changes a file of the spool on purpose takes its checksum out."""
    trial.begin_after(STEP)
    file = trial.spool / "state.json"
    lines = file.read_text().splitlines()
    lines = [line for line in lines if not line.startswith('  "checksum"')]
    lines[-2] = lines[-2].removesuffix(",")
    file.write_text("\n".join(lines) + "\n")
    trial.outcome.faults = 1
    trial.prepare(STEP)
    trial.finish_and_compare(STEP)


def cases(bench):
    def case(name, run, *arguments, story=APPEND, short=False):
        return bench.case(f"damage/{name}", "damaged package", story, partial(run, *arguments), short=short)

    for kind in KINDS:
        word = kind.removesuffix(".json")
        for region in range(REGIONS):
            yield case(f"{word}/flips-{region + 1}", flips, kind, region, short=region == (3 if word == "job" else 6))
        yield case(f"{word}/cut-off", cut_off, kind, story=MERGE)
        yield case(f"{word}/missing", missing, kind, story=REPLACE if kind != "state.json" else APPEND, short=word in ("state", "job"))
        yield case(f"{word}/unreadable", unreadable, kind, short=word == "schema")
    yield case("jobs/missing", missing, "jobs")
    yield case("folder/unreadable", unreadable, "folder")
    yield case("told-by-all", told_by_all, short=True)
    yield case("damaged-foundation", damaged_foundation, short=True)
    yield case("foreign-files", foreign_files, short=True)
    yield case("another-pipeline/pending", another_pipeline, "pending", short=True)
    yield case("another-pipeline/path", another_pipeline, "path")
    yield case("another-name", another_name)
    yield case("half-copied", half_copied, short=True)
    for story in (APPEND, MERGE, REPLACE):
        yield case(f"loaded-twice/{story.name}", loaded_twice, story=story, short=story is MERGE)
        yield case(f"wrong-order/{story.name}", wrong_order, story=story, short=story is APPEND)
    yield case("wrong-order/elsewhere", wrong_order_elsewhere)
    yield case("newer-format", newer_format, short=True)
    yield case("older-format", older_format, short=True)
    yield case("seal-removed", seal_removed)
    for what in OTHER_ROWS:
        yield case(f"other-rows/{what}", other_rows, what, short=what in ("fewer rows", "no JSON"))
    for name in ("state.json", "schemas/NAME.json", "pipeline.json"):
        for what in ("garbage", "empty", "cut off", "no object", "a flipped bit"):
            yield case(f"committed/{Path(name).parent.name or Path(name).stem}/{what}", committed, name, what, short=what == "a flipped bit")
    yield case("committed/edited", edited)
