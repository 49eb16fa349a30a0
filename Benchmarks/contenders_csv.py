"""Those that read CSV: our programs, `sqlite3 .import`, and DuckDB's read_csv. One file of flat rows, made of the same records.

Types differ: `.import` makes columns of text, DuckDB and we look ahead and choose. Rows are counted after each run.
"""

import csv
import json
import os

from contenders import DuckDB, Ours, check_rows

EXTRACT_CSV, WHOLE_CSV = "extract CSV", "end to end from CSV"
# The shapes that are flat: a CSV file has no lists.
SHAPES = ("rows", "numbers")


def as_csv(data):
    """The records as a CSV file beside the JSON one, made once; nulls are empty cells, booleans `true` and `false`."""
    path = os.path.join(data.folder, data.shape + ".csv")
    if not os.path.exists(path):
        with open(data.file) as records, open(path + ".part", "w", newline="") as output:
            writer = None
            for line in records:
                record = json.loads(line)
                if writer is None:
                    writer = csv.writer(output, lineterminator="\n")
                    writer.writerow(record)
                writer.writerow(str(value).lower() if isinstance(value, bool) else value for value in record.values())
        os.rename(path + ".part", path)
    return path


def by_csv(sample, data):
    """The bytes that a speed is taken of are those of the CSV file."""
    return {**sample, "bytes": os.path.getsize(as_csv(data))}


class OursFromCSV(Ours):
    """dlt-extract alone, and the whole pipe into SQLite."""

    def runs(self, data):
        if data.shape in SHAPES:
            yield "extract CSV", lambda: self.extract(data)
            yield "pipe from CSV", lambda: self.pipe(data)

    def extract_command(self, data):
        return [self.bench.program("dlt-extract"), "files", as_csv(data), "--resource", data.shape, "-q"]

    def extract(self, data):
        return [{**by_csv(sample, data), "phase": EXTRACT_CSV} for sample in super().extract(data)]

    def pipe(self, data):
        return [{**by_csv(sample, data), "phase": WHOLE_CSV} for sample in super().pipe(data)]


class ImportCSV:
    """`sqlite3 .import` into a new table, all of whose columns become text."""

    def __init__(self, bench):
        self.bench = bench

    def runs(self, data):
        if data.shape in SHAPES:
            yield "sqlite3 .import CSV", lambda: self.load(data)

    def load(self, data):
        work = self.bench.fresh()
        database = os.path.join(work, "x.db")
        sample = self.bench.run(
            "sqlite3 .import", WHOLE_CSV, data.records, ["sqlite3", database, f".import --csv '{as_csv(data)}' {data.shape}"])
        check_rows(database, {data.shape: data.records})
        return [by_csv(sample, data)]


class ReadCSV(DuckDB):
    """`CREATE TABLE … AS SELECT * FROM read_csv(…)` into a file of its own, with the types that DuckDB finds."""

    def runs(self, data):
        if data.shape in SHAPES:
            for threads in sorted({1, self.bench.cores}):
                yield f"read_csv {threads}", lambda threads=threads: self.read_csv(data, threads)

    def read_csv(self, data, threads):
        name = "DuckDB read_csv, 1 thread" if threads == 1 else f"DuckDB read_csv, {threads} threads"
        return [by_csv(self.read(name, WHOLE_CSV, data, threads, f"read_csv('{as_csv(data)}')"), data)]
