#!/usr/bin/env python3
"""Measures `dlt-extract sql` beside dlt's sql_database: a table of 20 columns in PostgreSQL, read alone and loaded into PostgreSQL, SQLite and
DuckDB. Called by scripts/bench-sql.

Client CPU is that of the programs, without the servers'. dlt's backend sqlalchemy takes minutes for a million rows, so it reads a smaller
table; its seconds without those for an empty table are multiplied by the ratio of the rows. The contenders run one after another, a round begins with a different one, and
ratios are those of a round.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import report
from contenders import Bench, Failed

# Name, type, the C loop's letter, the value of row g.
COLUMNS = [
    ("id", "bigint", "l", "g"),
    ("customer", "int", "i", "g * 7919 % 100003"),
    ("kind", "smallint", "s", "g % 97"),
    ("serial", "bigint", "l", "g * 2654435761"),
    ("active", "boolean", "b", "g % 3 = 0"),
    ("amount", "numeric(12,2)", "n", "(g * 7919 % 1000003) / 100.0"),
    ("price", "numeric(20,6)", "n", "(g * 104729 % 10000019) / 1000003.0"),
    ("ratio", "double precision", "d", "(g * 7919 % 1000003) / 7.0::float8 + 0.5"),
    ("score", "real", "f", "(g % 1000) / 8.0 + 0.0625"),
    ("name", "text", "t", "'user ' || g * 7919 % 20011"),
    ("email", "text", "t", "'user' || g * 7919 % 20011 || '@example.org'"),
    ("city", "varchar(40)", "t", "(ARRAY['Linz', 'Wien', 'São Paulo', 'Zürich', 'Kyoto', 'Reykjavík'])[g % 6 + 1]"),
    ("note", "text", "t", "CASE g % 4 WHEN 0 THEN NULL WHEN 1 THEN E'left at the \"door\"\\ntwice' ELSE 'call first, then ring, and wait for somebody to answer ' || g END"),
    ("created", "timestamptz", "Z", "'2020-01-01Z'::timestamptz + g * interval '1.234567 s'"),
    ("updated", "timestamp", "T", "'2021-01-01'::timestamp + g * interval '2.345678 s'"),
    ("day", "date", "D", "'2020-01-01'::date + (g % 3000)::int"),
    ("clock", "time", "c", "'00:00'::time + (g % 86400) * interval '1.000001 s'"),
    ("uid", "uuid", "u", "md5(g::text)::uuid"),
    ("payload", "jsonb", "j", "jsonb_build_object('a', g % 10, 'b', jsonb_build_array('x', g % 7, NULL), 'c', 'text ' || g % 100)"),
    ("data", "bytea", "y", "decode('a5' || md5((g + 1)::text), 'hex')"),
]
DESTINATIONS = ("PostgreSQL", "SQLite", "DuckDB")
# By destination and backend: what part of dlt's client CPU ours may be.
WANTED = {
    ("PostgreSQL", "connectorx"): 1 / 4, ("PostgreSQL", "pyarrow"): 1 / 10, ("PostgreSQL", "sqlalchemy"): 1 / 20,
    ("SQLite", "connectorx"): 1 / 5, ("DuckDB", "connectorx"): 1, ("DuckDB", "pyarrow"): 1 / 4, ("DuckDB", "sqlalchemy"): 1 / 25,
}
EXTRACT_SECONDS = 1.6
MEMORY, MEMORY_WITH_DUCKDB = 64, 200
PROGRAMS = ("dlt-extract", "dlt-normalize", "dlt-load")


def say(text):
    print(f"bench-sql: {text}", file=sys.stderr, flush=True)


class Source:
    """A server with the table at two sizes."""

    def __init__(self, bench, rows, fewer):
        self.folder = os.path.join("/tmp", f"bench-sql.{os.getpid()}")
        made = subprocess.run([os.path.join("scripts", "postgresql"), "start", self.folder], check=True, capture_output=True, text=True).stdout
        # By 127.0.0.1, as all contenders can; psycopg2 would know the socket, connectorx not.
        self.url = dict(line.split("=", 1) for line in made.splitlines())["DLT_TEST_POSTGRESQL_TCP"]
        with open(os.path.join(self.folder, "data", "postmaster.pid")) as file:
            self.server = file.readline().strip()
        columns = ", ".join(f"{name} {kind}" for name, kind, _, _ in COLUMNS)
        values = ", ".join(value for *_, value in COLUMNS)
        self.psql("CREATE SCHEMA bench")
        for table, count in (("wide", rows), ("fewer", fewer), ("none", 0)):
            self.psql(
                f"CREATE TABLE bench.{table}({columns})",
                f"INSERT INTO bench.{table} SELECT {values} FROM generate_series(1::bigint, {count}) AS g", f"VACUUM ANALYZE bench.{table}")
        self.psql("CHECKPOINT")

    def psql(self, *commands):
        words = [word for command in commands for word in ("-c", command)]
        return subprocess.run(
            ["psql", "-qtAX", "-v", "ON_ERROR_STOP=1", self.url, *words], check=True, capture_output=True, text=True).stdout.strip()

    def server_seconds(self):
        """Of the server's processes that have ended; the one of a program ends with it."""
        time.sleep(0.3)
        with open(f"/proc/{self.server}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def clean(self):
        self.psql("DROP SCHEMA IF EXISTS bench_ours CASCADE; DROP SCHEMA IF EXISTS bench_ours_staging CASCADE; "
                  "DROP SCHEMA IF EXISTS bench_dlt CASCADE; DROP SCHEMA IF EXISTS bench_dlt_staging CASCADE")

    def close(self):
        subprocess.run([os.path.join("scripts", "postgresql"), "stop", self.folder])


class Contest:
    def __init__(self, bench, source, options):
        self.bench, self.source, self.options = bench, source, options
        # What dlt needs for an empty table.
        self.starts = {}
        self.environment = {**{key: value for key, value in os.environ.items() if not key.startswith("DLT_") or key == "DLT_LIBDUCKDB"},
                            "DLT_DATA_DIR": os.path.join(bench.work, "data"), "DLT_PIPELINE": "bench"}

    def extract_command(self):
        return [self.bench.program("dlt-extract"), "sql", self.source.url, "--schema", "bench", "--table", "wide", "-q"]

    def floor_command(self):
        return [os.path.join(self.bench.folder, "copy_lines"), self.source.url, "wide", "bench.wide", *(f"{name}:{letter}" for name, _, letter, _ in COLUMNS)]

    def check_lines(self):
        """The C loop must write what it is the floor of."""
        self.bench.fresh()
        ours, floor = (subprocess.run(
            f"{' '.join(f'{chr(39)}{word}{chr(39)}' for word in command)} | grep '^{{\"type\":\"RECORD\"' | md5sum", shell=True, capture_output=True, text=True,
            env=self.environment, check=True).stdout for command in (self.extract_command(), self.floor_command()))
        return ours == floor

    def alone(self, name, command):
        self.bench.fresh()
        return self.bench.run(name, "extract", self.options.rows, command, env=self.environment)

    def clean(self, destination):
        self.bench.fresh()
        if destination == "PostgreSQL":
            self.source.clean()

    def ours(self, destination):
        self.clean(destination)
        url = {"PostgreSQL": self.source.url, "SQLite": "sqlite:///" + os.path.join(self.bench.work, "ours.db"),
               "DuckDB": "duckdb:///" + os.path.join(self.bench.work, "ours.duckdb")}[destination]
        dataset = [] if destination == "SQLite" else ["--dataset", "bench_ours"]
        commands = [self.extract_command(), [self.bench.program("dlt-normalize"), "-q"], [self.bench.program("dlt-load"), url, *dataset, "-q"]]
        outputs = [os.path.join(self.bench.work, f"measured-{number}") for number in range(3)]
        server, began = self.source.server_seconds(), time.monotonic()
        processes, previous = [], subprocess.DEVNULL
        for number, command in enumerate(commands):
            processes.append(self.bench.popen(
                command, outputs[number], stdin=previous, stdout=subprocess.PIPE if number < 2 else subprocess.DEVNULL, env=self.environment))
            if previous is not subprocess.DEVNULL:
                previous.close()
            previous = processes[-1].stdout
        for process in processes:
            process.wait(600)
        wall = time.monotonic() - began
        parts = [self.bench.sample(name, "pipe", self.options.rows, output) for name, output in zip(PROGRAMS, outputs)]
        self.count(destination, url.split("://", 1)[1][1:], "bench_ours", self.options.rows)
        return {"wall": wall, "cpu": sum(part["cpu"] for part in parts), "peak": max(part["peak"] for part in parts),
                "parts": [(part["cpu"], part["peak"]) for part in parts], "server": self.source.server_seconds() - server - 0.0, "factor": 1}

    def theirs(self, backend, destination):
        if backend == "sqlalchemy" and (destination, "start") not in self.starts:
            self.starts[destination, "start"] = self.run_dlt(backend, destination, "none")
        self.clean(destination)
        table, factor = ("fewer", self.options.rows / self.options.fewer) if backend == "sqlalchemy" else ("wide", 1)
        server = self.source.server_seconds()
        sample = self.run_dlt(backend, destination, table)
        sample["server"] = (self.source.server_seconds() - server) * factor
        files = {"SQLite": "dlt.db", "DuckDB": "dlt.duckdb"}
        self.count(destination, os.path.join(self.bench.work, files.get(destination, "")), "bench_dlt", round(self.options.rows / factor), table)
        if factor > 1:
            start = self.starts[destination, "start"]
            for key in ("wall", "cpu"):
                sample[key] = start[key] + max(sample[key] - start[key], 0) * factor
        return sample

    def run_dlt(self, backend, destination, table):
        if table == "none":
            self.clean(destination)
        where = self.source.url if destination == "PostgreSQL" else destination.lower()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "contender_sql.py")
        return self.bench.run(
            backend, destination, self.options.rows, [os.path.join(self.bench.venv, "bin", "python"), script, self.source.url, table, backend, where, self.bench.work],
            seconds=1200, env=self.environment)

    def count(self, destination, file, dataset, rows, table="wide"):
        """A fast contender must have done the work."""
        if destination == "PostgreSQL":
            found = self.source.psql(f"SELECT count(*) FROM {dataset}.{table}")
        elif destination == "SQLite":
            found = subprocess.run(["sqlite3", file, f"SELECT count(*) FROM {table}"], capture_output=True, text=True).stdout.strip()
        else:
            found = subprocess.run(
                [os.path.join(self.bench.venv, "bin", "python"), "-c", "import duckdb, sys; print(duckdb.connect(sys.argv[1]).sql(sys.argv[2]).fetchone()[0])",
                 file, f"SELECT count(*) FROM {dataset}.{table}"], capture_output=True, text=True).stdout.strip()
        if found != str(rows):
            raise Failed(f"loaded {found or 'no'} rows of {rows}")


