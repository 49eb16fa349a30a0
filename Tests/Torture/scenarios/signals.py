"""Programs stopped for longer than any timeout, and programs asked to stop, at chosen calls.

Who is continued goes on as if nothing had been, or ends as its manual says; who is asked to stop ends by that signal (128+n) and
leaves everything so that running the pipe again finishes it.
"""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from faults import CHANGING, Fault
from programs import RunningPipe
from stages import expect, expect_untouched, load, stage
from stories import APPEND, DAYS, MERGE, REPLACE
from trial import Trial

STEP = 1
SIGNALS = {"TERM": signal.SIGTERM, "INT": signal.SIGINT, "HUP": signal.SIGHUP, "PIPE": signal.SIGPIPE}


def _start(trial: Trial, fault: Fault, *load_options: str) -> RunningPipe:
    """The step's pipe, in which one program stops itself at the call."""
    trial.prepare(STEP)
    plan = trial.story.steps[STEP]
    commands = trial.commands(plan)
    commands[-1] += load_options
    extra = {"LD_PRELOAD": str(trial.programs.shim), "TORTURE_ROOT": str(trial.folder), "TORTURE_STOP": "1", **fault.environment()}
    return trial.programs.start(commands, trial.folder, stdin=plan.stdin, extra=extra)


def _held(pipe: RunningPipe, program: str, seconds: float = 20):
    """The process of the program once it has stopped; nothing when it has ended without."""
    process = pipe.processes[pipe.names.index(program)]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return None
        if state == "T":
            return process
        if state == "Z":
            return None
        time.sleep(0.005)
    return None


def stopped_and_continued(fault: Fault, seconds: float, trial: Trial) -> None:
    """SIGSTOP, meanwhile another run of the same pipe that waits no longer than it was told, then SIGCONT."""
    trial.begin_after(STEP)
    pipe = _start(trial, fault, "--lock-timeout", "0.5")
    process = _held(pipe, fault.program)
    trial.outcome.missed = process is None
    trial.outcome.faults = int(process is not None)
    if process is not None:
        if fault.program == "dlt-load":
            started = time.monotonic()
            other = load(trial, "--lock-timeout", "0.5")
            # Whoever it waits for: the pipeline's lock, the database's, or for nothing.
            expect(trial, other, {0, 75})
            if time.monotonic() - started > 10:
                trial.problem("unusable", f"--lock-timeout 0.5 took {time.monotonic() - started:.1f} s: {other}")
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)
    result = pipe.wait(60)
    trial.check_statuses(result)
    trial.finish_and_compare(STEP, result)


def asked_to_stop(fault: Fault, name: str, trial: Trial) -> None:
    """The signal comes at the very call."""
    trial.begin_after(STEP)
    pipe = _start(trial, fault)
    process = _held(pipe, fault.program)
    trial.outcome.missed = process is None
    trial.outcome.faults = int(process is not None)
    if process is not None:
        process.send_signal(SIGNALS[name])
        process.send_signal(signal.SIGCONT)
    result = pipe.wait(60)
    mine = result.of(fault.program)
    by_signal = 128 + SIGNALS[name]
    # Who has done its work before it looks says so; a broken pipe is nothing to those who write none.
    allowed = {0, by_signal} if name != "PIPE" or fault.program == "dlt-extract" else {0}
    if process is not None and mine.status not in allowed:
        trial.problem("status", f"{fault.program} ended with {mine.status} instead of {sorted(allowed)}: {result}")
    if mine.status == by_signal and name != "PIPE" and f"stopped by SIG{name}" not in mine.errors:
        trial.problem("status", f"{fault.program} does not say that it was stopped: {result}")
    for ended in result.ended:
        # The status goes down the pipe, so that the last one tells it.
        if ended.program != fault.program and ended.status not in (0, 65, 66, 69, 74, 75, 141, by_signal):
            trial.problem("status", f"{ended.program} ended with {ended.status}: {result}")
        if "internal error" in ended.errors or "Fatal error" in ended.errors:
            trial.problem("status", f"{ended.program} has crashed: {result}")
    trial.outcome.messages.append(str(result))
    trial.finish_and_compare(STEP, result)


