"""What is measured: each contender is a class whose methods are one timed run each.

A run returns samples, one for each phase: {"contender", "phase", "wall", "cpu", "peak", "records"}, with wall and CPU in seconds
and peak in bytes (of the largest process). It raises `Failed` with a reason when the contender did not do its work.
"""

import glob
import json
import os
import shutil
import sqlite3
import subprocess

import floor_plan

EXTRACT, NORMALIZE, LOAD, WHOLE = "extract", "normalize", "load", "end to end"


class Failed(Exception):
    pass


class Bench:
    """Where things are, and how a program is run and measured."""

    def __init__(self, programs, folder, venv):
        self.programs, self.folder, self.venv = programs, folder, venv
        self.work = os.path.join(folder, "work")
        self.cores = len(os.sched_getaffinity(0))

    def fresh(self):
        """An empty folder for one run; what the last run left is gone."""
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        return self.work

    def program(self, name):
        return os.path.join(self.programs, name)

    def popen(self, command, output, **options):
        """Starts a program under `measure`, whose line will be in the file `output`."""
        log = open(output + ".log", "wb")
        return subprocess.Popen(
            [os.path.join(self.folder, "measure"), output, *command], stderr=log, cwd=self.work,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **options})

    def sample(self, contender, phase, records, output):
        """What `measure` wrote."""
        with open(output) as file:
            status, wall, user, system, peak = file.read().split()
        if status != "0":
            with open(output + ".log", errors="replace") as file:
                lines = file.read().strip().splitlines()
            raise Failed(f"ended with status {status}: {lines[-1] if lines else 'no message'}"[:300])
        return {
            "contender": contender, "phase": phase, "wall": float(wall), "cpu": float(user) + float(system),
            "peak": int(peak) * 1024, "records": records}

    def run(self, contender, phase, records, command, seconds=900, **options):
        output = os.path.join(self.work, "measured")
        process = self.popen(command, output, **options)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"took longer than {seconds} s") from None
        return self.sample(contender, phase, records, output)


class Data:
    """One shape at one size, and what is made of it before anything is timed."""

    def __init__(self, bench, shape, megabytes):
        self.shape, self.megabytes = shape, megabytes
        self.folder = os.path.join(bench.folder, "data", f"{shape}-{megabytes:g}")
        self.file = os.path.join(self.folder, f"{shape}.jsonl")
        self.stream = os.path.join(self.folder, "stream")
        self.package = os.path.join(self.folder, "package")
        self.plan = None
        generator = os.path.join(os.path.dirname(os.path.abspath(__file__)), "generate.py")
        stamp = os.path.join(self.folder, f"made-{os.stat(generator).st_mtime_ns}")
        if not os.path.exists(stamp):
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.folder)
            subprocess.run(["python3", generator, shape, f"{megabytes:g}", self.file], check=True)
            open(stamp, "w").close()
        with open(self.file, "rb") as file:
            self.records = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        self.bytes = os.path.getsize(self.file)
        self.packed = int(subprocess.run(
            f"zstd -1 -c '{self.file}' | wc -c", shell=True, capture_output=True, check=True).stdout)

    def prepare(self, bench):
        """The input of the later stages, by the programs themselves, and the plans of the floors."""
        ours = Ours(bench)
        with open(self.stream, "wb") as output:
            subprocess.run(ours.extract_command(self), stdout=output, check=True, env=ours.environment(bench.fresh()))
        work = bench.fresh()
        with open(self.stream, "rb") as stream:
            made = subprocess.run(
                [bench.program("dlt-normalize"), "-q"], stdin=stream, capture_output=True, check=True, env=ours.environment(work))
        lines = [json.loads(line) for line in made.stdout.splitlines()]
        (package,) = [line for line in lines if line["type"] == "PACKAGE"]
        shutil.rmtree(self.package, ignore_errors=True)
        shutil.copytree(package["path"], self.package)
        database = os.path.join(work, "made.db")
        subprocess.run(
            [bench.program("dlt-load"), "sqlite:///" + database, self.package, "-q"], check=True, env=ours.environment(work))
        rows = os.path.join(self.folder, "rows")
        shutil.rmtree(rows, ignore_errors=True)
        self.plan = floor_plan.make(self.package, database, rows)
        self.make_import(database, rows)
        with open(os.path.join(self.package, "manifest.json")) as file:
            self.rows = {job["table"]: 0 for job in json.load(file)["jobs"]}
        connection = sqlite3.connect(database)
        for table in self.rows:
            self.rows[table] = connection.execute(f"SELECT count(*) FROM {floor_plan.quoted(table)}").fetchone()[0]
        connection.close()

    def make_import(self, database, folder):
        """The same tables as CSV, and a script for sqlite3 to import them."""
        connection = sqlite3.connect(database)
        script = ["BEGIN;"]
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_dlt%' ESCAPE '\\'"):
            path = os.path.join(folder, name + ".csv")
            with open(path, "wb") as output:
                subprocess.run(
                    ["sqlite3", "-csv", database, f"SELECT * FROM {floor_plan.quoted(name)}"], stdout=output, check=True)
            script += [sql.replace("\n", " ") + ";", f".import --csv '{path}' '{name}'"]
        connection.close()
        with open(os.path.join(folder, "import.sql"), "w") as file:
            file.write("\n".join([*script, "COMMIT;"]) + "\n")