class Results:
    def __init__(self):
        self.samples, self.failures = {}, {}

    def write(self, file):
        with open(file, "w") as output:
            json.dump([[list(key), value] for key, value in self.samples.items()], output)

    def read(self, file):
        with open(file) as text:
            self.samples = {tuple(key): value for key, value in json.load(text)}

    def add(self, key, run):
        try:
            sample = run()
        except Failed as failure:
            self.failures[key] = str(failure)
            say(f"{' '.join(key)}: {failure}")
            return
        self.samples.setdefault(key, []).append(sample)
        say(f"{' '.join(key)}: {sample['wall']:.2f} s, CPU {sample['cpu']:.2f} s, {sample['peak'] / 1e6:.0f} MB")

    def median(self, key, name):
        return statistics.median(sample[name] for sample in self.samples[key])


def table(header, rows):
    return ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1), *("| " + " | ".join(row) + " |" for row in rows), ""]


def markdown(bench, results, options, same, load):
    versions = report.versions(bench)
    # The programs may be of another commit than the bench.
    shown = report.first_line(bench.program("dlt-extract"), "--version")
    versions["commit"] = shown.split("(")[-1].rstrip(")") if "(" in shown else os.environ.get("DLT_PROGRAMS_COMMIT", versions["commit"])
    names = ("commit", "dlt", "DuckDB of dlt", "libduckdb", "SQLite", "Swift", "C compiler", "Python")
    lines = [
        "# Results: SQL databases", "", f"Written by `scripts/bench-sql {options.shown}`; [README.md](README.md) says how it is measured.", "",
        f"- Machine: {report.machine()}", "- Versions: " + ", ".join(f"{name} {versions[name]}" for name in names) + f", PostgreSQL {options.postgresql}",
        f"- {options.rows} rows of {len(COLUMNS)} columns in PostgreSQL: " + ", ".join(f"`{name}` {kind}" for name, kind, _, _ in COLUMNS) + ".",
        f"- {options.runs} rounds; medians. dlt's backend sqlalchemy reads {options.fewer} rows, and its seconds, without those for an empty table, are multiplied by {options.rows / options.fewer:g}. "
        "Into PostgreSQL, connectorx and pyarrow read all columns but `data`: dlt refuses to load bytes from Arrow tables there. "
        "The server is on the same machine, without fsync; all contenders reach it by 127.0.0.1.",
        f"- Load average of the machine before and after: {load[0]:.1f} and {load[1]:.1f}.", "", "## Required and measured", ""]
    rows = []
    if ("extract",) in results.samples:
        seconds = results.median(("extract",), "cpu")
        rows.append([f"extract alone: client CPU seconds of {options.rows} rows", f"≤ {EXTRACT_SECONDS * options.rows / 1e6:g}", f"{seconds:.2f}", yes(seconds <= EXTRACT_SECONDS * options.rows / 1e6)])
    for (destination, backend), wanted in WANTED.items():
        ours, theirs = results.samples.get(("dlt-toolkit", destination)), results.samples.get((f"dlt {backend}", destination))
        words = f"into {destination}: client CPU, part of dlt's with {backend}"
        if not ours or not theirs:
            key = ("dlt-toolkit", destination) if not ours else (f"dlt {backend}", destination)
            rows.append([words, f"≤ 1/{1 / wanted:g}", "not measured", results.failures.get(key, "left out")])
            continue
        ratios = sorted(a["cpu"] / b["cpu"] for a, b in zip(ours, theirs))
        ratio = statistics.median(ratios)
        rows.append([words, f"≤ 1/{1 / wanted:g}", f"1/{1 / ratio:.1f} (1/{1 / ratios[-1]:.1f}–1/{1 / ratios[0]:.1f})", yes(ratio <= wanted)])
    for destination in DESTINATIONS:
        for sample in results.samples.get(("dlt-toolkit", destination), [])[:1]:
            for place, program in enumerate(PROGRAMS):
                peak = max(each["parts"][place][1] for each in results.samples[("dlt-toolkit", destination)]) / 1e6
                bound = MEMORY_WITH_DUCKDB if program == "dlt-load" and destination == "DuckDB" else MEMORY
                rows.append([f"into {destination}: peak MB of {program}", f"< {bound}", f"{peak:.0f}", yes(peak < bound)])
    lines += table(["it must show", "required", "measured (range)", "met"], rows)
    lines += ["## Extract alone", ""]
    lines += table(["", "wall s", "client CPU s", "peak MB"], [
        [name, f"{results.median(key, 'wall'):.2f}", f"{results.median(key, 'cpu'):.2f}", f"{results.median(key, 'peak') / 1e6:.0f}"]
        for name, key in (("dlt-extract sql", ("extract",)), ("C loop, `c/copy_lines.c`", ("C loop",))) if key in results.samples])
    lines += [f"The lines of both are {'the same' if same else '**not the same**'}, byte for byte; the C loop knows the columns, and checks nothing.", ""]
    for destination in DESTINATIONS:
        rows = []
        for key, samples in results.samples.items():
            if key[1:] != (destination,):
                continue
            rows.append([key[0], f"{results.median(key, 'wall'):.1f}", f"{results.median(key, 'cpu'):.1f}", f"{results.median(key, 'server'):.1f}", f"{results.median(key, 'peak') / 1e6:.0f}"])
            if "parts" in samples[0]:
                for place, program in enumerate(PROGRAMS):
                    rows.append([f"— {program}", "", f"{statistics.median(each['parts'][place][0] for each in samples):.2f}", "", f"{max(each['parts'][place][1] for each in samples) / 1e6:.0f}"])
        rows += [[key[0], message, "", "", ""] for key, message in results.failures.items() if key[1:] == (destination,) and key not in results.samples]
        if rows:
            lines += [f"## Into {destination}", ""] + table(["", "wall s", "client CPU s", "server CPU s", "peak MB"], rows)
    return "\n".join(lines)