def by_time(name: str, trial: Trial) -> None:
    """To all programs of the pipe at once, as a terminal does it, at a random instant."""
    trial.begin_after(STEP)
    trial.prepare(STEP)
    pipe = trial.start(STEP)
    time.sleep(trial.random.random() * 0.08)
    for process in pipe.processes:
        if process.poll() is None:
            process.send_signal(SIGNALS[name])
            trial.outcome.faults = 1
    result = pipe.wait(60)
    trial.outcome.missed = not trial.outcome.faults
    for ended in result.ended:
        # Before a program has begun it has no message for it.
        if ended.status not in (0, 128 + SIGNALS[name], 65, 66, 74, 75, 141):
            trial.problem("status", f"{ended.program} ended with {ended.status}: {result}")
    trial.outcome.messages.append(str(result))
    trial.finish_and_compare(STEP, result)


def long_statement(name: str, trial: Trial) -> None:
    """A statement of the database that takes minutes ends within moments."""
    trial.begin_after(STEP)
    package = stage(trial, STEP)
    database = trial.destination.file(trial.folder)
    table = trial.story.pipeline
    with closing(sqlite3.connect(database)) as other:
        other.execute(
            f'CREATE TRIGGER slow BEFORE DELETE ON "{table}" BEGIN SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL '
            "SELECT i + 1 FROM n WHERE i < 3000000000) SELECT i FROM n); END")
        other.commit()
    before = trial.dump()
    pipe = trial.programs.start(
        [["dlt-load", *trial.destination.load_arguments(trial.folder), "--pending", "--pipeline", trial.story.pipeline]], trial.folder)
    time.sleep(1)
    if pipe.processes[0].poll() is not None:
        trial.outcome.missed = True
    trial.outcome.faults = 1
    asked = time.monotonic()
    pipe.processes[0].send_signal(SIGNALS[name])
    result = pipe.wait(30)
    expect(trial, result, {128 + SIGNALS[name]}, f"stopped by SIG{name}", "the package waits")
    if time.monotonic() - asked > 2:
        trial.problem("unusable", f"SIG{name} took {time.monotonic() - asked:.1f} s")
    expect_untouched(trial, before)
    if not package.is_dir():
        trial.problem("unusable", "the package does not wait")
    with closing(sqlite3.connect(database)) as other:
        other.execute("DROP TRIGGER slow")
        other.commit()
    trial.finish_and_compare(STEP)


def cases(bench):
    def case(name, story, run, *arguments, short=False):
        return bench.case(f"signals/{name}/{story.name}", "stopped or asked to stop", story, partial(run, *arguments), short=short)

    for story in (APPEND, MERGE, REPLACE, DAYS):
        strikes = [call for call in bench.trace(story, STEP) if call.call in CHANGING]
        chosen = bench.random(f"signals {story.name}")
        for number, call in enumerate(strikes):
            fault = Fault(call.program, (call.call,), call.number, "kill-before")
            place = f"{call.program}/{call.call}-{call.number}"
            name = chosen.choice(["TERM", "TERM", "INT", "HUP", "PIPE"])
            yield case(f"asked/{name}/{place}", story, asked_to_stop, fault, name, short=number % 17 == 3 and story in (APPEND, MERGE))
            if number % 3 == 0:
                yield case(f"stopped/{place}", story, stopped_and_continued, fault, 1.5, short=number % 24 == 0 and story is MERGE)
        for name in SIGNALS:
            for number in range(5):
                yield case(f"by-time/{name}/{number + 1}", story, by_time, name)
    yield case("long-statement/TERM", MERGE, long_statement, "TERM", short=True)
    yield case("long-statement/INT", MERGE, long_statement, "INT")
