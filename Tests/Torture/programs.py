"""Runs pipes of the built programs in a folder, with or without a fault."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from faults import Fault, Strike, parse_log


@dataclass
class Ended:
    """How one program of a pipe ended."""

    program: str
    # As a shell tells it: 128 and the signal when one ended it.
    status: int
    errors: str


@dataclass
class PipeResult:
    ended: list[Ended]
    stdout: bytes
    seconds: float
    # The calls that the fault has struck.
    hits: list[Strike] = field(default_factory=list)
    calls: list[Strike] = field(default_factory=list)
    hung: bool = False

    @property
    def done(self) -> bool:
        return not self.hung and all(ended.status == 0 for ended in self.ended)

    @property
    def first_failed(self) -> Ended | None:
        """The one that says why; those behind it in the pipe may keep quiet."""
        return next((ended for ended in self.ended if ended.status not in (0, 3, 10, 141)), None)

    def of(self, program: str) -> Ended:
        return next(ended for ended in self.ended if ended.program == program)

    def __str__(self) -> str:
        told = "\n".join(f"    {line}" for ended in self.ended for line in ended.errors.splitlines()[:12])
        return " ".join(f"{ended.program}={ended.status}" for ended in self.ended) + (
            " (hung)" if self.hung else "") + ("\n" + told if told else "")


def environment(folder: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
    """All that a program under test sees: nothing of the person who runs the bench."""
    return {
        "PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder / "tmp"), "DLT_DATA_DIR": str(folder / "data"),
        "LC_ALL": "C.UTF-8", "TZ": "UTC", **(extra or {}),
    }


class RunningPipe:
    """A pipe under way, so that it can be killed or stopped by time."""

    def __init__(self, programs: Path, commands: list[list[str]], folder: Path, stdin: str | None, extra: dict[str, str]):
        self.started = time.monotonic()
        self.names = [command[0] for command in commands]
        self.processes: list[subprocess.Popen] = []
        # Beside the folder, where no fault strikes: what the programs say has to be heard.
        self._errors = [folder.parent / f"{folder.name}.err.{number}" for number in range(len(commands))]
        self._stdout = folder / "out"
        previous = open(folder / stdin, "rb") if stdin else open(os.devnull, "rb")
        for number, command in enumerate(commands):
            last = number == len(commands) - 1
            with open(self._errors[number], "wb") as errors:
                process = subprocess.Popen(
                    [str(programs / command[0]), *command[1:]], stdin=previous,
                    stdout=open(self._stdout, "wb") if last else subprocess.PIPE, stderr=errors, cwd=folder,
                    env=environment(folder, extra),
                    # One group for all, so that all can be killed at the same instant, and nobody else.
                    process_group=0 if number == 0 else self.processes[0].pid,
                )
            previous.close()
            previous = process.stdout
            self.processes.append(process)

    def kill(self, *names: str) -> None:
        """kill -9 of the programs so named, or of all at one instant."""
        if not names:
            try:
                os.killpg(self.processes[0].pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for name, process in zip(self.names, self.processes):
            if name in names and process.poll() is None:
                process.kill()

    def wait(self, timeout: float) -> PipeResult:
        hung = False
        for process in self.processes:
            try:
                process.wait(max(0.1, timeout - (time.monotonic() - self.started)))
            except subprocess.TimeoutExpired:
                hung = True
                self.kill()
                process.wait()
        # What the programs have started themselves, such as a command of exec, goes with them.
        self.kill()
        ended = []
        for name, process, path in zip(self.names, self.processes, self._errors):
            status = process.returncode
            ended.append(Ended(name, 128 - status if status < 0 else status, path.read_text(errors="replace")))
        return PipeResult(ended, self._stdout.read_bytes(), time.monotonic() - self.started, hung=hung)


class Programs:
    def __init__(self, folder: Path, shim: Path, timeout: float, variables: dict[str, str] | None = None):
        self.folder = folder
        self.shim = shim
        self.timeout = timeout
        # Beside those that all programs get.
        self.variables = variables or {}

    def with_variables(self, variables: dict[str, str]) -> Programs:
        return Programs(self.folder, self.shim, self.timeout, variables)

    def environment(self, folder: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
        return environment(folder, {**self.variables, **(extra or {})})

    def start(
        self, commands: list[list[str]], folder: Path, *, stdin: str | None = None, extra: dict[str, str] | None = None
    ) -> RunningPipe:
        return RunningPipe(self.folder, commands, folder, stdin, {**self.variables, **(extra or {})})

    def run(
        self, commands: list[list[str]], folder: Path, *, stdin: str | None = None, fault: Fault | None = None,
        trace: bool = False, timeout: float | None = None, extra: dict[str, str] | None = None,
    ) -> PipeResult:
        extra = dict(extra or {})
        log = folder.parent / f"{folder.name}.calls"
        if fault or trace:
            log.unlink(missing_ok=True)
            extra |= {"LD_PRELOAD": str(self.shim), "TORTURE_ROOT": str(folder), "TORTURE_LOG": str(log)}
            extra |= {"TORTURE_TRACE": "1"} if trace else {}
            extra |= fault.environment() if fault else {}
        result = self.start(commands, folder, stdin=stdin, extra=extra).wait(timeout or self.timeout)
        if fault or trace:
            result.hits, result.calls = parse_log(log, folder)
        return result

    def start_later(self, seconds: float, action) -> threading.Timer:
        timer = threading.Timer(seconds, action)
        timer.start()
        return timer
