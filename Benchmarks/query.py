#!/usr/bin/env python3
"""Measures `dlt-query` beside the databases' own programs: a table of events, printed as CSV. Called by scripts/bench-query.

Both programs of a pair run one after the other, and the first one changes with each round, since a machine may change its speed; ratios
are those of a round, and the report has their median. The seconds of CPU are those of the program; those of PostgreSQL's server, which
also works for both, are reported beside them.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

from contenders import Bench, Failed
from contenders_duckdb import MEMORY, libduckdb

# name, type in SQLite, in PostgreSQL, in DuckDB: as dlt-load declares them.
COLUMNS = [
    ("id", "BIGINT", "bigint", "BIGINT"),
    ("at", "DATETIME", "timestamp with time zone", "TIMESTAMPTZ"),
    ("kind", "TEXT", "varchar", "VARCHAR"),
    ("actor", "TEXT", "varchar", "VARCHAR"),
    ("amount", "NUMERIC(38, 9)", "numeric(38,9)", "DECIMAL(38,9)"),
    ("ratio", "DOUBLE", "double precision", "DOUBLE"),
    ("quantity", "BIGINT", "bigint", "BIGINT"),
    ("active", "BOOLEAN", "boolean", "BOOLEAN"),
    ("note", "TEXT", "varchar", "VARCHAR"),
    ("_dlt_id", "TEXT", "varchar", "VARCHAR"),
]
KINDS = ["created", "paid", "shipped", "returned", "refunded", "cancelled", "note added"]
NOTES = ["", "left at the door", "call first, then ring", 'said "tomorrow"', "Grüße aus Linz", "two\nlines"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def write_csv(path, count):
    """The rows, the same for the same count. Numbers come from a multiplication that visits all residues."""
    with open(path, "w", newline="") as file:
        for start in range(0, count, 10000):
            lines = []
            for number in range(start, min(start + 10000, count)):
                mixed = number * 2654435761 % 4294967296
                second = number // 3 % 86400
                note = NOTES[mixed // 64 % 6]
                quoted = '"%s"' % note.replace('"', '""') if note else ""
                lines.append(
                    f"{number},2024-{mixed % 12 + 1:02}-{mixed // 16 % 28 + 1:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
                    f".{mixed % 1000000:06},{KINDS[mixed % 7]},user{mixed % 20011},{mixed % 1000003}.{mixed % 100:02},"
                    f"{mixed / 4294967296!r},{mixed % 97},{mixed // 8 % 2},{quoted},{mixed:08x}{number:06x}\n")
            file.write("".join(lines))


class Database:
    """One database with the table, and the two programs that print it."""

    def __init__(self, bench, count):
        self.bench, self.count = bench, count
        self.output = os.path.join(bench.folder, "printed.csv")

    def run(self, program, command, **options):
        """A sample; the lines that were printed are counted outside of the clock."""
        if os.path.exists(self.output):
            os.remove(self.output)
        self.bench.fresh()
        server = self.server_seconds()
        if options.pop("prints", True):
            with open(self.output, "wb") as output:
                sample = self.bench.run(program, self.name, self.count, command, stdout=output, **options)
        else:
            sample = self.bench.run(program, self.name, self.count, command, **options)
        sample["server"] = self.server_seconds() - server
        sample["bytes"] = os.path.getsize(self.output)
        with open(self.output, "rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        # A header, and notes of two lines.
        if not self.count < lines < self.count * 1.2 + 2:
            raise Failed(f"printed {lines} lines for {self.count} rows")
        return sample

    def server_seconds(self):
        return 0

    def ours(self):
        return self.run(
            "dlt-query", [self.bench.program("dlt-query"), self.url, "events", "--format", "csv", *self.options], env=self.environment())

    def environment(self):
        return {**os.environ, "DLT_DATA_DIR": os.path.join(self.bench.folder, "data")}

    def declared(self, place):
        return ", ".join(f'"{column[0]}" {column[place]}' for column in COLUMNS)

    def close(self):
        pass


class SQLite(Database):
    name, rival, wanted, options = "SQLite", "sqlite3 -csv", 1.5, []

    def make(self, csv):
        self.file = os.path.join(self.bench.folder, "events.db")
        if os.path.exists(self.file):
            os.remove(self.file)
        # An empty field is an empty text to .import.
        script = (
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE TABLE events ({self.declared(1)});\n.import --csv {csv} events\n"
            "UPDATE events SET note = NULL WHERE note = '';\n")
        subprocess.run(["sqlite3", self.file], input=script, text=True, check=True, stdout=subprocess.DEVNULL)
        self.url = "sqlite:///" + self.file

    def theirs(self):
        return self.run(self.rival, ["sqlite3", "-csv", "-header", self.file, "SELECT * FROM events"])


class PostgreSQL(Database):
    name, rival, wanted, options = "PostgreSQL", "psql \\copy", 0.8, ["--dataset", "public"]

    def make(self, csv):
        self.folder = os.path.join(self.bench.folder, "postgresql")
        script = os.path.join("scripts", "postgresql")
        subprocess.run([script, "stop", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Its path must be short enough for a socket.
        made = subprocess.run([script, "start", self.folder], check=True, capture_output=True, text=True).stdout
        self.url = dict(line.split("=", 1) for line in made.splitlines())["DLT_TEST_POSTGRESQL"]
        with open(os.path.join(self.folder, "data", "postmaster.pid")) as file:
            self.server = file.readline().strip()
        # Times in it are UTC; frozen rows, so that the first reader does not write.
        self.psql(
            "SET timezone = 'UTC'", "BEGIN", f"CREATE TABLE events ({self.declared(2)})",
            f"\\copy events FROM '{csv}' WITH (FORMAT csv, FREEZE)", "COMMIT", "VACUUM ANALYZE events", "CHECKPOINT")

    def psql(self, *commands, **options):
        words = [word for command in commands for word in ("-c", command)]
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", self.url, *words], check=True)

    def theirs(self):
        return self.run(
            self.rival, ["psql", "-qX", self.url, "-c", "\\copy events TO STDOUT WITH (FORMAT csv, HEADER)"],
            env={**os.environ, "PGTZ": "UTC"})

    def server_seconds(self):
        """Of the server's processes that have ended; the one of a program ends with it."""
        time.sleep(0.2)
        with open(f"/proc/{self.server}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        subprocess.run([os.path.join("scripts", "postgresql"), "stop", self.folder])


class DuckDB(Database):
    name, rival, wanted, options = "DuckDB", "DuckDB COPY TO, 1 thread", 0.8, ["--dataset", "main"]

    def make(self, csv):
        self.file = os.path.join(self.bench.folder, "events.duckdb")
        if os.path.exists(self.file):
            os.remove(self.file)
        types = ", ".join(f"'{column[0]}': '{column[3]}'" for column in COLUMNS)
        self.url = "duckdb:///" + self.file
        subprocess.run(
            self.script(
                "SET TimeZone = 'UTC'",
                f"CREATE TABLE events AS SELECT * FROM read_csv('{csv}', header = false, columns = {{{types}}})", "CHECKPOINT"),
            check=True, stdout=subprocess.DEVNULL)

    def script(self, *statements):
        path = os.path.join(self.bench.folder, "statements.sql")
        with open(path, "w") as file:
            file.write("".join(statement + ";\n" for statement in statements))
        return [os.path.join(self.bench.folder, "duckdb_run"), libduckdb(), self.file, path, "threads=1", f"memory_limit={MEMORY}MiB"]

    def theirs(self):
        command = self.script("SET TimeZone = 'UTC'", f"COPY events TO '{self.output}' (HEADER)")
        return self.run(self.rival, command, prints=False)


def report(rounds, options):
    columns = ["", "program", "rows/s", "wall s", "CPU s", "of server", "peak MB"]
    lines = [f"{options.rows} rows of {len(COLUMNS)} columns as CSV, {options.runs} rounds, medians.", ""]
    lines += ["| " + " | ".join(columns) + " |", "| --- | --- " + "| ---: " * 5 + "|"]

    def median(samples, key):
        return statistics.median(sample[key] for sample in samples)

    ratios = []
    for database, pairs in rounds:
        for place in (0, 1):
            samples = [pair[place] for pair in pairs]
            lines.append(
                f"| {database.name} | {samples[0]['contender']} | {options.rows / median(samples, 'wall'):.0f} "
                f"| {median(samples, 'wall'):.2f} | {median(samples, 'cpu'):.2f} | {median(samples, 'server'):.2f} "
                f"| {max(sample['peak'] for sample in samples) / 1e6:.1f} |")
        for key, words in (("wall", "wall"), ("cpu", "CPU"), ("both", "CPU with the server's")):
            if key == "both" and not any(sample["server"] for pair in pairs for sample in pair):
                continue
            of = (lambda sample: sample["cpu"] + sample["server"]) if key == "both" else (lambda sample: sample[key])
            values = sorted(of(theirs) / of(ours) for ours, theirs in pairs)
            ratios.append(
                f"| {database.name} | {words} | {statistics.median(values):.2f} | {values[0]:.2f} to {values[-1]:.2f} | {database.wanted} |")
    lines += ["", "Speed against the other program of the pair:", "", "| | measured by | ratio | of all rounds | wanted |"]
    return "\n".join([*lines, "| --- | --- | ---: | --- | ---: |", *ratios]) + "\n"


def main():
    kinds = {"sqlite": SQLite, "postgresql": PostgreSQL, "duckdb": DuckDB}
    parser = argparse.ArgumentParser(prog="scripts/bench-query", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000, metavar="N", help="of the table (default 2000000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--only", default=",".join(kinds), metavar="NAMES", help=f"of {', '.join(kinds)}")
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.only.split(",")
    if set(names) - set(kinds):
        parser.error(f"unknown in --only: {', '.join(sorted(set(names) - set(kinds)))}")
    bench = Bench(os.path.abspath(options.programs), os.path.abspath(options.folder), "")
    bench.fresh()
    csv = os.path.join(bench.folder, f"events-{options.rows}.csv")
    if not os.path.exists(csv):
        say(f"bench-query: making {options.rows} rows")
        write_csv(csv + ".new", options.rows)
        os.rename(csv + ".new", csv)
    rounds = []
    for name in names:
        database = kinds[name](bench, options.rows)
        try:
            say(f"bench-query: filling {database.name}")
            database.make(csv)
            pairs = []
            for number in range(options.runs):
                first, second = (database.ours, database.theirs)[:: 1 if number % 2 else -1]
                samples = {}
                for run in (first, second):
                    samples[run.__name__] = sample = run()
                    say(f"bench-query: {database.name} {number + 1}: {sample['contender']}: {sample['wall']:.2f} s, CPU {sample['cpu']:.2f} s")
                pairs.append((samples["ours"], samples["theirs"]))
            rounds.append((database, pairs))
        except (Failed, subprocess.CalledProcessError) as failure:
            say(f"bench-query: {database.name} is left out: {failure}")
        finally:
            database.close()
    shutil.rmtree(bench.work, ignore_errors=True)
    print(report(rounds, options))


if __name__ == "__main__":
    main()
