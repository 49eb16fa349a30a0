"""Where a case is loaded: an SQLite file, or a schema of a PostgreSQL database of its own, for dlt and our programs alike."""

import json
import os
import secrets
import sqlite3
from decimal import Decimal

import dump

STRATEGIES = ["delete-insert", "upsert", "insert-only", "scd2"]


class SQLitePlace:
    """`x.db` in a folder."""

    name = "sqlite"
    dataset = "main"

    def __init__(self, folder, file="x.db"):
        self.path = folder / file

    @property
    def url(self):
        return f"sqlite:///{self.path}"

    @property
    def arguments(self):
        """What of dlt-load's and dlt-state's command line names this place."""
        return [self.url]

    def dlt_destination(self, limit=63):
        import dlt

        return dlt.destinations.sqlalchemy(
            self.url, max_identifier_length=limit, max_column_identifier_length=limit, supported_merge_strategies=STRATEGIES
        )

    def read(self):
        return dump.read_database(self.path)

    def contents(self):
        return self.read()[0]["tables"] if self.path.exists() else {}

    def query(self, sql):
        db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def table_names(self):
        return sorted(row[0] for row in self.query("SELECT name FROM sqlite_master WHERE type = 'table'"))

    def columns(self, table):
        return [row[1:4] for row in self.query(f"PRAGMA table_info({dump.quoted(table)})")]

    def remove(self):
        pass


class PostgreSQLPlace:
    """A schema of its own in the database that DLT_TEST_POSTGRESQL_TCP names."""

    name = "postgresql"

    def __init__(self, folder, file=""):
        self.url = os.environ.get("DLT_TEST_POSTGRESQL_TCP")
        if not self.url:
            raise SystemExit("conformance: no PostgreSQL server: use scripts/postgresql run scripts/conformance …")
        self.dataset = "case_" + secrets.token_hex(6)

    @staticmethod
    def is_available():
        return bool(os.environ.get("DLT_TEST_POSTGRESQL_TCP"))

    @property
    def arguments(self):
        return [self.url, "--dataset", self.dataset]

    def dlt_destination(self, limit=63):
        import dlt

        return dlt.destinations.postgres(self.url, max_identifier_length=limit, max_column_identifier_length=limit)

    def connect(self):
        import psycopg2

        connection = psycopg2.connect(self.url)
        connection.set_session(autocommit=True)
        cursor = connection.cursor()
        cursor.execute(f"SET TIME ZONE 'UTC'; SET search_path = {dump.quoted(self.dataset)}")
        return connection, cursor

    def query(self, sql):
        connection, cursor = self.connect()
        try:
            cursor.execute(sql)
            return cursor.fetchall()
        finally:
            connection.close()

    def table_names(self):
        rows = self.query(f"SELECT tablename FROM pg_tables WHERE schemaname = '{self.dataset}'")
        return sorted(row[0] for row in rows)

    def columns(self, table):
        """Name, type, whether it must not be null, and whether it is unique."""
        return self.query(
            f"""SELECT attname, format_type(atttypid, atttypmod), attnotnull::int, EXISTS (SELECT 1 FROM pg_index
            WHERE indrelid = attrelid AND indisunique AND indkey::text = attnum::text)::int FROM pg_attribute
            WHERE attrelid = '{dump.quoted(self.dataset)}.{dump.quoted(table).replace("'", "''")}'::regclass
            AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
        )

    def read(self):
        """As dump.read_database."""
        names = sorted(self.table_names(), key=lambda name: name.encode())
        tables, loads, ids = {}, [], set()
        for name in names:
            columns = [list(column) for column in self.columns(name)]
            if dump.is_system(name):
                tables[name] = {"columns": columns, "rows": self.query(f"SELECT count(*) FROM {dump.quoted(name)}")[0][0]}
                continue
            select = ", ".join(f"{dump.quoted(column[0])}::text" for column in columns)
            rows = []
            for record in self.query(f"SELECT {select} FROM {dump.quoted(name)} ORDER BY ctid"):
                row = {column[0]: cell(text, column[1]) for text, column in zip(record, columns) if text is not None}
                if isinstance(row.get("_dlt_id"), str):
                    ids.add(row["_dlt_id"])
                rows.append(row)
            tables[name] = {"columns": columns, "rows": rows}

        step = {"schema": None, "version_hash": None, "state": None, "tables": tables}
        by_role = {name.lstrip("_").lower(): name for name in names if dump.is_system(name)}
        if "dlt_loads" in by_role:
            records = self.query(f"SELECT load_id, schema_version_hash FROM {dump.quoted(by_role['dlt_loads'])} ORDER BY inserted_at")
            loads = [record[0] for record in records]
            if records and "dlt_version" in by_role:
                stored = self.query(f"SELECT schema FROM {dump.quoted(by_role['dlt_version'])} WHERE version_hash = '{records[-1][1]}'")
                step["version_hash"] = records[-1][1]
                step["schema"] = dump.comparable_schema(json.loads(stored[0][0])) if stored else None
        if "dlt_pipeline_state" in by_role:
            newest = self.query(
                f"SELECT version, engine_version FROM {dump.quoted(by_role['dlt_pipeline_state'])} ORDER BY created_at DESC LIMIT 1"
            )
            if newest:
                # Without the hash: the state has the dataset's name in it.
                step["state"] = dict(zip(("version", "engine_version"), newest[0]))
        return step, loads, ids

    def read_as_sqlite(self):
        connection, cursor = self.connect()
        try:
            return dump.read_postgres(connection, self.dataset)
        finally:
            connection.close()

    def contents(self):
        return self.read()[0]["tables"]

    def remove(self):
        connection, cursor = self.connect()
        cursor.execute(f"DROP SCHEMA IF EXISTS {dump.quoted(self.dataset)} CASCADE; DROP SCHEMA IF EXISTS {dump.quoted(self.dataset + '_staging')} CASCADE")
        connection.close()


def cell(text, declared):
    if declared in ("bigint", "integer", "smallint"):
        return int(text)
    if declared == "boolean":
        return text == "true"
    if declared == "double precision":
        return {"real": repr(float(text) + 0.0)}  # negative zero is not told from zero
    if declared.startswith("numeric"):
        return {"numeric": text}
    if declared == "bytea":
        return {"hex": text[2:]}
    if declared == "jsonb":
        return {"json": json.loads(text, parse_float=number, parse_int=number)}
    return text


def number(digits):
    """1000, 1000.0 and 1e3 are one number, and long ones keep their digits."""
    return f"number {Decimal(digits).normalize()}"


PLACES = {place.name: place for place in (SQLitePlace, PostgreSQLPlace)}
