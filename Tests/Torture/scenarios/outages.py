"""PostgreSQL and the way to it failing while dlt-load talks to it.

The connection breaks at chosen bytes of the conversation, in either direction, so that every phase is met: connecting, reading
what is there, COPY, merge, the COMMIT on its way, its answer on the way back. The server is stopped, killed or loses the session
while the conversation is held there. An answer that was lost is no rows lost, and none twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from destinations import PostgreSQL
from proxy import Break, Proxy
from stages import expect, expect_untouched, load, stage
from stories import APPEND, MERGE, REPLACE
from trial import Trial

STEP = 1
ROOT = Path(__file__).parents[3]
# What a load that cannot reach or keep its server ends with.
OUT = {69, 75}


class Proxied(PostgreSQL):
    """The server, by a proxy for the programs under test."""

    def __init__(self, direct: str, tcp: str):
        super().__init__(direct)
        self.parts = urlsplit(tcp)
        self.proxy = Proxy(self.parts.hostname, self.parts.port)

    def load_arguments(self, folder: Path) -> list[str]:
        parts = self.parts
        return [f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{self.proxy.port}{parts.path}", "--dataset",
                self.dataset(folder)]


_measured: dict[tuple[str, str], tuple[int, int]] = {}


def _begin(trial: Trial, destination: Proxied | None = None) -> tuple[Proxied, tuple[int, int]]:
    """A package that waits, and how long the undisturbed conversation about it is, each way."""
    destination = destination or Proxied(os.environ["DLT_TEST_POSTGRESQL"], os.environ["DLT_TEST_POSTGRESQL_TCP"])
    trial.destination = destination
    key = (trial.story.name, destination.url)
    if key not in _measured:
        trial.begin_after(STEP)
        stage(trial, STEP)
        destination.proxy.arm(None)
        result = load(trial)
        if not result.done:
            trial.problem("unusable", f"the load fails without any fault: {result}")
        _measured[key] = destination.proxy.sent, destination.proxy.received
    trial.begin_after(STEP)
    stage(trial, STEP)
    return destination, _measured[key]


def _place(lengths: tuple[int, int], direction: str, where: float | int) -> int:
    """A byte of the conversation: a part of it, or counted from its end when negative."""
    length = lengths[0 if direction == "sent" else 1]
    return max(1, length + where if where < 0 else int(length * where))


# The conversation ends with COMMIT (13 bytes as a query), its answer (CommandComplete and ReadyForQuery, 18 bytes), and the
# goodbye (5 bytes).
PLACES = {
    "sent": {"start": 0.0, "early": 0.1, "third": 0.33, "half": 0.5, "late": 0.8, "records": 0.95, "before-commit": -18,
             "in-commit": -11, "after-commit": -5},
    "received": {"start": 0.0, "early": 0.1, "half": 0.5, "late": 0.9, "before-answer": -18, "in-answer": -9, "after-answer": -1},
}


def broken(direction: str, place: str, how: str, trial: Trial) -> None:
    destination, lengths = _begin(trial)
    before = trial.dump()
    destination.proxy.arm(Break(direction, _place(lengths, direction, PLACES[direction][place]), how))
    result = load(trial)
    trial.outcome.faults = int(destination.proxy.hit.is_set())
    trial.outcome.missed = not trial.outcome.faults
    trial.outcome.messages.append(f"{lengths}: {result}")
    is_late = place in ("after-commit", "after-answer", "in-answer")
    expect(trial, result, OUT | ({0} if is_late else set()))
    if result.of("dlt-load").status in OUT and "hint:" not in result.of("dlt-load").errors:
        trial.problem("status", f"no hint: {result}")
    _settled(trial, destination)
    if place not in ("before-commit", "in-commit", "after-commit", "before-answer", "in-answer", "after-answer"):
        expect_untouched(trial, before)
    trial.finish_and_compare(STEP, result if result.done else None)
    destination.proxy.close()


def _settled(trial: Trial, destination: Proxied) -> None:
    """A session whose client is gone ends, but not at once; looking before would see what it is about to do."""
    sessions = f"SELECT count(*) FROM pg_stat_activity WHERE client_port = {destination.proxy.client_port}"
    for _ in range(100):
        if destination.query(sessions) == ["0"]:
            return
        time.sleep(0.05)


def stalled(direction: str, place: str, trial: Trial) -> None:
    """The network is silent, and somebody loses patience: SIGTERM ends dlt-load within seconds all the same."""
    destination, lengths = _begin(trial)
    before = trial.dump()
    destination.proxy.arm(Break(direction, _place(lengths, direction, PLACES[direction][place]), "stall"))
    pipe = trial.programs.start(
        [["dlt-load", *destination.load_arguments(trial.folder), "--pending", "--pipeline", trial.story.pipeline]], trial.folder)
    hit = destination.proxy.hit.wait(10)
    trial.outcome.faults, trial.outcome.missed = int(hit), not hit
    time.sleep(0.3)
    asked = time.monotonic()
    pipe.processes[0].send_signal(signal.SIGTERM)
    result = pipe.wait(40)
    seconds = time.monotonic() - asked
    expect(trial, result, {143}, "stopped by SIGTERM")
    if seconds > 8:
        trial.problem("unusable", f"SIGTERM took {seconds:.1f} s")
    _settled(trial, destination)
    trial.finish_and_compare(STEP)
    destination.proxy.close()


def terminated(place: str, trial: Trial) -> None:
    """pg_terminate_backend while the conversation is held at a place."""
    destination, lengths = _begin(trial)
    before = trial.dump()

    def terminate() -> None:
        # Others load at the same time.
        ended = destination.query(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = {destination.proxy.client_port}")
        trial.outcome.faults = len(ended)

    destination.proxy.arm(Break("sent", _place(lengths, "sent", PLACES["sent"][place]), "pause", terminate))
    result = load(trial)
    trial.outcome.missed = not trial.outcome.faults
    expect(trial, result, OUT | ({0} if trial.outcome.missed or place == "after-commit" else set()))
    if place not in ("in-commit", "after-commit"):
        expect_untouched(trial, before)
    trial.finish_and_compare(STEP, result if result.done else None)
    destination.proxy.close()


def locked(trial: Trial) -> None:
    """Another session has a table that gets new columns for longer than --lock-timeout."""
    destination, _ = _begin(trial)
    before = trial.dump()
    name = destination.dataset(trial.folder)
    holder = subprocess.Popen(
        [destination.psql, destination.url, "-X", "-q", "-c", f'BEGIN; LOCK TABLE "{name}".{trial.story.pipeline}; SELECT pg_sleep(3)'],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not destination.query(f"SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = "
                                f"c.relnamespace WHERE n.nspname = '{name}' AND l.mode = 'AccessExclusiveLock'"):
        time.sleep(0.02)
    trial.outcome.faults = 1
    expect(trial, load(trial, "--lock-timeout", "0.5"), {75}, "lock", "--pending")
    holder.kill()
    holder.wait()
    destination.query(f"SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n "
                      f"ON n.oid = c.relnamespace WHERE n.nspname = '{name}' AND l.mode = 'AccessExclusiveLock'")
    expect_untouched(trial, before)
    trial.finish_and_compare(STEP)
    destination.proxy.close()


# --- a server of its own ----------------------------------------------------------------------------------------------


class Server:
    """A cluster that nobody else uses, so that it can be stopped and killed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.variables = dict(
            line.split("=", 1) for line in self._script("start").stdout.splitlines() if line.startswith("DLT_TEST_"))

    def _script(self, command: str, check: bool = True):
        result = subprocess.run(
            [str(ROOT / "scripts/postgresql"), command, str(self.folder)], capture_output=True, text=True, timeout=120)
        if check and result.returncode != 0:
            raise RuntimeError(f"scripts/postgresql {command}: {result.stderr}")
        return result

    def destination(self) -> Proxied:
        return Proxied(self.variables["DLT_TEST_POSTGRESQL"], self.variables["DLT_TEST_POSTGRESQL_TCP"])

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def _control(self, *arguments: str) -> None:
        # The server's own program, as the owner of the cluster.
        binaries = Path(os.environ.get("PGBIN") or sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1])
        owner = (self.folder / "data").stat()
        prefix = ["setpriv", "--reuid", str(owner.st_uid), "--regid", str(owner.st_gid), "--clear-groups"] if os.geteuid() == 0 else []
        subprocess.run(
            [*prefix, str(binaries / "pg_ctl"), "--pgdata", str(self.folder / "data"), "--log", str(self.folder / "log"), *arguments],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)

    def fail(self, how: str) -> None:
        if how == "kill":
            # The first of them before it can see the others die, and start them anew.
            first = self.pid
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
            for pid in (first, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        elif how == "restart":
            self._control("restart", "--mode", "fast", "--wait")
        else:
            self._control("stop", "--mode", how, "--wait")

    def start(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self._control("start", "--wait", "--timeout", "20")
            ready = subprocess.run(
                [PostgreSQL(self.variables["DLT_TEST_POSTGRESQL"]).psql, self.variables["DLT_TEST_POSTGRESQL"], "-Xqc", "SELECT 1"], capture_output=True)
            if ready.returncode == 0:
                return
            time.sleep(0.3)
        raise RuntimeError("the server does not start again")

    def stop(self) -> None:
        self._script("stop", check=False)


def server_falls(how: str, places: tuple[str, ...], trial: Trial) -> None:
    """The server is stopped, restarted or killed in the middle; before it is there again, a rerun says so."""
    server = Server(Path(f"/tmp/dlt-torture-pg.{os.getpid()}"))
    try:
        destination = server.destination()
        trial.destination = destination
        for place in places:
            _, lengths = _begin(trial, destination)
            before = trial.dump()
            destination.proxy.arm(
                Break("sent", _place(lengths, "sent", PLACES["sent"][place]), "pause", lambda: server.fail(how)))
            result = load(trial)
            hit = destination.proxy.hit.is_set()
            trial.outcome.faults += hit
            trial.outcome.missed = trial.outcome.missed or not hit
            expect(trial, result, OUT | ({0} if place == "after-commit" else set()))
            if how != "restart":
                if not result.done:
                    expect(trial, load(trial), OUT, "hint:")
                server.start()
            else:
                server.start()
            if place not in ("in-commit", "after-commit"):
                expect_untouched(trial, before)
            trial.finish_and_compare(STEP)
            if trial.outcome.problems:
                trial.problem("unusable", f"at {place}")
                trial.outcome.messages += (server.folder / "log").read_text().splitlines()[-30:]
                break
        destination.proxy.close()
    finally:
        server.stop()


def disk_full(trial: Trial) -> None:
    """The server's disk is full: status 74, and once there is room the same command goes on."""
    if os.geteuid() != 0:
        trial.outcome.skipped = "only root can mount"
        return
    volume = Path(f"/tmp/dlt-torture-volume.{os.getpid()}")
    volume.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(volume)], capture_output=True)
    if mounted.returncode != 0:
        volume.rmdir()
        trial.outcome.skipped = "no tmpfs can be mounted here"
        return
    server = None
    try:
        server = Server(Path(f"/tmp/dlt-torture-pg.{os.getpid()}"))
        destination = server.destination()
        trial.destination = destination
        owner = (server.folder / "data").stat()
        (volume / "t").mkdir()
        os.chown(volume / "t", owner.st_uid, owner.st_gid)
        destination.query(f"CREATE TABLESPACE small LOCATION '{volume}/t'")
        destination.query("ALTER ROLE loader SET default_tablespace = 'small'")
        trial.begin_after(STEP)
        stage(trial, STEP)
        before = trial.dump()
        with open(volume / "filler", "wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"\0" * 4096)
        trial.outcome.faults = 1
        result = load(trial)
        expect(trial, result, {74}, "No space left", "free some space")
        (volume / "filler").unlink()
        expect_untouched(trial, before)
        trial.finish_and_compare(STEP)
    finally:
        if server:
            server.stop()
        subprocess.run(["umount", str(volume)], check=False)
        volume.rmdir()


def cases(bench):
    server = next(other for other in bench.others if isinstance(other, PostgreSQL))
    if server.obstacle():
        return

    def case(name, run, *arguments, story=APPEND, short=False):
        return bench.case(
            f"outages/{name}", "PostgreSQL outage", story, partial(run, *arguments), destination=server, short=short)

    shown = (("sent", "half", "reset", MERGE), ("received", "before-answer", "cut", APPEND), ("sent", "after-commit", "reset", MERGE))
    for story in (APPEND, MERGE, REPLACE):
        for direction, places in PLACES.items():
            for place in places:
                for how in ("cut", "reset"):
                    yield case(f"{how}/{direction}-{place}/{story.name}", broken, direction, place, how, story=story,
                               short=(direction, place, how, story) in shown)
    for place in ("start", "early", "half", "before-commit", "after-commit"):
        yield case(f"stall/sent-{place}", stalled, "sent", place, short=place == "half")
    for place in ("early", "half", "before-answer"):
        yield case(f"stall/received-{place}", stalled, "received", place, story=MERGE)
    for story in (APPEND, MERGE):
        for place in ("early", "third", "half", "late", "records", "before-commit", "in-commit", "after-commit"):
            yield case(f"terminated/{place}/{story.name}", terminated, place, story=story, short=(place, story) == ("late", MERGE))
    yield case("locked", locked)
    for how in ("fast", "immediate", "kill", "restart"):
        yield case(f"server-{how}/append", server_falls, how, ("early", "half", "before-commit", "after-commit"))
        yield case(f"server-{how}/merge", server_falls, how, ("third", "late", "records", "in-commit"), story=MERGE)
    yield case("disk-full", disk_full)
