"""The fault bench: runs real pipelines with one fault each, finishes them and compares row by row. See RELIABILITY.md."""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import Bench
from report import markdown
from trial import Outcome, summary


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, metavar="DIR", help="folder of the built programs")
    parser.add_argument("--long", action="store_true", help="every case, not only those of the short form")
    parser.add_argument("--every", action="store_true", help="with --long: leave nothing out that is much the same as another")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="cases whose name matches ('calls/append.1/*')")
    parser.add_argument("--repeat", action="append", default=[], metavar="CASE", help="this case alone, telling all")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many of them, drawn by the seed")
    parser.add_argument("--minutes", type=float, metavar="N", help="in an order drawn by the seed, and no more after that time")
    parser.add_argument("--list", action="store_true", help="names of the cases that would run")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what is random is drawn from it (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, metavar="N", help="cases at once")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="of one run of a pipe")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables there, as Markdown")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the folders of cases with problems there")
    parser.add_argument("--messages", action="store_true", help="print what the programs said")
    parser.add_argument("--calls", action="store_true", help="print the calls of the undisturbed runs and end")
    return parser.parse_args()


def work_folder() -> Path:
    """In memory where possible: a kill needs no disk, and fsync of thousands of runs would take it."""
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30 else None
    folder = Path(tempfile.mkdtemp(prefix="dlt-torture.", dir=where))
    # Some cases run programs as somebody else. If each of them opened this folder and closed it again, it would do so under the others.
    folder.chmod(0o755)
    return folder


def choose(bench: Bench, options: argparse.Namespace):
    cases = bench.all_cases()
    if options.repeat:
        chosen = [case for case in cases if case.name in options.repeat]
        missing = set(options.repeat) - {case.name for case in chosen}
        if missing:
            raise SystemExit(f"torture: there is no case {', '.join(sorted(missing))}")
        return chosen
    if options.only:
        cases = [case for case in cases if any(fnmatch.fnmatchcase(case.name, pattern) for pattern in options.only)]
    elif not options.long and not options.every:
        cases = [case for case in cases if case.short]
    if options.sample and options.sample < len(cases):
        chosen = set(bench.random("sample").sample(range(len(cases)), options.sample))
        cases = [case for index, case in enumerate(cases) if index in chosen]
    if options.minutes:
        bench.random("order").shuffle(cases)
    return cases


def in_private_mounts() -> None:
    """Starts again where what is mounted is seen by nobody else and goes with the last process."""
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or os.environ.get("TORTURE_MOUNTS") or not unshare:
        return
    options = [unshare, "--mount", "--propagation", "private"]
    if subprocess.run([*options, "true"], capture_output=True).returncode == 0:
        os.environ["TORTURE_MOUNTS"] = "1"
        os.execv(unshare, [*options, sys.executable, *sys.argv])


def hand_on_no_ignored_signals() -> None:
    """What nohup and a shell's `&` let the bench ignore, the programs would ignore as well. A handler is not inherited."""
    for name in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(name) == signal.SIG_IGN:
            signal.signal(name, lambda *_: None)


def main() -> int:
    options = arguments()
    in_private_mounts()
    hand_on_no_ignored_signals()
    started = time.monotonic()
    folder = work_folder()
    try:
        bench = Bench(options.programs.resolve(), folder, options.seed, options.timeout, options.every)
        cases = choose(bench, options)
        if options.list:
            print("\n".join(case.name for case in cases))
            return 0
        done: list[Outcome] = []

        def told(outcome: Outcome) -> None:
            done.append(outcome)
            talks = options.messages or options.repeat
            if outcome.problems or talks:
                print(f"{'FAILED' if outcome.problems else 'ok':7}{outcome.name}{' (not reached)' if outcome.missed else ''}")
                for problem in outcome.problems:
                    print(f"  {problem.category}: {problem.text[:3000 if options.repeat else 700]}")
                for message in outcome.messages if talks else []:
                    print(f"  {message}")
            if len(done) % 250 == 0:
                print(f"{len(done)} of {len(cases)} cases, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
        if options.minutes:
            bench.deadline = started + 60 * options.minutes
        outcomes = bench.run_all(cases, max(1, min(options.jobs, len(cases))), options.keep, told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = time.monotonic() - started
    text = markdown(outcomes, f"{len(outcomes):,} cases in {seconds:.0f} s, seed {options.seed}")
    if options.report:
        options.report.write_text(text)
    print(text.split("\nCases with problems:")[0])
    total = summary(outcomes)
    print(f"{total['cases'] - total['failed']} passed, {total['failed']} failed, {total['kills']} kills, {total['faults']} faults")
    return 1 if total["failed"] or not total["cases"] else 0


if __name__ == "__main__":
    sys.exit(main())
