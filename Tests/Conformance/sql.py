"""Our source of databases beside dlt's sql_database (backend sqlalchemy) on the same tables.

Called by `scripts/conformance sql [WORD...]`, with words of scenarios and names of cursors to run only these; tables of PostgreSQL and MariaDB are read where DLT_TEST_POSTGRESQL and DLT_TEST_MARIADB_TCP name a server. Two questions: do the same
values arrive, column by column, and does each side continue the other's incremental state?
"""

import base64
import contextlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import urllib.parse
import uuid
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

import reference  # sets dlt's environment, so it comes before dlt
import dlt
from dlt.sources.sql_database import sql_table
from interop import Checks, ScenarioEnded
from places import PLACES
from toolkit import Toolkit

PIPELINE = "interop"

# name, type, value as SQL, and why ours is another value (None: it is not)
POSTGRESQL_TYPES = [
    ("i2", "smallint", "-32768", None), ("i4", "integer", "2147483647", None), ("i8", "bigint", "9223372036854775807", None),
    ("o", "oid", "42", None), ("n", "numeric", "1234.5678", None), ("n20", "numeric(20,6)", "12345678901.123456", None),
    ("f4", "real", "0.5", None), ("f8", "double precision", "0.1", None), ("b", "boolean", "true", None), ("t", "text", "'a\"é'", None),
    ("vc", "varchar(40)", "'v'", None), ("c", "char(6)", "'c'", None), ("m", "money", "'$12.34'", "a decimal, dlt has text"),
    ("by", "bytea", "'\\x00ff'", None), ("d", "date", "'2026-11-30'", None), ("tm", "time", "'08:00:01.5'", None),
    ("tmz", "timetz", "'08:00:01+02'", "in UTC, dlt loses the offset"), ("ts", "timestamp", "'2026-11-30 08:00:01.25'", None),
    ("tz", "timestamptz", "'2026-11-30 08:00:01.25+02'", None), ("u", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", None),
    ("e", "mood", "'ok'", None), ("js", "json", "'{\"a\": [1, 2.5]}'", None), ("jb", "jsonb", "'{\"b\": null}'", None),
    ("ai", "int[]", "'{1,2,NULL}'", None), ("a2", "int[]", "'{{1,2},{3,4}}'", None), ("at", "text[]", "'{x,\"y z\"}'", None),
    ("z", "zip", "'12345'", None), ("p", "pair", "ROW(1,'q')", None), ("ip", "inet", "'10.0.0.1/8'", None), ("ip1", "inet", "'10.0.0.1'", None),
    ("ci", "cidr", "'10.0.0.0/8'", None), ("mac", "macaddr", "'08:00:2b:01:02:03'", None), ("pt", "point", "'(1,2)'", None),
    ("x", "xml", "'<a/>'", None), ("tsv", "tsvector", "'fat cat'", None), ("bt", "bit(3)", "B'101'", None), ("vb", "varbit", "B'1'", None),
    ("ln", "line", "'{1,2,3}'", None), ("nm", "name", "'nm'", None),
    ("dinf", "date", "'infinity'", None), ("nul", "text", "NULL", None),
    ("iv", "interval", "'1 day'", "dlt fails to serialize it"), ("r", "int4range", "'[1,5)'", "text, dlt has an object"),
]

CURSORS = {
    "id": ("integer", ["1", "2", "3", "3", "4", "5", "5", "6"]),
    "at": ("timestamptz", [f"'2026-11-0{day} 10:00+00'" for day in (1, 2, 3, 3, 4, 5, 5, 6)]),
    "naive": ("timestamp", [f"'2026-11-0{day} 10:00:00.5'" for day in (1, 2, 3, 3, 4, 5, 5, 6)]),
    "day": ("date", [f"'2026-11-0{day}'" for day in (1, 2, 3, 3, 4, 5, 5, 6)]),
    "n": ("numeric(10,2)", ["1.25", "2.25", "10.25", "10.25", "11.25", "12.25", "12.25", "100.25"]),
    "word": ("text", ["'a'", "'b'", "'c'", "'c'", "'d'", "'e'", "'e'", "'f'"]),
}
# What is in the table when each of the four runs begins.
SEEN = (2, 4, 6, 8)
TURNS = ("oooo", "odod", "dodo", "oddo", "dood")
# Columns of tables without a primary key: the whole row is hashed, so each type must be hashed alike. Type and value of row n.
KEYLESS = {
    "PostgreSQLSource": [
        ("numeric(12,3)", "{n} / 4.0"), ("numeric", "0.00000001"), ("bytea", "decode('d310ff0{n}', 'hex')"), ("time", "'08:00:0{n}'"), ("time", "'08:00:01.5'"),
        ("timestamptz", "'2026-11-0{n} 10:00+00'"), ("timestamp", "'2026-11-0{n} 10:00:00.25'"), ("date", "'2026-11-0{n}'"), ("double precision", "0.1"), ("real", "0.5"),
        ("jsonb", "'{{\"b\": 1.50, \"a\": [\"x\"]}}'"), ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"), ("boolean", "true"), ("text", "'é \"'"), ("text", "NULL"), ("int[]", "'{{1,2}}'"),
    ],
    "MariaDBSource": [
        ("decimal(12,3)", "{n} / 4.0"), ("blob", "x'd310ff0{n}'"), ("datetime(6)", "'2026-11-0{n} 10:00:00.25'"), ("datetime", "'2026-11-0{n} 10:00'"), ("date", "'2026-11-0{n}'"),
        # No double: dlt makes a column of decimals for it, and ours refuses to make that another one.
        ("varchar(20)", "'é \"'"), ("varchar(20)", "NULL"), ("bigint", "{n}"),
    ],
    "SQLiteSource": [
        ("DECIMAL(12,3)", "{n} / 4.0"), ("BLOB", "x'd310ff0{n}'"), ("DATETIME", "'2026-11-0{n} 10:00:00.250000'"), ("DATE", "'2026-11-0{n}'"), ("TIME", "'08:00:01.500000'"),
        ("REAL", "0.1"), ("TEXT", "'é \"'"), ("TEXT", "NULL"), ("BOOLEAN", "1"),
    ],
}


class PostgreSQLSource:
    def __init__(self, folder):
        import psycopg2

        self.url = os.environ["DLT_TEST_POSTGRESQL"]
        self.connection = psycopg2.connect(self.url)
        self.connection.autocommit = True
        self.schema = "sql_" + uuid.uuid4().hex[:12]
        self.execute(f"CREATE SCHEMA {self.schema}")
        self.execute(f"SET search_path = {self.schema}")

    dlt_url = property(lambda self: self.url.replace("postgresql://", "postgresql+psycopg2://"))

    def execute(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def remove(self):
        self.execute(f"DROP SCHEMA {self.schema} CASCADE")


class MariaDBSource:
    schema = None

    def __init__(self, folder):
        import pymysql

        address = urllib.parse.urlsplit(os.environ["DLT_TEST_MARIADB_TCP"])
        self.connection = pymysql.connect(host=address.hostname, port=address.port, user=address.username, password=address.password, autocommit=True)
        self.database = "sql_" + uuid.uuid4().hex[:12]
        self.execute(f"CREATE DATABASE {self.database}")
        self.execute(f"USE {self.database}")
        self.url = address._replace(path="/" + self.database).geturl()

    dlt_url = property(lambda self: self.url.replace("mysql://", "mysql+pymysql://"))

    def execute(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def remove(self):
        self.execute(f"DROP DATABASE {self.database}")
        self.connection.close()


class SQLiteSource:
    schema = None

    def __init__(self, folder):
        self.path = folder / "source.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.url = self.dlt_url = f"sqlite:///{self.path}"

    def execute(self, sql):
        self.connection.execute(sql)

    def remove(self):
        self.connection.close()


class Side:
    """One destination that both sides load into, each time from an empty machine."""

    def __init__(self, folder, source, programs):
        folder.mkdir()
        self.folder, self.source, self.programs, self.machines = folder, source, programs, 0
        self.place = PLACES["sqlite"](folder)

    def machine(self):
        self.machines += 1
        machine = self.folder / f"machine-{self.machines}"
        machine.mkdir()
        return machine

    def by_dlt(self, table, cursor=None, excluded=()):
        pipeline = dlt.pipeline(PIPELINE, destination=self.place.dlt_destination(), dataset_name=self.place.dataset, pipelines_dir=str(self.machine()))
        incremental = dlt.sources.incremental(cursor) if cursor else None
        pipeline.run(sql_table(self.source.dlt_url, table, schema=self.source.schema, incremental=incremental, excluded_columns=list(excluded) or None))

    def by_us(self, table, cursor=None, excluded=()):
        machine = self.machine()
        if self.place.contents():
            self.programs.call(machine, "dlt-state", "pull", *self.place.arguments, "--pipeline", PIPELINE)
        words = ["--schema", self.source.schema] if self.source.schema else []
        words += ["--cursor", cursor] if cursor else []
        words += ["--exclude-columns", ",".join(excluded)] if excluded else []
        stream = self.programs.call(machine, "dlt-extract", "sql", self.source.url, "--table", table, "--pipeline", PIPELINE, *words)
        packages = self.programs.call(machine, "dlt-normalize", stdin=stream)
        self.programs.call(machine, "dlt-load", *self.place.arguments, stdin=packages)

    def loaded(self, table):
        return sorted(row[0] for row in self.place.query(f"SELECT number FROM {table}"))

    def remembered(self):
        text = self.place.query("SELECT state FROM _dlt_pipeline_state ORDER BY version DESC LIMIT 1")[0][0]
        state = json.loads(zlib.decompress(base64.b64decode(text))).get("sources", {})
        # dlt names the source after the function; only what it remembers is compared.
        return {
            resource: {path: {key: value for key, value in cursor.items() if key != "unique_hashes"} for path, cursor in memory.get("incremental", {}).items()}
            for source in state.values() for resource, memory in source.get("resources", {}).items()
        }


def types(check, programs, work):
    source = PostgreSQLSource(work)
    with contextlib.closing(Closing(source)):
        source.execute("CREATE TYPE mood AS ENUM ('sad','ok'); CREATE DOMAIN zip AS varchar(5); CREATE TYPE pair AS (a int, b text)")
        source.execute("CREATE TABLE t(number int PRIMARY KEY, " + ", ".join(f"{name} {kind}" for name, kind, _, _ in POSTGRESQL_TYPES) + ")")
        source.execute("INSERT INTO t VALUES (1, " + ", ".join(f"CAST({value} AS {kind})" for _, kind, value, _ in POSTGRESQL_TYPES) + ")")
        ours, theirs = Side(work / "ours", source, programs), Side(work / "theirs", source, programs)
        check.attempt("we read all types", lambda: ours.by_us("t"))
        check.attempt("dlt reads all but intervals", lambda: theirs.by_dlt("t", excluded=["iv"]))
        shapes = [{name: kind for name, kind, *_ in side.place.columns("t")} for side in (ours, theirs)]
        for name, kind, _, reason in POSTGRESQL_TYPES:
            if name in ("nul",):
                continue
            values = []
            for side, shape in zip((ours, theirs), shapes):
                values.append((shape.get(name), side.place.query(f"SELECT {name} FROM t")[0][0]) if name in shape else "no column")
            values = [plain(value) for value in values]
            if reason:
                check.equal(f"{kind} ({name}) differs: {reason}", True, values[0] != values[1])
            else:
                check.equal(f"{kind} ({name}) is the same", values[1], values[0])


def plain(value):
    """JSON without its blanks, which differ on purpose."""
    if isinstance(value, tuple) and isinstance(value[1], str) and value[1][:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            return value[0], json.loads(value[1])
    return value


class Closing:
    def __init__(self, source):
        self.close = source.remove


def cursors(check, programs, work, source_type, words):
    for cursor, (kind, values) in CURSORS.items():
        if words and cursor not in words:
            continue
        if source_type is SQLiteSource:
            kind = {"timestamptz": "TIMESTAMP", "timestamp": "DATETIME"}.get(kind, kind)
            # As SQLAlchemy writes them: dlt compares their texts.
            values = [value.replace("+00", ":00.000000") if cursor == "at" else value.replace(".5'", ".500000'") for value in values]
        if source_type is MariaDBSource:
            kind = {"timestamptz": "datetime(6)", "timestamp": "datetime(6)", "text": "varchar(10)", "numeric(10,2)": "decimal(10,2)"}.get(kind, kind)
            values = [value.replace("+00", ":00") for value in values]
        folder = work / cursor
        folder.mkdir()
        results = {}
        for turns in ("dddd", *TURNS):
            (folder / f"source-{turns}").mkdir()
            source = source_type(folder / f"source-{turns}")
            with contextlib.closing(Closing(source)):
                source.execute(f"CREATE TABLE t(number int PRIMARY KEY, {cursor} {kind})")
                side = Side(folder / turns, source, programs)
                there = 0
                for turn, seen in zip(turns, SEEN):
                    for number in range(there, seen):
                        source.execute(f"INSERT INTO t VALUES ({number}, {values[number]})")
                    there = seen
                    run = side.by_dlt if turn == "d" else side.by_us
                    check.attempt(f"{cursor}: {turn} runs in {turns}", lambda: run("t", cursor))
                results[turns] = side.loaded("t"), side.remembered()
        for turns in TURNS:
            check.equal(f"{cursor}: {turns} loads what dlt alone loads", results["dddd"][0], results[turns][0])
            check.equal(f"{cursor}: {turns} remembers what dlt alone remembers", results["dddd"][1], results[turns][1])


def keyless(check, programs, work, source_type):
    columns = KEYLESS[source_type.__name__]
    results = {}
    for turns in ("dddd", *TURNS):
        (work / f"source-{turns}").mkdir()
        source = source_type(work / f"source-{turns}")
        with contextlib.closing(Closing(source)):
            source.execute("CREATE TABLE t(number int, cursor_ int, " + ", ".join(f"c{place} {kind}" for place, (kind, _) in enumerate(columns)) + ")")
            side = Side(work / turns, source, programs)
            there = 0
            for turn, seen in zip(turns, SEEN):
                for number in range(there, seen):
                    row = [str(number), CURSORS["id"][1][number], *(value.format(n=number + 1) for _, value in columns)]
                    source.execute(f"INSERT INTO t VALUES ({', '.join(row)})")
                there = seen
                run = side.by_dlt if turn == "d" else side.by_us
                check.attempt(f"without a key: {turn} runs in {turns}", lambda: run("t", "cursor_"))
            results[turns] = side.loaded("t")
    for turns in TURNS:
        check.equal(f"without a key: {turns} loads what dlt alone loads", results["dddd"], results[turns])


def main(words):
    programs = Toolkit(os.environ.get("DLT_BIN", ROOT / ".build" / "release"))
    if programs.missing():
        print(f"conformance: no {', '.join(programs.missing())} in {programs.folder}: build first, or set DLT_BIN", file=sys.stderr)
        return 66
    check = Checks()
    cursor_names = [word for word in words if word in CURSORS]
    scenario_words = [word for word in words if word not in CURSORS]
    work = Path(tempfile.mkdtemp(prefix="sql-"))
    scenarios = [
        ("cursors in SQLite", lambda folder: cursors(check, programs, folder, SQLiteSource, cursor_names)),
        ("rows without a key in SQLite", lambda folder: keyless(check, programs, folder, SQLiteSource)),
    ]
    if os.environ.get("DLT_TEST_MARIADB_TCP"):
        scenarios += [
            ("cursors in MariaDB", lambda folder: cursors(check, programs, folder, MariaDBSource, cursor_names)),
            ("rows without a key in MariaDB", lambda folder: keyless(check, programs, folder, MariaDBSource)),
        ]
    if os.environ.get("DLT_TEST_POSTGRESQL"):
        scenarios += [
            ("types of PostgreSQL", lambda folder: types(check, programs, folder)),
            ("cursors in PostgreSQL", lambda folder: cursors(check, programs, folder, PostgreSQLSource, cursor_names)),
            ("rows without a key in PostgreSQL", lambda folder: keyless(check, programs, folder, PostgreSQLSource)),
        ]
    try:
        for number, (name, scenario) in enumerate(scenarios):
            if scenario_words and not any(word in name for word in scenario_words):
                continue
            print(f"-- {name}")
            folder = work / str(number)
            folder.mkdir()
            try:
                scenario(folder)
            except ScenarioEnded:
                print("     (the rest of this scenario was not run)")
    finally:
        shutil.rmtree(work, ignore_errors=True)
        reference.clean_up()
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
