"""PostgreSQL: a schema of its own in the database that DLT_TEST_POSTGRESQL_TCP names (scripts/postgresql)."""

import datetime
import json
import os
import secrets
from decimal import Decimal

import dump
from places.place import Place


class PostgreSQLPlace(Place):
    name = "postgresql"
    # Deleted rows leave room that others may take.
    keeps_order = False
    state_columns = ("version", "engine_version")

    def __init__(self, folder):
        self.url = os.environ["DLT_TEST_POSTGRESQL_TCP"]
        self.dataset = "case_" + secrets.token_hex(6)

    @classmethod
    def obstacle(cls):
        if not os.environ.get("DLT_TEST_POSTGRESQL_TCP"):
            return "there is no PostgreSQL server: use scripts/postgresql run scripts/conformance …"
        return None

    @property
    def arguments(self):
        return [self.url, "--dataset", self.dataset]

    def dlt_destination(self, limit=63):
        import dlt

        return dlt.destinations.postgres(self.url, max_identifier_length=limit, max_column_identifier_length=limit)

    def execute(self, sql, fetch=True):
        import psycopg2

        connection = psycopg2.connect(self.url)
        try:
            connection.set_session(autocommit=True)
            cursor = connection.cursor()
            cursor.execute(f"SET TIME ZONE 'UTC'; SET search_path = {dump.quoted(self.dataset)}")
            cursor.execute(sql)
            return ([column.name for column in cursor.description], cursor.fetchall()) if fetch else None
        finally:
            connection.close()

    def query(self, sql):
        return self.execute(sql)[1]

    def exists(self):
        return bool(self.table_names())

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

    def rows(self, table, columns):
        select = ", ".join(f"{dump.quoted(column[0])}::text" for column in columns)
        return [
            {column[0]: cell(text, column[1]) for text, column in zip(record, columns) if text is not None}
            for record in self.query(f"SELECT {select} FROM {dump.quoted(table)} ORDER BY ctid")
        ]

    def remove(self):
        schemas = ", ".join(dump.quoted(name) for name in (self.dataset, self.dataset + "_staging"))
        self.execute(f"DROP SCHEMA IF EXISTS {schemas} CASCADE", fetch=False)

    def read_as_judge(self):
        """As `read`, rows only: values as SQLite would have them."""
        tables, ids = {}, set()
        for name in sorted(self.table_names(), key=str.encode):
            if dump.is_system(name):
                tables[name] = {"rows": self.query(f"SELECT count(*) FROM {dump.quoted(name)}")[0][0]}
                continue
            columns, records = self.execute(f"SELECT * FROM {dump.quoted(name)}")
            rows = [{c: plain(value) for c, value in zip(columns, record) if value is not None} for record in records]
            ids.update(row["_dlt_id"] for row in rows if "_dlt_id" in row)
            tables[name] = {"rows": rows}
        step = {"schema": None, "version_hash": None, "tables": tables}
        return step, self.read_loads({"dlt_loads": "_dlt_loads", "dlt_version": "_dlt_version"}, step), ids


def plain(value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, float):
        return {"real": repr(value)}
    return value


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
