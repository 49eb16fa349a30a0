"""What dlt made of the cases, as it is kept in the repository."""

import json
from pathlib import Path


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


def put(at, path, value):
    """Sets the value at the path."""
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