def check_rows(database, expected):
    """Whoever is fast must also have loaded everything."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    for table, count in expected.items():
        found = connection.execute(f"SELECT count(*) FROM {floor_plan.quoted(table)}").fetchone()[0]
        if found != count:
            raise Failed(f"loaded {found} rows into {table} instead of {count}")
    connection.close()


class Ours:
    name = "dlt-toolkit"

    def __init__(self, bench):
        self.bench = bench
        help_text = subprocess.run([bench.program("dlt-normalize"), "--help"], capture_output=True, text=True).stdout
        self.has_workers = "--workers" in help_text

    def environment(self, folder):
        return {**os.environ, "DLT_DATA_DIR": os.path.join(folder, "data")}

    def runs(self, data):
        """The timed runs: names and functions."""
        yield "extract", lambda: self.extract(data)
        yield "normalize 1", lambda: self.normalize(data, 1)
        if self.has_workers and self.bench.cores > 1:
            yield "normalize all", lambda: self.normalize(data, self.bench.cores)
        if os.path.exists(self.bench.program("dlt-bench")):
            yield "flatten", lambda: self.flatten(data)
        yield "load", lambda: self.load(data)
        yield "pipe", lambda: self.pipe(data)

    def extract_command(self, data):
        return [self.bench.program("dlt-extract"), "files", data.file, "--resource", data.shape, "-q"]

    def extract(self, data):
        work = self.bench.fresh()
        return [self.bench.run(self.name, EXTRACT, data.records, self.extract_command(data), env=self.environment(work))]

    def normalize(self, data, workers):
        work = self.bench.fresh()
        command = [self.bench.program("dlt-normalize"), "-q"]
        if self.has_workers:
            command += ["--workers", str(workers)]
        name = f"{self.name}, 1 worker" if workers == 1 else f"{self.name}, {workers} workers"
        with open(data.stream, "rb") as stream:
            return [self.bench.run(name, NORMALIZE, data.records, command, stdin=stream, env=self.environment(work))]

    def flatten(self, data):
        """Rows of tables, made in memory by one thread and thrown away; once, by the tool's own clock."""
        work = self.bench.fresh()
        printed = os.path.join(work, "printed")
        with open(printed, "w") as output:
            sample = self.bench.run(
                f"{self.name}, flattening alone", NORMALIZE, data.records,
                [self.bench.program("dlt-bench"), "flatten", "--repeats", "1", data.file], stdout=output)
        with open(printed) as file:
            measured = json.loads(file.read())
        if measured["records"] != data.records:
            raise Failed(f"flattened {measured['records']} records instead of {data.records}")
        # One thread that never waits, so the tool tells its CPU's seconds. Memory is the tool's, which holds the whole file.
        seconds = measured["input_bytes"] / 1e6 / measured["mb_per_second"]
        sample.update(wall=seconds, cpu=seconds, peak=None)
        return [sample]

    def load(self, data):
        work = self.bench.fresh()
        database = os.path.join(work, "x.db")
        sample = self.bench.run(
            self.name, LOAD, data.records, [self.bench.program("dlt-load"), "sqlite:///" + database, data.package, "-q"],
            env=self.environment(work))
        check_rows(database, data.rows)
        return [sample]

    def pipe(self, data):
        work = self.bench.fresh()
        database = os.path.join(work, "x.db")
        sample = self.run_pipe(data, work, ["sqlite:///" + database])
        check_rows(database, data.rows)
        return [sample]

    def run_pipe(self, data, work, destination):
        """All three at once, as people run them."""
        commands = [
            self.extract_command(data), [self.bench.program("dlt-normalize"), "-q"],
            [self.bench.program("dlt-load"), *destination, "-q"]]
        outputs = [os.path.join(work, f"measured-{index}") for index in range(3)]
        processes, previous = [], subprocess.DEVNULL
        for command, output in zip(commands, outputs):
            last = command is commands[-1]
            process = self.bench.popen(
                command, output, stdin=previous, stdout=subprocess.DEVNULL if last else subprocess.PIPE,
                env=self.environment(work))
            if previous is not subprocess.DEVNULL:
                previous.close()
            previous = process.stdout
            processes.append(process)
        for process in processes:
            process.wait()
        samples = [self.bench.sample(self.name, WHOLE, data.records, output) for output in outputs]
        whole = dict(samples[0])
        # All are started together, and each ends with or after the one before it.
        whole["wall"] = max(sample["wall"] for sample in samples)
        whole["cpu"] = sum(sample["cpu"] for sample in samples)
        whole["peak"] = max(sample["peak"] for sample in samples)
        whole["peaks"] = [sample["peak"] for sample in samples]
        return whole


