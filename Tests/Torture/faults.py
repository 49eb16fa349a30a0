"""What can go wrong at one system call, as the shim is told it; and which faults fit which call."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    program: str
    # Names of calls, as the shim knows them; counted together.
    calls: tuple[str, ...]
    nth: int
    # kill-before, kill-half, kill-after, the same with killall-, short, or the name of an errno.
    action: str
    # Strike at every later one, too.
    on: bool = False
    # Only calls on objects with this in their path.
    path: str = ""

    @property
    def kills(self) -> bool:
        return self.action.startswith("kill")

    @property
    def name(self) -> str:
        calls = "+".join(self.calls) if len(self.calls) < 4 else "storage"
        return f"{self.program}/{calls}-{self.nth}{'-on' if self.on else ''}/{self.action}"

    def environment(self) -> dict[str, str]:
        action = self.action
        if hasattr(errno, action):
            action = str(getattr(errno, action))
        return {
            "TORTURE_PROGRAM": self.program, "TORTURE_CALLS": ",".join(self.calls), "TORTURE_NTH": str(self.nth),
            "TORTURE_ACTION": action, "TORTURE_ON": "1" if self.on else "", "TORTURE_PATH": self.path,
        }


@dataclass(frozen=True)
class Strike:
    """A call that the shim has seen."""

    program: str
    number: int
    call: str
    # Path below the trial's folder with what is random in it replaced; or `pipe:1`, `socket:`.
    object: str
    result: int


_random = ((re.compile(r"\d{10,}\.\d{24}"), "LOAD"), (re.compile(r"\.[0-9a-z]+\.tmp$"), ".RANDOM.tmp"))


def parse_log(path: Path, folder: Path) -> tuple[list[Strike], list[Strike]]:
    """The calls that were struck, and all that were traced."""
    hits: list[Strike] = []
    calls: list[Strike] = []
    if not path.exists():
        return hits, calls
    for line in path.read_text(errors="replace").splitlines():
        fields = line.split("\t")
        if len(fields) != 6:
            continue
        what, program, number, call, name, result = fields
        name = name.removeprefix(str(folder) + "/")
        for pattern, word in _random:
            name = pattern.sub(word, name)
        (hits if what == "hit" else calls).append(Strike(program, int(number), call, name, int(result)))
    return hits, calls


# --- which faults fit -------------------------------------------------------------------------------------------------

# Calls that change a file or talk to a database: before and after each of them a program is killed.
CHANGING = (
    "create", "write", "fsync", "ftruncate", "fallocate", "rename", "link", "unlink", "mkdir", "rmdir", "lock", "connect",
    "send", "recv",
)
# What a full disk refuses.
STORAGE = ("create", "write", "fsync", "ftruncate", "fallocate", "rename", "link", "mkdir")
DESCRIPTORS = ("open", "create", "opendir", "pipe", "dup")

ERRORS = {
    "open": ("EMFILE", "EIO", "EINTR"), "create": ("ENOSPC", "EDQUOT", "EMFILE", "EIO", "EINTR"),
    "opendir": ("EMFILE", "EIO"), "pipe": ("EMFILE",), "dup": ("EMFILE",), "mmap": ("ENOMEM",), "fstat": ("EIO",),
    "close": ("EIO", "ENOSPC", "EINTR"), "read": ("EIO", "EINTR", "short"),
    "write": ("ENOSPC", "EDQUOT", "EIO", "EINTR", "short"), "fsync": ("EIO", "ENOSPC", "EDQUOT", "EINTR"),
    "ftruncate": ("EIO", "EINTR"), "fallocate": ("ENOSPC", "EIO"), "rename": ("ENOSPC", "EIO"), "link": ("ENOSPC", "EIO"),
    "unlink": ("EIO",), "mkdir": ("ENOSPC", "EDQUOT", "EIO"), "rmdir": ("EIO",), "lock": ("EIO", "EINTR", "ENOLCK"),
    "connect": ("ECONNREFUSED", "ETIMEDOUT"), "send": ("ECONNRESET", "EPIPE", "EINTR", "short"),
    "recv": ("ECONNRESET", "ETIMEDOUT", "EINTR", "short"),
}

# The exit statuses that the manual gives for them. EINTR and short calls are nothing to fail for, but a library may give up.
STATUSES = {
    "ENOSPC": {74}, "EDQUOT": {74}, "EIO": {74}, "EMFILE": {75}, "ENOLCK": {75}, "ENOMEM": {75}, "EINTR": {75}, "short": set(),
    "ECONNREFUSED": {69}, "ETIMEDOUT": {69, 75}, "ECONNRESET": {69, 75}, "EPIPE": {69, 74, 75},
}


def kills_at(strike: Strike) -> list[Fault]:
    if strike.call not in CHANGING:
        return []
    actions = ["kill-before", "kill-after", "killall-before"]
    if strike.call in ("write", "send"):
        actions.append("kill-half")
    return [Fault(strike.program, (strike.call,), strike.number, action) for action in actions]


def errors_at(strike: Strike) -> list[Fault]:
    return [
        Fault(strike.program, (strike.call,), strike.number, action) for action in ERRORS.get(strike.call, ())
    ]