def yes(isMet):
    return "yes" if isMet else "**no**"


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-sql", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="of the table (default 1000000)")
    parser.add_argument("--fewer", type=int, default=100_000, metavar="N", help="rows that dlt's backend sqlalchemy reads (default 100000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--only", default="", metavar="WORDS", help="destinations, backends, ours and extract, separated by commas (default: all)")
    parser.add_argument("--add", action="store_true", help="to the samples of the run before, of as many rows: a busy machine can be had for minutes only")
    parser.add_argument("--output", metavar="FILE", help="where the report goes (default: stdout)")
    for name in ("--programs", "--folder", "--venv"):
        parser.add_argument(name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.shown = f"--rows {options.rows} --fewer {options.fewer} --runs {options.runs}"
    options.postgresql = report.first_line("psql", "--version").split()[-1 if "(" not in report.first_line("psql", "--version") else 2]
    wanted = [word for word in options.only.split(",") if word]
    bench = Bench(os.path.abspath(options.programs), os.path.abspath(options.folder), os.path.abspath(options.venv))
    load = [os.getloadavg()[0]]
    say(f"making {options.rows} rows")
    source = Source(bench, options.rows, options.fewer)
    results = Results()
    kept = os.path.join(bench.folder, f"samples-{options.rows}.json")
    if options.add and os.path.exists(kept):
        results.read(kept)
    try:
        contest = Contest(bench, source, options)
        same = contest.check_lines()
        runs = [(("extract",), lambda: contest.alone("extract", contest.extract_command())), (("C loop",), lambda: contest.alone("C loop", contest.floor_command()))]
        for destination in DESTINATIONS:
            runs.append((("dlt-toolkit", destination), lambda destination=destination: contest.ours(destination)))
            for backend in ("connectorx", "pyarrow", "sqlalchemy"):
                if (destination, backend) in WANTED:
                    runs.append(((f"dlt {backend}", destination), lambda backend=backend, destination=destination: contest.theirs(backend, destination)))
        chosen = [run for run in runs if not wanted or any(word.lower() in " ".join(run[0]).lower() for word in wanted)]
        for number in range(options.runs):
            place = number * 2 % len(chosen)
            for key, run in chosen[place:] + chosen[:place]:
                results.add(key, run)
    finally:
        source.close()
        results.write(kept)
    load.append(os.getloadavg()[0])
    text = markdown(bench, results, options, same, load)
    if options.output:
        with open(options.output, "w") as file:
            file.write(text)
    else:
        print(text)
    shutil.rmtree(bench.work, ignore_errors=True)
    print(json.dumps({" ".join(key): failure for key, failure in results.failures.items()}), file=sys.stderr)


if __name__ == "__main__":
    main()
