#!/usr/bin/env python3
"""Runs our programs and their peers side by side on made data, and writes RESULTS.md. Called by scripts/bench.

The machine may change its speed while this runs. So every contender runs once in each round, each round begins with another one,
and ratios are taken within a round; their median is told.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import generate
import report
from contenders import Bench, Data, DuckDB, Failed, Import, Ours, PythonDlt, Sling, Twin
from contenders_csv import ImportCSV, OursFromCSV, ReadCSV
from contenders_duckdb import DltIntoDuckDB, InsertFromJSON, OursIntoDuckDB

KINDS = {
    "ours": Ours, "twin": Twin, "import": Import, "dlt": PythonDlt, "duckdb": DuckDB, "sling": Sling,
    "ours-into-duckdb": OursIntoDuckDB, "duckdb-insert": InsertFromJSON, "dlt-into-duckdb": DltIntoDuckDB,
    "ours-from-csv": OursFromCSV, "import-csv": ImportCSV, "read-csv": ReadCSV,
}
# Sling takes minutes for what others do in seconds; it gets less of the same, and its speed is compared.
SMALL_MEGABYTES = 2


def say(text):
    print(text, file=sys.stderr, flush=True)


def start_up(bench, rounds):
    """Wall seconds of `--version` of each program, and of a pipeline of one row into SQLite."""
    times = {}
    for _ in range(rounds):
        for name in ["dlt-extract", "dlt-normalize", "dlt-load", "dlt-state", "dlt-schema"]:
            bench.fresh()
            sample = bench.run(name, "start", 0, [bench.program(name), "--version"])
            times.setdefault(name, []).append(sample["wall"])
        work = bench.fresh()
        row = os.path.join(work, "row.jsonl")
        with open(row, "w") as file:
            file.write('{"id": 1, "name": "one"}\n')
        pipe = "{0}/dlt-extract files {1} -q | {0}/dlt-normalize -q | {0}/dlt-load sqlite:///{2}/x.db -q".format(
            bench.programs, row, work)
        sample = bench.run(
            "one row", "start", 1, ["/bin/sh", "-c", pipe], env={**os.environ, "DLT_DATA_DIR": os.path.join(work, "data")})
        times.setdefault("one row into SQLite", []).append(sample["wall"])
    return times


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=64, metavar="MB", help="of the wide events; other shapes get half (default 64)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"shapes ({', '.join(generate.SHAPES)}) and contenders ({', '.join(KINDS)})")
    parser.add_argument("--quick", action="store_true", help="8 MB, one round: to see that all works, not to measure")
    parser.add_argument("--output", metavar="FILE", help="where the report goes (default Benchmarks/RESULTS.md; with --only or --quick: stdout)")
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--venv", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.size, options.runs = min(options.size, 8), 1
    names = {name for name in options.only.split(",") if name}
    unknown = names - set(KINDS) - set(generate.SHAPES)
    if unknown:
        parser.error(f"unknown in --only: {', '.join(sorted(unknown))}")
    shapes = [shape for shape in generate.SHAPES if shape in names] or list(generate.SHAPES)
    kinds = [kind for kind in KINDS if kind in names] or list(KINDS)

    # Absolute, because programs run in folders of their own.
    bench = Bench(*(os.path.abspath(path) for path in (options.programs, options.folder, options.venv)))
    began = time.time()
    results = {
        "machine": report.machine(), "versions": report.versions(bench), "options": vars(options), "shapes": {}, "failures": {},
        "cores": bench.cores, "load": [os.getloadavg()[0]] * 2}
    if not names or "ours" in names:
        say("bench: start-up")
        results["start"] = start_up(bench, 5 if options.quick else 30)
    for shape in shapes:
        size = options.size if shape == "events" else options.size / 2
        say(f"bench: making {size:g} MB of {shape}")
        data = Data(bench, shape, size)
        small = Data(bench, shape, min(SMALL_MEGABYTES, size))
        data.prepare(bench)
        results["shapes"][shape] = entry = {
            "bytes": data.bytes, "records": data.records, "ratio": data.bytes / data.packed, "rows": data.rows,
            "small": small.bytes, "runs": []}
        tasks = [
            (name, small if kind == "sling" else data, run)
            for kind in kinds for name, run in KINDS[kind](bench).runs(small if kind == "sling" else data)]
        for number in range(options.runs if tasks else 0):
            turn = number * 5 % len(tasks)
            for name, used, run in tasks[turn:] + tasks[:turn]:
                try:
                    for sample in run():
                        sample = {"bytes": used.bytes, **sample, "input": used.bytes, "round": number}
                        entry["runs"].append(sample)
                        say(f"bench: {shape} {number + 1}: {sample['contender']}, {sample['phase']}: "
                            f"{sample['bytes'] / 1e6 / sample['wall']:.1f} MB/s")
                except (Failed, subprocess.CalledProcessError) as failure:
                    results["failures"].setdefault(f"{shape}: {name}", str(failure))
                    say(f"bench: {shape} {number + 1}: {name}: {failure}")
        # A crash later must not cost what was measured.
        with open(os.path.join(bench.folder, "results.json"), "w") as file:
            json.dump(results, file, indent=1)
    results["seconds"] = time.time() - began
    results["load"][1] = os.getloadavg()[0]
    with open(os.path.join(bench.folder, "results.json"), "w") as file:
        json.dump(results, file, indent=1)
    text = report.markdown(results)
    whole = not names and not options.quick
    output = options.output or (os.path.join(os.path.dirname(os.path.abspath(__file__)), "RESULTS.md") if whole else None)
    if output:
        with open(output, "w") as file:
            file.write(text)
        say(f"bench: wrote {output}")
    else:
        print(text)


if __name__ == "__main__":
    main()
