"""Those that load into DuckDB: our programs, dlt, and DuckDB itself, which reads the job files of our package.

All have the same libduckdb (DLT_LIBDUCKDB) but dlt, whose Python package brings its own. Loading is measured under the same `threads`
and `memory_limit`.
"""

import json
import os
import subprocess

from contenders import EXTRACT, LOAD, NORMALIZE, Failed, Ours, PythonDlt
from floor_plan import quoted

LOAD_DUCKDB, WHOLE_DUCKDB = "load into DuckDB", "end to end into DuckDB"
# MiB that DuckDB may take, whoever loads: what dlt-load allows it by default.
MEMORY = 190
DATASET = "bench"
# Flat rows of many records and wide sparse ones: what DuckDB stores by columns.
SHAPES = ("rows", "events")

COUNT = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as database:
    print(json.dumps({table: database.execute(f'SELECT count(*) FROM {sys.argv[2]}."{table}"').fetchone()[0] for table in sys.argv[3:]}))
"""


def libduckdb():
    path = os.environ.get("DLT_LIBDUCKDB")
    if not path:
        raise Failed("there is no libduckdb (scripts/libduckdb makes one)")
    return os.path.abspath(path)


def check_rows(bench, database, expected):
    """By dlt's DuckDB, so that a file it cannot open counts for nothing."""
    python = os.path.join(bench.venv, "bin", "python")
    done = subprocess.run([python, "-c", COUNT, database, DATASET, *expected], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"cannot be read: {done.stderr.strip().splitlines()[-1]}"[:300])
    found = json.loads(done.stdout)
    if found != expected:
        raise Failed(f"loaded {found} instead of {expected}")


def thread_counts(bench):
    return sorted({1, bench.cores})


def with_threads(name, threads):
    return f"{name}, 1 thread" if threads == 1 else f"{name}, {threads} threads"


class OursIntoDuckDB(Ours):
    """dlt-load alone, and the whole pipe."""

    def runs(self, data):
        if data.shape in SHAPES:
            for threads in thread_counts(self.bench):
                yield f"load {threads}", lambda threads=threads: self.load(data, threads)
            yield "pipe", lambda: self.pipe(data)

    def environment(self, folder):
        return {**super().environment(folder), "DLT_LIBDUCKDB": libduckdb()}

    def destination(self, database, threads):
        return [f"duckdb:///{database}", "--dataset", DATASET, "--workers", str(threads), "--max-memory", f"{MEMORY}M"]

    def load(self, data, threads):
        work = self.bench.fresh()
        database = os.path.join(work, "x.duckdb")
        sample = self.bench.run(
            with_threads(self.name, threads), LOAD_DUCKDB, data.records,
            [self.bench.program("dlt-load"), *self.destination(database, threads), data.package, "-q"], env=self.environment(work))
        check_rows(self.bench, database, data.rows)
        return [sample]

    def pipe(self, data):
        work = self.bench.fresh()
        database = os.path.join(work, "x.duckdb")
        sample = self.run_pipe(data, work, self.destination(database, self.bench.cores))
        check_rows(self.bench, database, data.rows)
        return [{**sample, "phase": WHOLE_DUCKDB}]


class InsertFromJSON:
    """`INSERT … SELECT FROM read_json` of our job files as they lie, in one transaction, without system tables. Timed inside."""

    TYPES = {
        "text": "VARCHAR", "double": "DOUBLE", "bool": "BOOLEAN", "timestamp": "TIMESTAMPTZ", "bigint": "BIGINT", "binary": "BLOB",
        "json": "JSON", "decimal": "DECIMAL(38,9)", "wei": "DECIMAL(38,0)", "date": "DATE", "time": "TIME",
    }

    def __init__(self, bench):
        self.bench = bench

    def runs(self, data):
        if data.shape in SHAPES:
            for threads in thread_counts(self.bench):
                yield f"duckdb insert {threads}", lambda threads=threads: self.load(data, threads)

    def script(self, data):
        with open(os.path.join(data.package, "manifest.json")) as file:
            jobs = json.load(file)["jobs"]
        with open(os.path.join(data.package, "schema.json")) as file:
            tables = json.load(file)["tables"]
        lines = ["SET TimeZone = 'UTC'", "BEGIN", f"CREATE SCHEMA {DATASET}"]
        for table in dict.fromkeys(job["table"] for job in jobs if job["rows"]):
            columns = [hints for hints in tables[table]["columns"].values() if "data_type" in hints]
            types = {hints["name"]: self.TYPES[hints["data_type"]] for hints in columns}
            needed = {hints["name"]: "" if hints.get("nullable", True) else " NOT NULL" for hints in columns}
            declared = ", ".join(f"{quoted(name)} {kind}{needed[name]}" for name, kind in types.items())
            read = ", ".join(f"{quoted(name)}: '{kind}'" for name, kind in types.items())
            files = ", ".join(
                f"'{os.path.join(data.package, 'jobs', job['file'])}'" for job in jobs if job["table"] == table and job["rows"])
            place = f"{DATASET}.{quoted(table)}"
            lines += [
                f"CREATE TABLE {place} ({declared})",
                f"INSERT INTO {place} SELECT * FROM read_json([{files}], format = 'newline_delimited', columns = {{{read}}})"]
        return "".join(line + ";\n" for line in [*lines, "COMMIT"])

    def load(self, data, threads):
        library = libduckdb()
        work = self.bench.fresh()
        database, script, printed = (os.path.join(work, name) for name in ("x.duckdb", "script.sql", "printed"))
        with open(script, "w") as file:
            file.write(self.script(data))
        with open(printed, "w") as output:
            sample = self.bench.run(
                with_threads("DuckDB INSERT from read_json", threads), LOAD_DUCKDB, data.records,
                # The storage version as dlt-load does it, so that any DuckDB 1.x opens the file.
                [os.path.join(self.bench.folder, "duckdb_run"), library, database, script, f"threads={threads}",
                 f"memory_limit={MEMORY}MiB", "storage_compatibility_version=v1.0.0"], stdout=output)
        with open(printed) as file:
            wall, cpu = file.read().split()
        # Starting and loading the library are left out, in DuckDB's favour.
        sample.update(wall=float(wall), cpu=float(cpu))
        check_rows(self.bench, database, data.rows)
        return [sample]


class DltIntoDuckDB(PythonDlt):
    """dlt's destination duckdb: as it comes, and in the formats that are fastest with it."""

    def variants(self, data):
        plain, several = self.plain, self.several_workers(data)
        found = {"dlt, defaults": []}
        for file_format in ("parquet", "jsonl"):
            chosen = [*plain, f"format={file_format}"]
            found[f"dlt, {file_format}"] = chosen
            found[f"dlt, {file_format}, {self.bench.cores} workers"] = chosen + several
        return {name: [*settings, "destination=duckdb"] for name, settings in found.items()}

    def runs(self, data):
        return super().runs(data) if data.shape in SHAPES else ()

    def whole(self, data, name, settings):
        # The first stages are the same into SQLite, where they are in the tables.
        return [
            {**sample, "phase": {LOAD: LOAD_DUCKDB}.get(sample["phase"], WHOLE_DUCKDB)}
            for sample in super().whole(data, name, settings) if sample["phase"] not in (EXTRACT, NORMALIZE)]

    def check(self, work, data):
        check_rows(self.bench, os.path.join(work, "dlt.db"), data.rows)
