"""Kills of the programs of a pipe that begins with a real tap."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from folder import COUNT, Folder, people, psql, tool

# The bytes that a program has read when it is killed: more than it needs to start, fewer than the rows have.
READ = 100_000


def killed_programs_leave_each_row_once(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, 20 * COUNT)))
    config = folder.write("tap.json", {"path": path, "stream_name": "users", "primary_keys": ["id"]})
    words = ["singer", "--config", config, "--", tool("tap-jsonl", "tap-jsonl")]
    kills = 0
    for victim in ["tap-jsonl", "dlt-extract", "dlt-normalize", "dlt-load"]:
        script = (
            'dlt-extract "$@" | dlt-normalize | '
            f'dlt-load "$DLT_TEST_POSTGRESQL_TCP" --dataset {folder.ours}')
        pipe = subprocess.Popen(
            ["bash", "-c", script, "-", *words], cwd=folder.path, env=folder.environment, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, start_new_session=True)
        # A tap is at work when its rows arrive.
        reader = "dlt-extract" if victim == "tap-jsonl" else victim
        found = None
        while pipe.poll() is None:
            found = found or process_of(pipe.pid, reader)
            if found and is_at_work(found):
                os.kill(process_of(pipe.pid, victim), signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        pipe.wait()
    folder.load(*words)
    total, different = psql(f"SELECT count(*), count(DISTINCT id) FROM {folder.ours}.users").strip().split("|")
    assert total == different == str(20 * COUNT - 1), f"{total} rows, {different} different ones"
    assert kills == 4, f"{kills} kills"
    return f"{kills} kills, {total} rows"


def process_of(session: int, name: str) -> int | None:
    """A process of a session, by the name of its program."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(fields[3]) == session and any(Path(os.fsdecode(word)).name == name for word in words[:2]):
            return int(entry.name)
    return None


def is_at_work(process: int) -> bool:
    """Whether a program has begun with the rows: a kill before that shows nothing."""
    try:
        return int(Path(f"/proc/{process}/io").read_text().split("rchar: ")[1].split()[0]) > READ
    except OSError:
        return False
