"""The conformance bench: the same records through real dlt and through our programs, every difference shown.

Called by scripts/conformance; see README.md for what a case is and how results are made comparable.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = HERE / "cases"
STANDARD = HERE / "standard.json"
FLAGS = {
    "write_disposition", "primary_key", "merge_key", "columns", "naming", "max_table_nesting", "max_identifier_length", "schema",
    "schema_contract",
}
SHOWN_DIFFERENCES = 12

import dump  # noqa: E402
import records  # noqa: E402
from places import PLACES  # noqa: E402


# Cases

def load_case(folder):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    case["name"], case["folder"] = folder.name, folder
    for step in case["steps"]:
        step.setdefault("flags", {})
        unknown = set(step["flags"]) - FLAGS
        if unknown:
            raise SystemExit(f"{folder.name}: unknown flags {sorted(unknown)}")
        step["raw"] = (folder / step["input"]).read_bytes()
        step["items"] = [json.loads(line) for line in step["raw"].decode("utf-8").split("\n") if line.strip()]
    return case


def committed_cases(patterns):
    folders = sorted(f for f in CASES.iterdir() if (f / "case.json").exists())
    return [load_case(f) for f in folders if not patterns or any(p in f.name for p in patterns)]


def case_of_items(name, table, batches):
    steps = []
    for items in batches:
        raw = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode("utf-8")
        steps.append({"table": table, "flags": {}, "raw": raw, "items": items})
    return {"name": f"shared/{name}", "pipeline": "shared", "steps": steps}


def shared_cases(patterns):
    """Real data beside the repository, where it is present; never committed."""
    folder = ROOT.parent / "shared" / "data"
    folder = Path(os.environ.get("DLT_SHARED_DATA", folder))
    found = []

    def read(name):
        path = folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    movies, events, builds = read("movies-2010s.json"), read("github_events.json"), read("apache_builds.json")
    if movies:
        found.append(case_of_items("movies", "movies", [movies[: len(movies) // 2], movies[len(movies) // 2 :]]))
    if events:
        found.append(case_of_items("github-events", "events", [events[:20], events[20:]]))
    if builds:
        found.append(case_of_items("apache-builds-document", "builds", [[builds]]))
        found.append(case_of_items("apache-builds-jobs", "jobs", [builds["jobs"]]))
    for path in sorted((folder / "github_api").glob("*.json")):
        bodies = []
        for exchange in json.loads(path.read_text(encoding="utf-8")):
            body = exchange.get("response", exchange.get("body"))
            body = body.get("body", body) if isinstance(body, dict) else body
            bodies += [item for item in (body if isinstance(body, list) else [body]) if isinstance(item, dict)]
        if bodies:
            found.append(case_of_items(f"github-api-{path.stem}", path.stem, [bodies]))
            found.append(case_of_items(f"github-api-{path.stem}-exchanges", path.stem, [json.loads(path.read_text(encoding="utf-8"))]))
    return [case for case in found if not patterns or any(p in case["name"] for p in patterns)]


# Results

def standard_parts():
    return json.loads(STANDARD.read_text(encoding="utf-8"))


def abbreviate(schema, standard):
    """Parts of a stored schema that never vary are written as "standard" (standard.json has them)."""
    tables = {name: "standard" if table == standard["tables"].get(name) else table for name, table in schema["tables"].items()}
    settings = "standard" if schema["settings"] == standard["settings"] else schema["settings"]
    return {**schema, "tables": tables, "settings": settings}


def folded(raw, literal, standard, case):
    step, loads, ids = raw
    if "error" in step:
        return {key: step[key] for key in ("error", "message") if key in step}
    if case.get("rows_only"):
        dump.without_columns(step)
    dump.fold(step, loads, ids, literal, case.get("unordered", False))
    if step.get("schema"):
        step["schema"] = abbreviate(step["schema"], standard)
    return step


def literal_ids(case):
    """The ids of a case that stand for themselves."""
    found = set()
    for step in records.Expectations().expected(case) or []:
        found |= dump.ids_of(step)
    return {value for value in found if not value.startswith("id:")}


# Comparison

def compare(expected, actual, place=""):
    """Differences as (place, expected, actual). Keys the expectation leaves out of a step are not compared."""
    if type(expected) is not type(actual):
        yield place, expected, actual
    elif isinstance(expected, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            here = f"{place}.{key}" if place else str(key)
            if key not in actual:
                yield here, expected[key], "(absent)"
            elif key not in expected:
                yield here, "(absent)", actual[key]
            else:
                yield from compare(expected[key], actual[key], here)
        if place.endswith(".columns") and list(expected) != list(actual) and set(expected) == set(actual):
            yield f"{place} (order)", list(expected), list(actual)
    elif isinstance(expected, list):
        if place.endswith(".columns") and [c[0] for c in expected] != [c[0] for c in actual]:
            yield f"{place} (names)", [c[0] for c in expected], [c[0] for c in actual]
            return
        for index in range(max(len(expected), len(actual))):
            here = f"{place}[{index}]"
            if index >= len(actual):
                yield here, expected[index], "(absent)"
            elif index >= len(expected):
                yield here, "(absent)", actual[index]
            else:
                yield from compare(expected[index], actual[index], here)
    elif expected != actual:
        yield place, expected, actual


def compare_step(expected, actual, exit_status, place):
    if "error" in expected:
        if exit_status is None:
            got = actual.get("error", "(no error)")
            if got != expected["error"]:
                yield f"{place}.error", expected["error"], got
        elif actual.get("error") not in (exit_status if isinstance(exit_status, list) else [exit_status]):
            yield f"{place} should fail ({expected['error']} in dlt)", f"exit {exit_status}", actual.get("message", "(no error)")
    elif "error" in actual:
        yield place, "success", actual.get("message", actual["error"])
    else:
        for key, value in expected.items():
            yield from compare(value, actual.get(key), f"{place}.{key}")


def compare_results(case, expected, actual, of_programs):
    for number, (want, got) in enumerate(zip(expected, actual), 1):
        step = case["steps"][number - 1]
        status = step.get("expect_error", {}).get("exit", 65) if of_programs else None
        yield from compare_step(want, got, status, f"step {number}")


def show(differences, left, right):
    for place, want, got in differences[:SHOWN_DIFFERENCES]:
        print(f"    {place}")
        quote = type(want) is not type(got)  # "1" against 1
        print(f"      - {left}: {shortened(want, quote)}")
        print(f"      + {right}: {shortened(got, quote)}")
    if len(differences) > SHOWN_DIFFERENCES:
        print(f"    ... and {len(differences) - SHOWN_DIFFERENCES} more")


def shortened(value, quote):
    text = value if isinstance(value, str) and not quote else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 900 else text[:900] + " ..."


# Commands

def record(arguments):
    import reference

    place = PLACES[arguments.destination]
    if place.runs_all:
        write_standard(reference, place)
    standard = standard_parts()
    results, failed = [], 0
    try:
        for case in cases_for(place, committed_cases(arguments.cases)):
            if not runs_in_dlt(case, place):
                continue
            steps = dlt_steps(reference, case, place, standard, literal=None)
            for number, (step, result) in enumerate(zip(case["steps"], steps), 1):
                if ("expect_error" in step) != ("error" in result):
                    # Where SQLite stores anything anywhere, another destination may refuse it; there our programs must fail, too.
                    failed += place.runs_all
                    print(f"{case['name']} step {number}: {result.get('error', 'no error')}: {result.get('message', 'expected one')}")
                result.pop("message", None)
            results.append((case, steps))
    finally:
        reference.clean_up()
    changed = place.record.save(results, cases_for(place, committed_cases([])))
    for name in changed:
        print(f"recorded {name}")
    print(f"{len(results)} recorded, {len(changed)} changed, {failed} unexpected outcomes")
    return 1 if failed else 0


def dlt_steps(reference, case, place, standard, literal):
    """What dlt makes of a case. `literal`: ids that stand for themselves; None finds them, as what two runs agree on."""
    raw = reference.run_case(case, place)
    if literal is None:
        again = reference.run_case(case, place) if case.get("exact_ids") else None
        literal = set.intersection(*(set().union(*(step[2] for step in run)) for run in (raw, again))) if again else set()
    return [folded(step, literal, standard, case) for step in raw]


def write_standard(reference, place):
    """What every plain run stores: the system tables and settings of a new schema."""
    case = {"pipeline": "standard", "steps": [{"table": "t", "flags": {}, "items": [{"a": 1}]}]}
    schema = reference.run_case(case, place)[0][0]["schema"]
    standard = {"tables": {name: table for name, table in schema["tables"].items() if dump.is_system(name)}, "settings": schema["settings"]}
    records.write(STANDARD, standard)


def cases_for(place, cases):
    """The cases as they are on the place, without those that say nothing about it."""
    return [here(case, place) for case in cases if place.runs_all or is_for(case, place)]


def is_for(case, place):
    """Whether it is known what our programs should do there: the case loads, no difference is declared, and dlt does it or it is written down."""
    only_package = any(step.get("schema_only") for step in case["steps"])
    is_known = place.record or case.get("expected_by") != "design"
    return is_known and not only_package and place.name not in case.get("differs", {})


def here(case, place):
    case = dict(case)
    if place.name in case.get("recorded_on", []):
        case.pop("expected_by")
    if "judge" in case and case["judge"] not in place.judges:
        # dlt has the strategy here, so that columns and state are compared, too.
        case.pop("rows_only")
    if not place.keeps_order:
        case["unordered"] = True
    return case


def runs_in_dlt(case, place):
    """Not where the expectation is ours, nor where dlt would need a database that is not there."""
    judge = place.judges.get(case.get("judge"), place)
    return case.get("expected_by") != "design" and judge.obstacle() is None


def run(arguments):
    from toolkit import Toolkit

    place, programs = PLACES[arguments.destination], None
    if not arguments.dlt_only:
        programs = Toolkit(arguments.bin, place.environment())
        if programs.missing():
            print(f"conformance: no {', '.join(programs.missing())} in {arguments.bin}: build first, or set DLT_BIN", file=sys.stderr)
            return 66
    use_dlt = not arguments.recorded or place.record is None
    if use_dlt:
        import reference
    standard = standard_parts()
    cases = cases_for(place, committed_cases(arguments.cases) + (shared_cases(arguments.cases) if use_dlt else []))
    passed, failures, started = 0, [], time.monotonic()
    work_root = Path(tempfile.mkdtemp(prefix="conformance-"))
    try:
        for case in cases:
            differences = check(case, programs, reference if use_dlt else None, standard, work_root, place)
            if differences:
                failures.append(case["name"])
                print(f"FAIL {case['name']}: {case.get('description', '')}")
                for left, right, found in differences:
                    show(found, left, right)
            else:
                passed += 1
                if arguments.verbose:
                    print(f"ok   {case['name']}")
    finally:
        if arguments.keep:
            print(f"kept {work_root}")
        else:
            shutil.rmtree(work_root, ignore_errors=True)
        if use_dlt:
            reference.clean_up()
    if failures:
        print("failed: " + " ".join(failures))
    print(f"{passed} passed, {len(failures)} failed ({time.monotonic() - started:.0f} s)")
    return 1 if failures else 0


def check(case, programs, reference, standard, work_root, place):
    """Lists of differences: dlt as recorded against dlt now, and dlt against our programs."""
    recorded = place.record.expected(case) if place.record else None
    literal, found, want = literal_ids(case), [], recorded
    if place.record and want is None and "folder" in case:
        return [("recorded", "case", [("a record", "present", "absent: scripts/conformance record writes it")])]
    if want is not None and len(want) != len(case["steps"]):
        return [("recorded", "case", [("number of steps", len(want), len(case["steps"]))])]
    if reference and runs_in_dlt(case, place):
        want = dlt_steps(reference, case, place, standard, literal)
        if recorded:
            want = place.record.overridden(case, want)
            drift = list(compare_results(case, recorded, want, of_programs=False))
            if drift:
                found.append(("recorded", "dlt now", drift))
    if programs:
        work = work_root / case["name"].replace("/", "-")
        work.mkdir()
        got = [folded(step, literal, standard, case) for step in programs.run_case(case, work, place)]
        differences = list(compare_results(case, want, got, of_programs=True))
        if differences:
            found.append(("want" if case.get("expected_by") == "design" else "dlt", "ours", differences))
    return found


def main():
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="run real dlt on the committed cases and rewrite what is recorded of it")
    recording.add_argument("cases", nargs="*", help="parts of case names")
    recorded = [name for name, place in PLACES.items() if place.record]
    recording.add_argument("--destination", choices=recorded, default="sqlite", help="where dlt loads (default: sqlite)")
    running = commands.add_parser("run", help="compare our programs with real dlt (the default)")
    running.add_argument("cases", nargs="*", help="parts of case names")
    running.add_argument("--recorded", action="store_true", help="against the recorded expectations only; dlt is not run")
    running.add_argument("--dlt-only", action="store_true", help="real dlt against the recorded expectations; our programs are not run")
    running.add_argument("--destination", choices=PLACES, default="sqlite", help="where to load; without a record there, dlt is always run")
    running.add_argument("--keep", action="store_true", help="keep the folders of the runs")
    running.add_argument("-v", "--verbose", action="store_true")
    running.add_argument("--bin", default=os.environ.get("DLT_BIN", ROOT / ".build" / "release"), help="folder of our programs (DLT_BIN)")
    arguments = parser.parse_args()
    obstacle = PLACES[arguments.destination].obstacle()
    if obstacle:
        raise SystemExit(f"conformance: {obstacle}")
    return {"record": record, "run": run}[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
