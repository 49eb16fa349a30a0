#!/usr/bin/env python3
"""Counts instructions by callgrind; called by scripts/instructions.

Each program gets two inputs, a short one and one ten times as long. The difference is what the records cost; the short one's
count is mostly the start. Both are compared, since a program may grow in either.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys

import report

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "instructions.json")
MOST = 1.10
# Megabytes of wide events: enough that blocks, frames and statements are full.
SHORT, LONG = 0.2, 2.0


class Counter:
    def __init__(self, programs, folder):
        self.folder = folder
        self.stripped = os.path.join(folder, "stripped")
        os.makedirs(self.stripped, exist_ok=True)
        for name in ["dlt-extract", "dlt-normalize", "dlt-load"]:
            # valgrind does not understand the newest debugging information.
            subprocess.run(["strip", "-g", "-o", os.path.join(self.stripped, name), os.path.join(programs, name)], check=True)

    def count(self, name, arguments, work, **options):
        """Instructions of one run, all threads."""
        command = [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={work}/callgrind.out", os.path.join(self.stripped, name), *arguments]
        result = subprocess.run(
            command, stderr=subprocess.PIPE, text=True, check=False,
            # The same environment for everyone, because its length moves the stack.
            env={"PATH": "/usr/bin:/bin", "HOME": work, "DLT_DATA_DIR": os.path.join(work, "data")}, **options)
        found = re.search(r"Collected : (\d+)", result.stderr)
        if result.returncode != 0 or not found:
            sys.exit(f"instructions: unable to count {name}: status {result.returncode}\n{result.stderr[-2000:]}")
        return int(found.group(1))

    def programs(self, megabytes):
        """The three programs, one after the other, on the same records."""
        work = os.path.join(self.folder, "instructions")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        records, stream, made = (os.path.join(work, name) for name in ["events.jsonl", "stream", "made"])
        subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), "events", str(megabytes), records], check=True)
        help_text = subprocess.run([os.path.join(self.stripped, "dlt-normalize"), "--help"], capture_output=True, text=True).stdout
        one = ["--workers", "1"] if "--workers" in help_text else []
        counts = {}
        with open(stream, "wb") as output:
            counts["dlt-extract"] = self.count("dlt-extract", ["files", records, "-q"], work, stdout=output)
        with open(stream, "rb") as source, open(made, "wb") as output:
            counts["dlt-normalize"] = self.count("dlt-normalize", ["-q", *one], work, stdin=source, stdout=output)
        with open(made, "rb") as source:
            counts["dlt-load"] = self.count(
                "dlt-load", [f"sqlite:///{work}/x.db", "-q"], work, stdin=source, stdout=subprocess.DEVNULL)
        return counts


def main():
    parser = argparse.ArgumentParser(prog="scripts/instructions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write what is counted to Benchmarks/instructions.json")
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    counter = Counter(*(os.path.abspath(path) for path in (options.programs, options.folder)))
    short, long = counter.programs(SHORT), counter.programs(LONG)
    counts = {
        name: {"short": short[name], "per_megabyte": round((long[name] - short[name]) / (LONG - SHORT))} for name in short}
    if options.record:
        with open(RECORDED, "w") as file:
            json.dump({"machine": report.machine(), "megabytes": [SHORT, LONG], "programs": counts}, file, indent=2)
            file.write("\n")
        print(f"instructions: wrote {os.path.relpath(RECORDED)}")
        return
    with open(RECORDED) as file:
        recorded = json.load(file)
    if recorded["megabytes"] != [SHORT, LONG]:
        sys.exit("instructions: the recorded counts are for another input\nhint: scripts/instructions --record")
    grown = 0
    print(f"{'program':<14} {'what':<13} {'recorded':>14} {'now':>14} {'change':>8}")
    for name, now in counts.items():
        for what, count in now.items():
            before = recorded["programs"][name][what]
            print(f"{name:<14} {what:<13} {before:>14,} {count:>14,} {count / before - 1:>+8.1%}")
            grown += count > before * MOST
    if grown:
        print(
            f"instructions: {grown} of these counts grew by more than {MOST - 1:.0%}\n"
            "hint: find out where with callgrind_annotate; if it is worth it, record anew with scripts/instructions --record\n"
            f"(recorded on: {recorded['machine']})", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
