"""What the C twin of the loader needs: a plan of the same tables, statements and rows as a load by dlt-load made.

    floor_plan.py PACKAGE DATABASE FOLDER [BATCH_ROWS]

PACKAGE is a load package, DATABASE a file that dlt-load made of it. FOLDER gets the decompressed job files and `plan`.
"""

import json
import os
import sqlite3
import subprocess
import sys

FORMS = {
    "text": "t", "bigint": "i", "double": "r", "bool": "b", "decimal": "n", "wei": "n", "json": "?", "timestamp": "@",
    "date": "v", "time": "v"}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def make(package, database, folder, batch_rows=20):
    """Returns the path of the plan."""
    with open(os.path.join(package, "manifest.json")) as file:
        manifest = json.load(file)
    with open(os.path.join(package, "schema.json")) as file:
        schema = json.load(file)
    os.makedirs(folder, exist_ok=True)
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    page_size = connection.execute("PRAGMA page_size").fetchone()[0]
    lines = [f"X PRAGMA page_size={page_size}", "X PRAGMA synchronous=FULL", "X PRAGMA cache_size=-16384", "X BEGIN IMMEDIATE"]
    for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY rootpage"):
        lines.append("X " + sql.replace("\n", " ").replace("\t", " "))
    for job in manifest["jobs"]:
        if not job["rows"]:
            continue
        path = os.path.join(folder, job["file"].removesuffix(".zst"))
        with open(path, "wb") as output:
            subprocess.run(["zstd", "-dcq", os.path.join(package, "jobs", job["file"])], stdout=output, check=True)
        columns = schema["tables"][job["table"]]["columns"]
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(job['table'])})")]
        batch = max(1, min(batch_rows, 4000 // len(names), job["rows"]))
        row = "(" + ",".join("?" * len(names)) + ")"
        insert = f"INTO {quoted(job['table'])} ({', '.join(map(quoted, names))}) VALUES "
        lines += [
            f"S INSERT {insert}{row}", f"B {batch} INSERT OR FAIL {insert}{','.join([row] * batch)}", "F " + path]
        lines += [f"C {FORMS[columns[name]['data_type']]} {name}" for name in names]
    connection.close()
    plan = os.path.join(folder, "plan")
    with open(plan, "w") as file:
        file.write("\n".join(lines) + "\n")
    return plan


if __name__ == "__main__":
    print(make(*sys.argv[1:4], *map(int, sys.argv[4:])))
