"""Real taps and targets of Singer, and a source of Airbyte, beside our programs; scripts/connectors installs them and runs this.

Each check moves rows by our programs and by a tool of others, and compares what is in the tables. Ends with the number of checks
that passed and failed.

    run.py [--short] [WORD...]     the checks, or those with a word in their names; the short form needs no server
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import kills
import short
import taps
import targets
from folder import Folder


def check(number: int, name: str, function: Callable[[Folder], str]) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dlt-connectors-") as path:
        try:
            said = function(Folder(Path(path), str(number)))
        except Exception as error:
            # A psql that failed says why on its stderr.
            print(f"FAILED {name}: {type(error).__name__}: {error}{getattr(error, 'stderr', '') or ''}", flush=True)
            return False
    print(f"passed {name}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return True


def checks_of(*modules) -> dict[str, Callable[[Folder], str]]:
    """The functions of modules that take a folder and return what they have seen, by their names, which say what must hold."""
    return {
        name: value for module in modules for name, value in vars(module).items()
        if callable(value) and getattr(value, "__annotations__", {}) == {"folder": "Folder", "return": "str"}
    }


def main() -> int:
    words = sys.argv[1:]
    checks = checks_of(short) if "--short" in words else checks_of(taps, targets, kills)
    words = [word for word in words if word != "--short"]
    chosen = [name for name in checks if not words or any(word in name for word in words)]
    passed = sum(check(number, name, checks[name]) for number, name in enumerate(chosen))
    print(f"{passed} passed, {len(chosen) - passed} failed")
    return 0 if chosen and passed == len(chosen) else 1


sys.exit(main())
