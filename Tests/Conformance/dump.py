"""What datasets hold, as plain JSON values that two runs agree on (README.md, "The fold")."""

import hashlib
import json

SYSTEM_TABLES = ("dlt_version", "dlt_loads", "dlt_pipeline_state")
ID_COLUMNS = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_list_idx")
NOT_COMPARED = ("version", "version_hash", "previous_hashes", "imported_version_hash")


def is_system(table):
    return table.lstrip("_").lower() in SYSTEM_TABLES


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def comparable_schema(schema):
    return {key: value for key, value in schema.items() if key not in NOT_COMPARED}


def without_columns(step):
    """What can be compared with a result of another kind of database."""
    for table in step.get("tables", {}).values():
        table.pop("columns", None)
    step.pop("state", None)
    return step


def json_cell(text):
    """A text in a JSON column, as parsed."""
    try:
        return {"json": json.loads(text)}
    except ValueError:
        return {"invalid json": text}


def fold(step, loads, ids, literal=frozenset(), unordered=False):
    """Replaces load ids by load:<n> and ids by id:<n>, except the ids in `literal`; changes `step` in place."""
    known = {load: f"load:{n}" for n, load in enumerate(loads, 1)}
    if unordered:
        known.update(validity_times(step))
        sort_rows(step, known, ids)
    numbered = {}
    for name, table in step["tables"].items():
        if is_system(name):
            continue
        for row in table["rows"]:
            for column, value in row.items():
                if not isinstance(value, str):
                    continue
                if value in known:
                    row[column] = known[value]
                elif value in ids and value not in literal:
                    row[column] = numbered.setdefault(value, f"id:{len(numbered) + 1}")
    return step


def validity_times(step):
    """Times at which loads made versions begin and end, by their order. Those that were given lie before 2025 or far ahead."""
    found = set()
    for name, table in ((step.get("schema") or {}).get("tables") or {}).items():
        if is_system(name):
            continue
        columns = [c for c, hints in table["columns"].items() if hints.get("x-valid-from") or hints.get("x-valid-to")]
        for row in step["tables"].get(name, {}).get("rows", []):
            found.update(row[c] for c in columns if "2025" <= row.get(c, "") < "2100")
    return {time: f"time:{n}" for n, time in enumerate(sorted(found), 1)}


def sort_rows(step, known, ids):
    """Orders rows by what they hold, an id by the rows that have it, so that the order they were written in is forgotten."""
    rows = [(name, row) for name, table in step["tables"].items() if not is_system(name) for row in table["rows"]]
    colors = {value: "" for value in ids}

    def color(row):
        cells = {c: f"({colors[v]})" if isinstance(v, str) and v in ids else known.get(v, v) if isinstance(v, str) else v for c, v in row.items()}
        return json.dumps(cells, sort_keys=True, ensure_ascii=False)

    # From the rows' own values outwards, as far as links reach.
    for _ in range(4):
        refined = {}
        for name, row in rows:
            if row.get("_dlt_id") in ids:
                refined.setdefault(row["_dlt_id"], []).append(name + color({c: v for c, v in row.items() if c != "_dlt_id"}))
        colors = {value: hashlib.sha256(json.dumps(sorted(refined.get(value, []))).encode()).hexdigest()[:16] for value in ids}
    for name, table in step["tables"].items():
        if not is_system(name):
            table["rows"].sort(key=lambda row: color(row))


def ids_of(step):
    """Every text that stands in an id column of a folded or raw step."""
    found = set()
    for name, table in step.get("tables", {}).items():
        if not is_system(name):
            for row in table["rows"]:
                found.update(row[c] for c in ID_COLUMNS if isinstance(row.get(c), str))
    return found


def package_tables(rows_by_table):
    """The id columns of a package's rows, for steps marked schema_only, in the shape that `fold` takes."""
    tables, ids = {}, set()
    for name in sorted(rows_by_table, key=lambda name: name.encode()):
        if is_system(name):
            continue
        tables[name] = {"rows": [{c: row[c] for c in ID_COLUMNS if row.get(c) is not None} for row in rows_by_table[name]]}
        ids.update(row["_dlt_id"] for row in rows_by_table[name] if "_dlt_id" in row)
    return tables, ids
