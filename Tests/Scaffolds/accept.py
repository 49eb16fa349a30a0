"""Makes configurations from descriptions of APIs, and lets our dlt-extract and real dlt accept them.

    accept.py [--bin FOLDER] DESCRIPTION...

Prints a line for each description: its size, the time and memory of dlt-init, lists, records found, lists that page, those of them with
a paginator, keys, parents, and whether `dlt-extract rest --check` and dlt's rest_api_source accept the result. Ends with 1 if one
does not, or if a description took more than 1 s and 0.5 s a MB, or 200 MB.
"""

import argparse
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

VARIABLE = re.compile(r"(\$?)\$\{([A-Za-z0-9_]+)(?::-([^}]*))?\}")
PAGED = {"offset", "cursor", "page_number", "json_link", "header_link", "header_cursor", "auto"}


def filled(value, values):
    """The document with its variables replaced, as dlt-extract does."""
    if isinstance(value, str):
        def replace(match):
            if match[1]:
                return match[0][1:]
            return values.get(match[2], match[3] if match[3] is not None else "")
        return VARIABLE.sub(replace, value).replace("$${", "${")
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    if isinstance(value, dict):
        return {filled(key, values): filled(item, values) for key, item in value.items()}
    return value


def accepted_by_dlt(config) -> str:
    from dlt.sources.rest_api import rest_api_source

    try:
        source = rest_api_source(config)
        count = len(source.resources)
    except Exception as error:  # noqa: BLE001 - whatever dlt says is the answer
        return f"{type(error).__name__}: {str(error)[:300]}"
    return "" if count == len(config["resources"]) else f"{count} of {len(config['resources'])} resources"


def measured(command, **options):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    out, error = process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return process.returncode, out, error, cpu, time.monotonic() - start


def peak(command) -> int:
    """Peak memory in MB, by a process of its own: the system reports the largest of all children."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    return int(subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=".build/release", help="folder of our programs (.build/release)")
    parser.add_argument("--keep", help="folder to keep the configurations in")
    parser.add_argument("description", nargs="+")
    options = parser.parse_args()
    programs = Path(options.bin).resolve()
    failures = []
    totals = dict.fromkeys(["lists", "records", "paged", "named", "keys", "parents"], 0)
    print(f"{'description':26} {'MB':>5} {'cpu s':>6} {'peak':>5} {'lists':>5} {'found':>5} {'paged':>5} {'named':>5} {'keys':>4} {'par':>4}  check dlt")
    for path in map(Path, options.description):
        with tempfile.TemporaryDirectory() as folder:
            name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            description = Path(folder) / path.name.removesuffix(".gz")
            description.write_bytes(text)
            result = Path(options.keep or folder) / f"{name}.yaml"
            command = [str(programs / "dlt-init"), "rest", str(description), "-o", str(result), "--force", "--report", "json"]
            status, report, error, cpu, _ = measured(command)
            if status:
                failures.append(f"{name}: dlt-init ended with {status}: {error}")
                continue
            memory = peak(command)
            report = json.loads(report)
            values = {
                each["name"]: "https://api.example.com" if each["name"].endswith(("BASE_URL", "TOKEN_URL")) else "value"
                for each in report["inputs"] if not each["optional"]
            }
            check = subprocess.run(
                [str(programs / "dlt-extract"), "rest", str(result), "--check"], env={**os.environ, **values},
                capture_output=True, text=True)
            if check.returncode:
                failures.append(f"{name}: --check ended with {check.returncode}: {check.stderr}")
            refusal = accepted_by_dlt(filled(yaml.safe_load(result.read_text()), values))
            if refusal:
                failures.append(f"{name}: dlt: {refusal}")
            size = len(text) / 1e6
            if cpu > 1 + 0.5 * size or memory > 200:
                failures.append(f"{name}: {cpu:.2f} s and {memory} MB for {size:.1f} MB")
            lists = [each for each in report["endpoints"] if each["kind"] == "list"]
            paged = [each for each in lists if each["paginator"]["type"] in PAGED]
            counts = {
                "lists": len(lists), "records": sum(each["records"]["selector"] is not None for each in lists),
                "paged": len(paged), "named": sum(each["paginator"]["type"] != "auto" for each in paged),
                "keys": sum("primary_key" in each for each in lists), "parents": sum("parent" in each for each in lists),
            }
            for key, count in counts.items():
                totals[key] += count
            print(f"{name:26} {size:5.2f} {cpu:6.2f} {memory:5} {counts['lists']:5} {counts['records']:5} {counts['paged']:5} "
                  f"{counts['named']:5} {counts['keys']:4} {counts['parents']:4}  {'no' if check.returncode else 'yes':5} "
                  f"{'no' if refusal else 'yes'}")
    print(f"{'all':26} {'':5} {'':6} {'':5} {totals['lists']:5} {totals['records']:5} {totals['paged']:5} {totals['named']:5} "
          f"{totals['keys']:4} {totals['parents']:4}")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
