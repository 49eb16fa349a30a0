"""Figures into words: medians, ratios within rounds, and what was required."""

import os
import platform
import statistics
import subprocess
import sys

from contenders_csv import EXTRACT_CSV, WHOLE_CSV
from contenders_duckdb import LOAD_DUCKDB, WHOLE_DUCKDB, with_threads

PHASES = ["extract", "normalize", "load", "end to end", LOAD_DUCKDB, WHOLE_DUCKDB, EXTRACT_CSV, WHOLE_CSV]
TITLES = {
    "events": "Wide nested events (GitHub's)", "rows": "Narrow flat rows", "children": "Many small child rows",
    "text": "Long text", "numbers": "Numbers"}
OURS = "dlt-toolkit"


def first_line(*command):
    try:
        return (subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines() or ["?"])[0]
    except OSError:
        return "not installed"


def machine():
    model = memory = "?"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as file:
        memory = f"{int(file.readline().split()[1]) / 2**20:.0f} GiB"
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory}, {platform.system()} {platform.release().split('-')[0]} {platform.machine()}"


def versions(bench):
    found = {"commit": first_line("git", "-C", os.path.dirname(os.path.abspath(__file__)), "describe", "--always", "--dirty")}
    pip = subprocess.run(
        [os.path.join(bench.venv, "bin", "pip"), "list", "--format=freeze", "--disable-pip-version-check"], capture_output=True, text=True)
    packages = dict(line.split("==") for line in pip.stdout.splitlines() if "==" in line)
    for package, name in [("dlt", "dlt"), ("orjson", "orjson"), ("duckdb-cli", "DuckDB's CLI"), ("duckdb", "DuckDB of dlt"), ("sling-linux-amd64", "Sling")]:
        found[name] = packages.get(package, "not installed")
    found["libduckdb"] = os.path.basename(os.path.dirname(os.environ.get("DLT_LIBDUCKDB") or "not installed/")).removeprefix("libduckdb-")
    found["SQLite"] = first_line("sqlite3", "--version").split(" ")[0]
    found["Swift"] = next(
        (line.split("Swift version ")[1].split(" ")[0] for line in [first_line("swift", "--version")] if "Swift version " in line), "?")
    found["C compiler"] = first_line("cc", "--version")
    found["Python"] = sys.version.split()[0]
    return found


def speed(sample):
    return sample["bytes"] / sample["wall"]


class Shape:
    """The samples of one shape."""

    def __init__(self, entry):
        self.entry = entry
        self.samples, self.samples_of_best = {}, {}
        for sample in entry["runs"]:
            self.samples.setdefault((sample["contender"], sample["phase"]), {})[sample["round"]] = sample

    def median(self, key, name):
        values = [sample[name] for sample in self.samples.get(key, {}).values() if sample.get(name) is not None]
        return statistics.median(values) if values else None

    def ratio(self, ours, theirs, of):
        """Median over the rounds of `of(ours) / of(theirs)`, and its range; nil without a common round."""
        mine, others = self.rounds(ours), self.rounds(theirs)
        values = [of(mine[number]) / of(others[number]) for number in mine if number in others]
        return (statistics.median(values), min(values), max(values)) if values else None

    def fastest_dlt(self, phase, key):
        """Of each round the sample of whichever of dlt's settings was best in it, as if dlt had been told to use that one."""
        best = {}
        for (name, other), rounds in self.samples.items():
            if other == phase and name.startswith("dlt, "):
                for number, sample in rounds.items():
                    best[number] = min(sample, best.get(number, sample), key=lambda sample: sample[key])
        name = f"dlt at its best in {key}"
        self.samples_of_best[(name, phase)] = best
        return name, phase

    def rounds(self, key):
        return self.samples.get(key) or self.samples_of_best.get(key, {})

    def normalizers(self):
        """Our normalize with one worker, and with all cores where that is another thing."""
        names = [name for name, phase in self.samples if phase == "normalize" and "worker" in name and name.startswith(OURS)]
        one = next((name for name in names if name.endswith(" 1 worker")), None)
        return one, next((name for name in names if name != one), one)


