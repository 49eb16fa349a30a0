"""What dlt made of the cases, as it is kept in the repository: whole for SQLite, elsewhere as what differs from that."""

import copy
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent


def pretty(value, indent=0, width=140):
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= width or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {pretty(item, indent + 1, width)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + pretty(item, indent + 1, width) for item in value) + "\n" + " " * indent + "]"


def write(path, value):
    """True when that changes the file."""
    text = pretty(value) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


class Expectations:
    """`expected.json` of each case holds its steps."""

    def expected(self, case):
        path = case.get("folder", Path("/nonexistent")) / "expected.json"
        return json.loads(path.read_text(encoding="utf-8"))["steps"] if path.exists() else None

    def overridden(self, case, steps):
        """The steps with what the case overrides in dlt's results."""
        for override in case.get("overrides", []):
            put(steps, override["path"], override["value"])
        return steps

    def save(self, results, cases):
        """Keeps what dlt made, as (case, steps), and nothing of what is not one of the cases; returns the names of those that have changed."""
        return [
            case["name"] for case, steps in results if write(case["folder"] / "expected.json", {"steps": self.overridden(case, steps)})
        ]


class Changes:
    """One file with what has to be changed in the expected.json of all cases:

    - `types`: the type of a column by that of SQLite
    - `system`: columns of the system tables, for cases whose expected.json has none
    - `state_hashes`: the hash of a state by that of the same state in SQLite, which names another dataset and destination
    - `cases`: by name, [path in the steps, value] for the rest; a path alone removes what is there
    """

    def __init__(self, file, types):
        self.path = HERE / file
        self.types = types
        self.base = Expectations()

    def content(self):
        if self.path.exists():
            return json.loads(self.path.read_text(encoding="utf-8"))
        return {"types": self.types, "system": {}, "state_hashes": {}, "cases": {}}

    def expected(self, case):
        """Of a case that dlt does not run, what is written for SQLite holds here, too, but for changes made by hand."""
        content = self.content()
        if case["name"] not in content["cases"] and case.get("expected_by") != "design":
            return None
        steps = self.translated(case, content)
        for path, *value in content["cases"].get(case["name"], []):
            try:
                put(steps, path, *value)
            except (KeyError, IndexError, TypeError):
                raise SystemExit(f"conformance: {self.path.name} does not fit the expected.json of {case['name']}: record it anew") from None
        return steps

    def overridden(self, case, steps, hashes=None):
        hashes = hashes or self.content()["state_hashes"]
        for override in case.get("overrides", []):
            put(steps, override["path"], hashes.get(override["value"], override["value"]))
        return steps

    def save(self, results, cases):
        before = self.content()
        content = {**copy.deepcopy(before), "types": self.types}
        names = {case["name"] for case in cases}
        content["cases"] = {name: changed for name, changed in content["cases"].items() if name in names}
        found = {"state_hashes": {}, "system": {}}
        for case, steps in results:
            overridden = {tuple(override["path"]) for override in case.get("overrides", [])}
            for number, (theirs, here) in enumerate(zip(self.base.expected(case), steps)):
                hashes = [(step.get("state") or {}).get("version_hash") for step in (theirs, here)]
                if all(hashes) and (number, "state", "version_hash") not in overridden:
                    found["state_hashes"].setdefault(*hashes)
                for name in ("_dlt_loads", "_dlt_pipeline_state", "_dlt_version"):
                    if name in here.get("tables", {}):
                        found["system"].setdefault(name, here["tables"][name]["columns"])
        for part, values in found.items():
            content[part] = dict(sorted({**content[part], **values}.items()))
        for case, steps in results:
            wanted = self.overridden(case, steps, content["state_hashes"])
            content["cases"][case["name"]] = list(changes(self.translated(case, content), wanted))
        content["cases"] = dict(sorted(content["cases"].items()))
        write(self.path, content)
        return [case["name"] for case, _ in results if content["cases"][case["name"]] != before["cases"].get(case["name"])]

    def translated(self, case, content):
        """SQLite's steps with what is different in general."""
        steps = self.base.expected(case)
        for step in steps:
            for name, table in step.get("tables", {}).items():
                if "columns" not in table and name in content["system"] and not case.get("rows_only"):
                    table["columns"] = copy.deepcopy(content["system"][name])
                for column in table.get("columns", []):
                    column[1] = content["types"].get(column[1], column[1])
            state = step.get("state") or {}
            if "version_hash" in state:
                state["version_hash"] = content["state_hashes"].get(state["version_hash"], state["version_hash"])
        return steps


def changes(base, wanted, path=()):
    """What turns `base` into `wanted`, as [path, value] or, for what is to be removed, [path]."""
    if isinstance(base, dict) and isinstance(wanted, dict) and (set(base) & set(wanted) or not base):
        if path[-1:] == ("columns",) and list(base) != list(wanted):
            yield [list(path), wanted]  # their order counts
            return
        for key in base:
            if key not in wanted:
                yield [[*path, key]]
        for key, value in wanted.items():
            if key not in base:
                yield [[*path, key], value]
            else:
                yield from changes(base[key], value, (*path, key))
    elif isinstance(base, list) and isinstance(wanted, list) and len(base) == len(wanted):
        for index, (old, new) in enumerate(zip(base, wanted)):
            yield from changes(old, new, (*path, index))
    elif type(base) is not type(wanted) or base != wanted:
        yield [list(path), wanted]


def put(at, path, *value):
    """Sets the value at the path; without one, removes what is there."""
    for key in path[:-1]:
        at = at[key]
    if value:
        at[path[-1]] = value[0]
    else:
        del at[path[-1]]