class Twin:
    """The C twin of the loader, see c/load_floor.c."""

    def __init__(self, bench):
        self.bench = bench

    def runs(self, data):
        yield "C parse and bind", lambda: self.load(data, "json", "C loop, parse and bind")
        yield "C bind", lambda: self.load(data, "bound", "C loop, bind only")

    def load(self, data, mode, name):
        work = self.bench.fresh()
        database = os.path.join(work, "x.db")
        printed = os.path.join(work, "printed")
        with open(printed, "w") as output:
            sample = self.bench.run(
                name, LOAD, data.records, [os.path.join(self.bench.folder, "load_floor"), data.plan, database, mode], stdout=output)
        with open(printed) as file:
            wall, cpu, _ = file.read().split()
        # Reading files into memory is not what it is about, nor is its memory.
        sample.update(wall=float(wall), cpu=float(cpu), peak=None)
        check_rows(database, data.rows)
        return [sample]


class Import:
    """`sqlite3 .import` of the same tables as CSV."""

    def __init__(self, bench):
        self.bench = bench

    def runs(self, data):
        yield "sqlite3 .import", lambda: self.load(data)

    def load(self, data):
        work = self.bench.fresh()
        database = os.path.join(work, "x.db")
        with open(os.path.join(os.path.dirname(data.plan), "import.sql"), "rb") as script:
            sample = self.bench.run("sqlite3 .import of CSV", LOAD, data.records, ["sqlite3", database], stdin=script)
        check_rows(database, data.rows)
        return [sample]