def table(rows, header):
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def shape_section(name, entry):
    shape = Shape(entry)
    text = [
        f"## {TITLES[name]}", "",
        f"{entry['bytes'] / 1e6:.1f} MB, {entry['records']:,} records, {len(entry['rows'])} tables with {sum(entry['rows'].values()):,} rows; "
        f"zstd at level 1 packs the input {entry['ratio']:.1f} times."]
    rows = []
    for phase in PHASES:
        keys = [key for key in shape.samples if key[1] == phase]
        reference = next((key for key in keys if key[0].startswith(OURS)), None)
        if phase == "normalize" and reference:
            reference = (shape.normalizers()[1], phase)
        for key in keys:
            samples = shape.samples[key].values()
            megabytes = statistics.median(speed(sample) / 1e6 for sample in samples)
            per_second = statistics.median(sample["records"] / sample["wall"] for sample in samples)
            # CPU for the same amount of data, where somebody got less of it.
            cpu = statistics.median(sample["cpu"] * entry["bytes"] / sample["input"] for sample in samples)
            peak = shape.median(key, "peak")
            others = reference and key != reference
            slower = shape.ratio(reference, key, speed) if others else None
            dearer = shape.ratio(key, reference, lambda sample: sample["cpu"] / sample["bytes"]) if others else None
            rows.append([
                f"{phase}: {key[0]}" + (" ¹" if any(sample["input"] != entry["bytes"] for sample in samples) else ""),
                f"{megabytes:,.1f}", f"{per_second:,.0f}", f"{cpu:.2f}", f"{peak / 1e6:.0f}" if peak else "",
                f"{slower[0]:.2f} ({slower[1]:.2f}–{slower[2]:.2f})" if slower else ("1" if key == reference else ""),
                f"{dearer[0]:.2f}" if dearer else ("1" if key == reference else "")])
    text += ["", table(rows, ["phase: contender", "MB/s", "records/s", "CPU s", "peak MB", "we are times as fast (range)", "takes times our CPU"])]
    return "\n".join(text)


# What is required


def requirement(text, required, found, met=None, note=""):
    """One row: `found` is a number, or nil where nothing was measured."""
    if found is None:
        return [text, required, "not measured", "–", note]
    return [text, required, found, "yes" if met else "**no**", note]


def ratio_row(text, least, ratio, note=""):
    if ratio is None:
        return requirement(text, f"≥ {least:g}", None, note=note)
    return requirement(text, f"≥ {least:g}", f"{ratio[0]:.2f} ({ratio[1]:.2f}–{ratio[2]:.2f})", ratio[0] >= least, note)


def requirements(results):
    shapes = {name: Shape(entry) for name, entry in results["shapes"].items()}
    rows = []
    if "events" in shapes:
        events = shapes["events"]
        one, every = events.normalizers()

        def frugality(sample):
            return 1 / sample["cpu"]

        best_cpu, best_wall = events.fastest_dlt("normalize", "cpu"), events.fastest_dlt("normalize", "wall")
        for theirs, name in [(best_cpu, "dlt at its best"), (("dlt, defaults", "normalize"), "dlt with its defaults, compressing as we do")]:
            rows.append(ratio_row(
                f"normalize, wide events: times fewer CPU seconds than {name}", 20,
                events.ratio((one, "normalize"), theirs, frugality), "one worker"))
        for theirs, name in [(best_wall, "dlt at its best"), (("dlt, defaults", "normalize"), "dlt with its defaults, compressing as we do")]:
            rows.append(ratio_row(
                f"normalize, wide events, all cores: times the speed of {name}", 20,
                events.ratio((every, "normalize"), theirs, speed), every or ""))
        rows.append(ratio_row(
            "normalize, wide events, one worker: times DuckDB's read_json into a table, one thread", 10,
            events.ratio((one, "normalize"), ("DuckDB read_json, 1 thread", "normalize"), speed), "it makes no child tables"))
        flatten = (f"{OURS}, flattening alone", "normalize")
        for theirs, name in [(best_wall, "dlt at its best"), (("dlt, defaults", "normalize"), "dlt with its defaults")]:
            rows.append(ratio_row(
                f"flattening alone, wide events, one thread: times the speed of {name}", 40, events.ratio(flatten, theirs, speed),
                "dlt reads and writes files"))
        for theirs, name in [
                (events.fastest_dlt("end to end", "wall"), "dlt at its best"), (("dlt, defaults", "end to end"), "dlt with its defaults")]:
            rows.append(ratio_row(
                f"end to end into SQLite, wide events: times {name}", 15, events.ratio((OURS, "end to end"), theirs, speed),
                "without the start of Python"))
    for name, shape in shapes.items():
        for twin, note in [("C loop, bind only", "rows parsed before the clock starts"), ("C loop, parse and bind", "no decompression, no checks")]:
            rows.append(ratio_row(
                f"loader, {name}: of the {twin}", 0.7, shape.ratio((OURS, "load"), (twin, "load"), speed), note))
    rows += requirements_of_duckdb(results, shapes)
    peaks = [
        (sample["peak"], phase, name)
        for name, shape in shapes.items() for (contender, phase), runs in shape.samples.items()
        if contender.startswith(OURS) and phase not in (LOAD_DUCKDB, WHOLE_DUCKDB)
        for sample in runs.values() if sample.get("peak")]
    if peaks:
        most, phase, name = max(peaks)
        rows.append(requirement(
            "peak memory of each program, MB", "< 128", f"{most / 1e6:.0f}", most < 128e6,
            f"at these sizes ({phase}, {name}); scripts/measure-memory for larger ones"))
    for name, limit in [
            ("dlt-normalize", 8), ("dlt-extract", 20), ("dlt-load", 20), ("dlt-state", 20), ("dlt-schema", 20), ("one row into SQLite", 60)]:
        times = results.get("start", {}).get(name)
        value = statistics.median(times) * 1000 if times else None
        rows.append(requirement(
            f"start: {name}{'' if ' ' in name else ' --version'}, ms", f"< {limit}", value and f"{value:.1f}", value and value < limit))
    rows += [
        requirement("identical packages with 1, 2 and 7 workers", "", None, note="is a test: NormalizationTests"),
        requirement("allocations grow with blocks, not with records", "", None, note="is a test of normalize, not of this bench"),
        requirement("instruction counts within 10 % of the recorded ones", "", None, note="scripts/instructions"),
        requirement("all conformance cases pass", "", None, note="scripts/test, scripts/conformance"),
    ]
    return table(rows, ["what", "required", "measured (range)", "met", "how"])


