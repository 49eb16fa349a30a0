"""What a dataset in an SQLite file holds, as plain JSON values that two runs agree on (README.md, "The fold")."""

import datetime
import hashlib
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


def read_postgres(connection, dataset):
    """The same of a dataset in PostgreSQL, rows only: values as SQLite would have them."""
    cursor = connection.cursor()

    def select(query, *values):
        cursor.execute(query, values)
        return cursor.fetchall()

    names = [row[0] for row in select("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", dataset)]
    tables, ids = {}, set()
    for name in sorted(names, key=str.encode):
        place = f"{quoted(dataset)}.{quoted(name)}"
        if is_system(name):
            tables[name] = {"rows": select(f"SELECT count(*) FROM {place}")[0][0]}
            continue
        cursor.execute(f"SELECT * FROM {place}")
        columns, rows = [c.name for c in cursor.description], []
        for record in cursor.fetchall():
            rows.append({c: plain(value) for c, value in zip(columns, record) if value is not None})
            ids.add(rows[-1].get("_dlt_id"))
        tables[name] = {"rows": rows}
    place = f"{quoted(dataset)}._dlt_loads"
    loads = [tuple(row) for row in select(f"SELECT load_id, schema_version_hash FROM {place} ORDER BY inserted_at")]
    stored = select(f"SELECT schema FROM {quoted(dataset)}._dlt_version WHERE version_hash = %s", loads[-1][1])
    step = {"schema": comparable_schema(json.loads(stored[0][0])), "version_hash": loads[-1][1], "tables": tables}
    return step, [load for load, _ in loads], ids - {None}


def plain(value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, float):
        return {"real": repr(value)}
    return value


def without_columns(step):
    """What can be compared with a result of another kind of database."""
    for table in step.get("tables", {}).values():
        table.pop("columns", None)
    step.pop("state", None)
    return step


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
