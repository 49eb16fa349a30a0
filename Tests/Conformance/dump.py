"""What a dataset in an SQLite file holds, as plain JSON values that two runs agree on (README.md, "The fold")."""

import json
import sqlite3

SYSTEM_TABLES = ("dlt_version", "dlt_loads", "dlt_pipeline_state")
ID_COLUMNS = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_list_idx")
NOT_COMPARED = ("version", "version_hash", "previous_hashes", "imported_version_hash")


def is_system(table):
    return table.lstrip("_").lower() in SYSTEM_TABLES


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def decode_text(raw):
    return raw.decode("utf-8", "surrogateescape")


def comparable_schema(schema):
    return {key: value for key, value in schema.items() if key not in NOT_COMPARED}


def read_database(path):
    """Everything a step left behind, ids and load ids still raw."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = decode_text
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")]
    names.sort(key=lambda name: name.encode("utf-8", "surrogateescape"))
    tables, loads, ids = {}, [], set()
    for name in names:
        columns = [[row[1], row[2], row[3]] for row in db.execute(f"PRAGMA table_info({quoted(name)})")]
        if is_system(name):
            tables[name] = {"columns": columns, "rows": db.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]}
            continue
        select = ", ".join(f"{quoted(c[0])}, typeof({quoted(c[0])})" for c in columns)
        rows = []
        for record in db.execute(f"SELECT {select} FROM {quoted(name)}"):  # a scan is in rowid order; a column may be named rowid
            row = {}
            for position, (column, declared, _) in enumerate(columns):
                value, storage = record[2 * position], record[2 * position + 1]
                if column == "_dlt_id" and storage == "text":
                    ids.add(value)
                if storage != "null":
                    row[column] = cell(value, storage, declared)
            rows.append(row)
        tables[name] = {"columns": columns, "rows": rows}

    step = {"schema": None, "version_hash": None, "state": None, "tables": tables}
    by_role = {name.lstrip("_").lower(): name for name in names if is_system(name)}
    if "dlt_loads" in by_role:
        records = db.execute(f"SELECT load_id, schema_version_hash FROM {quoted(by_role['dlt_loads'])} ORDER BY rowid").fetchall()
        loads = [record[0] for record in records]
        if records and "dlt_version" in by_role:
            stored = db.execute(f"SELECT schema FROM {quoted(by_role['dlt_version'])} WHERE version_hash = ?", (records[-1][1],)).fetchone()
            step["version_hash"] = records[-1][1]
            step["schema"] = comparable_schema(json.loads(stored[0])) if stored else None
    if "dlt_pipeline_state" in by_role:
        newest = db.execute(f"SELECT version, engine_version, version_hash FROM {quoted(by_role['dlt_pipeline_state'])} ORDER BY rowid DESC LIMIT 1").fetchone()
        if newest:
            step["state"] = dict(zip(("version", "engine_version", "version_hash"), newest))
    db.close()
    return step, loads, ids


def cell(value, storage, declared):
    if storage == "real":
        return {"real": repr(value)}
    if storage == "blob":
        return {"hex": value.hex()}
    if storage == "text" and declared.upper() == "JSON":
        try:
            return {"json": json.loads(value)}
        except ValueError:
            return {"invalid json": value}
    return value


def fold(step, loads, ids, literal=frozenset()):
    """Replaces load ids by load:<n> and ids by id:<n>, except the ids in `literal`; changes `step` in place."""
    known = {load: f"load:{n}" for n, load in enumerate(loads, 1)}
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