def requirements_of_duckdb(results, shapes):
    """What is required of loading into DuckDB."""

    def frugality(sample):
        return 1 / sample["cpu"]

    rows = []
    for name in [name for name in ("rows", "events") if name in shapes]:
        shape = shapes[name]
        for threads in sorted({1, results["cores"]}):
            ours, theirs = (
                (with_threads(contender, threads), LOAD_DUCKDB) for contender in (OURS, "DuckDB INSERT from read_json"))
            for word, of in (("wall", speed), ("CPU", frugality)):
                rows.append(ratio_row(
                    f"load into DuckDB, {name}: of DuckDB's own INSERT from read_json, by {word}", 0.9, shape.ratio(ours, theirs, of),
                    with_threads("the same limits", threads)))
        whole = (OURS, WHOLE_DUCKDB)
        rows.append(ratio_row(
            f"end to end into DuckDB, {name}: times dlt with its defaults", 40, shape.ratio(whole, ("dlt, defaults", WHOLE_DUCKDB), speed)))
        rows.append(ratio_row(
            f"end to end into DuckDB, {name}: times dlt in its fastest format", 3 if name == "rows" else 2,
            shape.ratio(whole, shape.fastest_dlt(WHOLE_DUCKDB, "wall"), speed)))
    if "events" in shapes:
        peaks = [shapes["events"].median(key, "peak") for key in shapes["events"].samples if key[0].startswith(OURS) and key[1] == LOAD_DUCKDB]
        most = max(peaks, default=None)
        rows.append(requirement(
            "peak memory of dlt-load into DuckDB, wide events, MB", "< 300", most and f"{most / 1e6:.0f}", most and most < 300e6))
    return rows


def busyness(results):
    """Who waits for others' work is slow by the clock, and not by his processor's."""
    before, after = results["load"]
    cores = results["cores"]
    text = f"- Load average of the machine before and after: {before:.1f} and {after:.1f}, on {cores} cores."
    # One contender at a time keeps it near 1, or 2 with several threads.
    if max(before, after) > cores + 1:
        text += (
            " **It was busy with other work: figures by the clock, and their ratios, are not to be trusted; CPU seconds are less "
            "disturbed.** Run it again on a quiet one.")
    return text


def markdown(results):
    options = results["options"]
    text = [
        "# Results", "",
        f"Written by `scripts/bench --size {options['size']:g} --runs {options['runs']}`; [README.md](README.md) says what was measured and how.", "",
        f"- Machine: {results['machine']}",
        "- Versions: " + ", ".join(f"{name} {version}" for name, version in results["versions"].items()),
        f"- {options['runs']} rounds; medians of the rounds, ratios within a round, in brackets the smallest and the largest. "
        f"The whole took {results['seconds'] / 60:.0f} minutes.",
        busyness(results), "",
        "## Required and measured", "", requirements(results)]
    if results.get("start"):
        rows = [
            [name, f"{statistics.median(times) * 1000:.1f}", f"{min(times) * 1000:.1f}", f"{max(times) * 1000:.1f}"]
            for name, times in results["start"].items()]
        text += ["", "## Start", "", table(rows, ["program --version", "median ms", "least", "most"])]
    for name, entry in results["shapes"].items():
        text += ["", shape_section(name, entry)]
    if any(sample["input"] != entry["bytes"] for entry in results["shapes"].values() for sample in entry["runs"]):
        small = max(entry["small"] for entry in results["shapes"].values())
        text += ["", f"¹ measured on {small / 1e6:.0f} MB of the same; CPU seconds scaled to the size of the others."]
    if results["failures"]:
        text += ["", "## Contenders that failed", ""]
        text += [f"- {name}: {reason}" for name, reason in results["failures"].items()]
    return "\n".join(text) + "\n"
