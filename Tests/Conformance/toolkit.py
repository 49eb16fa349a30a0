"""Runs a case through the programs of this toolkit."""

import json
import os
import subprocess
from pathlib import Path

import dump


class ProgramFailed(Exception):
    def __init__(self, program, status, stderr):
        super().__init__(f"{program} ended with {status}: {stderr.strip()[-800:]}")
        self.program, self.status = program, status


def flag_arguments(flags, work, number):
    arguments = []
    for key, value in flags.items():
        option = "--" + key.replace("_", "-")
        if key in ("primary_key", "merge_key"):
            value = value if isinstance(value, str) else ",".join(value)
        elif key == "schema":
            file = work / f"schema-{number}.json"
            file.write_text(json.dumps(value), encoding="utf-8")
            value = str(file)
        elif not isinstance(value, str):
            value = json.dumps(value)
        arguments += [option, value]
    return arguments


class Toolkit:
    """The programs of a folder. `environment`: variables that they get beside those of the caller that are not dlt's."""

    def __init__(self, folder, environment=None):
        self.folder, self.environment = Path(folder), environment or {}

    def missing(self, *, also=None):
        names = ["dlt-extract", "dlt-normalize", "dlt-load", "dlt-state", *([also] if also else [])]
        return [name for name in names if not os.access(self.folder / name, os.X_OK)]

    def call(self, work, program, *arguments, stdin=b""):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("DLT_", "SCHEMA__", "RUNTIME__", "LOAD__"))}
        environment.update({"DLT_DATA_DIR": str(work / "data"), **self.environment})
        done = subprocess.run(
            [str(self.folder / program), *map(str, arguments)],
            input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=work, timeout=300,
        )
        # 3 says that a contract has left something out, which dlt does with a success.
        if done.returncode not in (0, 3):
            raise ProgramFailed(program, done.returncode, done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def run_case(self, case, work, place_type):
        """As reference.run_case; a failed step is ({"error": exit status}, [], set())."""
        place = place_type(work)
        results, before = [], {}
        for number, step in enumerate(case["steps"], 1):
            try:
                results.append(self.run_step(case, step, number, work, place))
            except ProgramFailed as failure:
                status, message = failure.status, str(failure)
                if place.contents() != before:
                    status, message = "failed, but changed the destination", f"{message}; and it changed the destination"
                results.append(({"error": status, "message": message}, [], set()))
            except Exception as error:  # what a program left cannot be read: a difference of this case, not the end of the bench
                results.append(({"error": "unreadable", "message": f"{type(error).__name__}: {error}"}, [], set()))
            before = place.contents()
        place.remove()
        return results

    def run_step(self, case, step, number, work, place):
        packages = self.call(
            work, "dlt-normalize", "--pipeline", case["pipeline"], "--table", step["table"],
            *flag_arguments(step["flags"], work, number), stdin=step["raw"],
        )
        if step.get("schema_only"):
            return read_package(packages)
        self.call(work, "dlt-load", *place.arguments, stdin=packages)
        return place.read()


def read_package(lines):
    import zstandard

    for line in lines.decode().splitlines():
        message = json.loads(line)
        if "path" in message:
            folder = Path(message["path"])
            break
    else:
        raise ProgramFailed("dlt-normalize", 0, f"named no package: {lines!r}")
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    rows = {}
    for job in sorted((folder / "jobs").glob("*.jsonl.zst"), key=lambda job: (job.name.split(".")[0], int(job.name.split(".")[1]))):
        text = zstandard.ZstdDecompressor().stream_reader(job.open("rb")).read().decode()
        rows.setdefault(job.name.split(".")[0], []).extend(json.loads(line) for line in text.split("\n") if line)
    tables, ids = dump.package_tables(rows)
    return {"schema": dump.comparable_schema(schema), "version_hash": schema["version_hash"], "tables": tables}, [], ids
