"""Runs a case through real dlt."""

import gzip
import json
import os
import shutil
import tempfile
from pathlib import Path

WORK = Path(tempfile.mkdtemp(prefix="conformance-dlt-"))
os.environ.update(
    {
        "DLT_DATA_DIR": str(WORK / "data"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        "LOAD__RAISE_ON_MAX_RETRIES": "1",
    }
)
os.environ.pop("SCHEMA__NAMING", None)

import warnings  # noqa: E402

warnings.simplefilter("ignore")

import dlt  # noqa: E402

import dump  # noqa: E402


def clean_up():
    shutil.rmtree(WORK, ignore_errors=True)


def root_cause(error):
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def full_schema(partial, name):
    """A partial stored schema laid over a new one, key by key; lists and scalars replace."""

    def lay(base, over):
        for key, value in over.items():
            if isinstance(value, dict) and isinstance(base.get(key), dict):
                lay(base[key], value)
            else:
                base[key] = value
        return base

    base = dlt.Schema(name).to_dict()
    base.pop("version_hash", None)
    base["previous_hashes"] = []
    return dlt.Schema.from_dict(lay(base, {**partial, "name": name}))


def run_case(case, place_type):
    """One raw result per step: (step, loads, ids), or ({"error": class}, [], set())."""
    work = Path(tempfile.mkdtemp(dir=WORK))
    judge = place_type.judges.get(case.get("judge"))
    place = (judge or place_type)(work)
    read = place.read_as_judge if judge else place.read
    results = []
    try:
        for step in case["steps"]:
            if "naming" in step["flags"]:
                os.environ["SCHEMA__NAMING"] = step["flags"]["naming"]
            results.append(run_step(case, step, work, place, read))
            os.environ.pop("SCHEMA__NAMING", None)
    finally:
        os.environ.pop("SCHEMA__NAMING", None)
        place.remove()
        shutil.rmtree(work, ignore_errors=True)
    return results


def run_step(case, step, work, place, read):
    flags = step["flags"]
    limit = flags.get("max_identifier_length", 63)
    # A new pipeline object for each step, as a nightly job would have; the working folder is what stays.
    pipeline = dlt.pipeline(case["pipeline"], destination=place.dlt_destination(limit), dataset_name=place.dataset, pipelines_dir=str(work / "pipelines"))
    hints = {key: flags[key] for key in ("write_disposition", "primary_key", "merge_key", "columns", "max_table_nesting") if key in flags}
    resource = dlt.resource(step["items"], name=step["table"], **hints)
    arguments = {"schema": full_schema(flags["schema"], case["pipeline"])} if "schema" in flags else {}
    if "schema_contract" in flags:
        arguments["schema_contract"] = flags["schema_contract"]
    try:
        if step.get("schema_only"):
            pipeline.extract(resource, **arguments)
            pipeline.normalize()
            return read_package(pipeline, work)
        pipeline.run(resource, **arguments)
        return read()
    except Exception as error:
        cause = root_cause(error)
        pipeline.abort_packages()
        return {"error": type(cause).__name__, "message": str(cause)[:500]}, [], set()


def read_package(pipeline, work):
    rows = {}
    for job in sorted((work / "pipelines").glob("*/load/normalized/*/new_jobs/*.typed-jsonl*")):
        opened = gzip.open(job, "rt", encoding="utf-8") if job.suffix == ".gz" else open(job, encoding="utf-8")
        with opened as lines:
            for line in lines:
                if line.strip():
                    rows.setdefault(job.name.split(".")[0], []).extend(json.loads(line))
    schema = pipeline.default_schema
    tables, ids = dump.package_tables(rows)
    pipeline.abort_packages()
    return {"schema": dump.comparable_schema(schema.to_dict()), "version_hash": schema.version_hash, "tables": tables}, [], ids
