"""dlt's part of the benchmark: one file into a database, each stage timed inside. Run by dlt's own Python, one run a process.

    contender_dlt.py FILE TABLE FOLDER OUTPUT [SETTING=VALUE...]

Settings are dlt's configuration keys as environment variables, and three of ours: `batch`, the records in one list that the resource
yields; `destination`, sqlite or duckdb; `format`, dlt's format of load files. The database is FOLDER/dlt.db.
OUTPUT gets JSON: for each stage wall and CPU seconds (of this process and all its children), and rows by table.
"""

import json
import os
import resource
import sys
import time

began = time.perf_counter()
file, table, folder, output, *settings = sys.argv[1:]
settings = dict(setting.split("=", 1) for setting in settings)
batch = int(settings.pop("batch", "5000"))
destination, file_format = settings.pop("destination", "sqlite"), settings.pop("format", None)
os.environ.update(settings)
os.environ.update(
    DLT_DATA_DIR=folder, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL",
    # Old data dirs and the working directory must not speak.
    DLT_PROJECT_DIR=folder)
os.chdir(folder)

import dlt  # noqa: E402
import orjson  # noqa: E402


@dlt.resource(name=table)
def records():
    """The fastest reader we know for it: orjson line by line, lists of records at once."""
    lines = []
    with open(file, "rb") as source:
        for line in source:
            lines.append(line)
            if len(lines) == batch:
                yield [orjson.loads(line) for line in lines]
                lines = []
    if lines:
        yield [orjson.loads(line) for line in lines]


def cpu():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def check_format(info):
    """A setting without effect must not be measured under another one's name."""
    jobs = [job for package in info.load_packages for job in package.jobs["completed_jobs"]]
    formats = {job.job_file_info.file_format for job in jobs if not job.job_file_info.table_name.startswith("_dlt")}
    if file_format and formats != {file_format}:
        raise SystemExit(f"dlt has loaded files of the formats {sorted(formats)} instead of {file_format}")
    return sorted(formats)


def main():
    database = f"{folder}/dlt.db"
    where = {
        "sqlite": lambda: (dlt.destinations.sqlalchemy(f"sqlite:///{database}"), "main"),
        "duckdb": lambda: (dlt.destinations.duckdb(database), "bench"),
    }[destination]()
    pipeline = dlt.pipeline(pipeline_name="bench", destination=where[0], dataset_name=where[1])
    stages = {"start": {"wall": time.perf_counter() - began, "cpu": cpu()}}
    for name, stage in [
            # Not by configuration: `normalize.loader_file_format` has no effect in dlt 1.31.
            ("extract", lambda: pipeline.extract(records(), loader_file_format=file_format)),
            ("normalize", pipeline.normalize), ("load", pipeline.load)]:
        wall, used = time.perf_counter(), cpu()
        info = stage()
        stages[name] = {"wall": time.perf_counter() - wall, "cpu": cpu() - used}
        if name == "load":
            info.raise_on_failed_jobs()
            formats = check_format(info)
        if name == "normalize":
            rows = {table: count for table, count in info.row_counts.items() if not table.startswith("_dlt")}
    with open(output, "w") as result:
        json.dump({"stages": stages, "rows": rows, "version": dlt.__version__, "formats": formats}, result)


# Pools of processes may import this file again.
if __name__ == "__main__":
    main()