class PythonDlt:
    """dlt itself: as it comes, and in the settings that were fastest for one stage or another (README.md)."""

    def __init__(self, bench):
        self.bench = bench
        self.python = os.path.join(bench.venv, "bin", "python")
        self.is_there = bool(glob.glob(os.path.join(bench.venv, "lib", "*", "site-packages", "dlt", "__init__.py")))

    plain = ["DATA_WRITER__DISABLE_COMPRESSION=true", "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION=true"]

    def several_workers(self, data):
        # Each worker normalizes whole files, so there must be enough of them.
        items = max(1000, data.records // (2 * self.bench.cores))
        return [f"NORMALIZE__WORKERS={self.bench.cores}", f"SOURCES__DATA_WRITER__FILE_MAX_ITEMS={items}"]

    def variants(self, data):
        parquet, several = ["format=parquet"], self.several_workers(data)
        return {
            "dlt, defaults": [],
            "dlt, uncompressed": self.plain,
            f"dlt, uncompressed, {self.bench.cores} workers": self.plain + several,
            "dlt, parquet": self.plain + parquet,
            f"dlt, parquet, {self.bench.cores} workers": self.plain + parquet + several,
        }

    def runs(self, data):
        for name, settings in self.variants(data).items():
            yield name, lambda name=name, settings=settings: self.whole(data, name, settings)

    def whole(self, data, name, settings):
        if not self.is_there:
            raise Failed("is not installed")
        work = self.bench.fresh()
        result = os.path.join(work, "result.json")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "contender_dlt.py")
        process = self.bench.run(
            name, "process", data.records, [self.python, script, data.file, data.shape, work, result, *settings])
        with open(result) as file:
            measured = json.load(file)
        self.check(work, data)
        stages = measured["stages"]
        samples = [
            {**process, "phase": phase, "wall": stages[phase]["wall"], "cpu": stages[phase]["cpu"]}
            for phase in (EXTRACT, NORMALIZE, LOAD)]
        # The time that Python takes to start and to import dlt is left out, in dlt's favour.
        samples.append({
            **process, "phase": WHOLE, "wall": sum(sample["wall"] for sample in samples),
            "cpu": sum(sample["cpu"] for sample in samples)})
        return samples

    def check(self, work, data):
        check_rows(os.path.join(work, "dlt.db"), data.rows)


class DuckDB:
    """`CREATE TABLE … AS SELECT * FROM read_json(…)` into a file of its own: nested data stays nested, no child tables."""

    def __init__(self, bench):
        self.bench = bench
        # bin/duckdb is a wrapper in Python.
        found = glob.glob(os.path.join(bench.venv, "lib", "*", "site-packages", "duckdb_cli", "duckdb"))
        self.binary = found[0] if found else None

    def runs(self, data):
        for threads in sorted({1, self.bench.cores}):
            yield f"duckdb {threads}", lambda threads=threads: self.read_json(data, threads)

    def read_json(self, data, threads):
        name = "DuckDB read_json, 1 thread" if threads == 1 else f"DuckDB read_json, {threads} threads"
        return [self.read(name, NORMALIZE, data, threads, f"read_json('{data.file}', format='newline_delimited')")]

    def read(self, name, phase, data, threads, source):
        """The table `records` from `source`, and its rows counted."""
        if not self.binary:
            raise Failed("is not installed")
        work = self.bench.fresh()
        database = os.path.join(work, "duck.db")
        sql = f"SET threads={threads}; CREATE TABLE records AS SELECT * FROM {source}"
        sample = self.bench.run(name, phase, data.records, [self.binary, database, "-c", sql])
        count = subprocess.run(
            [self.binary, database, "-noheader", "-list", "-c", "SELECT count(*) FROM records"], capture_output=True, text=True)
        if count.stdout.strip() != str(data.records):
            raise Failed(f"read {count.stdout.strip()} records instead of {data.records}")
        return sample


class Sling:
    """Sling into SQLite with `flatten`: columns of nested objects, lists as JSON, no child tables."""

    def __init__(self, bench):
        self.bench = bench
        found = glob.glob(os.path.join(bench.venv, "lib", "*", "site-packages", "sling_linux_amd64", "bin", "sling-linux-amd64"))
        self.binary = found[0] if found else None

    def runs(self, data):
        yield "sling", lambda: self.whole(data)

    def whole(self, data):
        if not self.binary:
            raise Failed("is not installed")
        work = self.bench.fresh()
        database = os.path.join(work, "x.db")
        sample = self.bench.run(
            "Sling, flatten", WHOLE, data.records,
            [self.binary, "run", "--src-stream", "file://" + data.file, "--src-options", '{"flatten": true}', "--tgt-conn",
             "sqlite://" + database, "--tgt-object", "main.records", "--mode", "full-refresh"],
            env={**os.environ, "SLING_HOME_DIR": os.path.join(work, "home"), "SLING_DISABLE_TELEMETRY": "TRUE"})
        check_rows(database, {"records": data.records})
        return [sample]
