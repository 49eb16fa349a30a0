"""DuckDB: `x.duckdb` in the folder of the case, read by the package `duckdb`."""

import contextlib
import os

import dump
from places.place import Place
from records import Changes

# How a value is asked for, by the part of its type before "(": as SQLite's records have it where that loses nothing.
SHOWN = {
    "TIMESTAMP WITH TIME ZONE": "strftime({}::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%f')",
    "TIMESTAMP": "strftime({}, '%Y-%m-%d %H:%M:%S.%f')",
    "TIMESTAMP_S": "strftime({}::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%f')",
    "TIMESTAMP_MS": "strftime({}::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%f')",
    "TIMESTAMP_NS": "strftime({}, '%Y-%m-%d %H:%M:%S.%n')",
    "TIME": "strftime(DATE '2000-01-01' + {}, '%H:%M:%S.%f')",
    "BLOB": "lower(hex({}))",
}
# Types of the columns that dlt makes in DuckDB for those that it makes in SQLite; others are recorded as changes.
TYPES = {
    "TEXT": "VARCHAR", "VARCHAR(64)": "VARCHAR", "VARCHAR(128)": "VARCHAR", "DATETIME": "TIMESTAMP WITH TIME ZONE",
    "NUMERIC(38, 9)": "DECIMAL(38,9)",
}


class DuckDBPlace(Place):
    name = "duckdb"
    record = Changes("duckdb.json", TYPES)
    row_number = "rowid"
    # Neither the name of the file nor one that a naming convention changes.
    dataset = "loaded_data"

    def __init__(self, folder):
        self.path = folder / "x.duckdb"
        self.connection = None

    @classmethod
    def obstacle(cls):
        try:
            import duckdb  # noqa: F401
        except ImportError:
            return "the package duckdb is not installed"
        return None

    @property
    def url(self):
        return f"duckdb:///{self.path}"

    @property
    def arguments(self):
        return [self.url, "--dataset", self.dataset]

    @classmethod
    def environment(cls):
        return {name: os.environ[name] for name in ("DLT_LIBDUCKDB",) if name in os.environ}

    def dlt_destination(self, limit=63):
        import dlt

        return dlt.destinations.duckdb(self.url, max_identifier_length=limit, max_column_identifier_length=limit)

    @contextlib.contextmanager
    def connected(self):
        """One connection for several queries. It is not kept longer: it keeps every other process out of the file."""
        import duckdb

        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            if connection.execute("SELECT 1 FROM duckdb_schemas() WHERE schema_name = ?", [self.dataset]).fetchall():
                connection.execute(f"SET search_path = '{self.dataset}'")
            self.connection = connection
            try:
                yield connection
            finally:
                self.connection = None

    def query(self, sql):
        if self.connection:
            return self.connection.execute(sql).fetchall()
        with self.connected() as connection:
            return connection.execute(sql).fetchall()

    def read(self):
        with self.connected():
            return super().read()

    def exists(self):
        return self.path.exists()

    def table_names(self):
        rows = self.query("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()")
        # dlt leaves its staging dataset behind; nothing else has any business here.
        strays = sorted(f"{schema}.{table}" for schema, table in rows if schema not in (self.dataset, self.dataset + "_staging"))
        if strays:
            raise AssertionError(f"tables outside the dataset: {', '.join(strays)}")
        return sorted(table for schema, table in rows if schema == self.dataset)

    def columns(self, table):
        """Name, type, whether it must not be null; then constraints, indexes and a default, where there are any."""
        place = f"database_name = current_database() AND schema_name = '{self.dataset}' AND table_name = '{table.replace(chr(39), chr(39) * 2)}'"
        rows = self.query(
            f"""SELECT column_name, data_type, (NOT is_nullable)::INTEGER, column_default FROM duckdb_columns()
            WHERE {place} ORDER BY column_index"""
        )
        columns = [[*row[:3], *([f"DEFAULT {row[3]}"] if row[3] is not None else [])] for row in rows]
        others = self.query(
            f"""SELECT constraint_type, constraint_column_names FROM duckdb_constraints() WHERE {place} AND constraint_type <> 'NOT NULL'
            UNION ALL SELECT sql, [] FROM duckdb_indexes() WHERE {place}"""
        )
        for what, names in others:
            for column in columns:
                if not names or column[0] in names:
                    column.append(what)
        return columns

    def rows(self, table, columns):
        select = ", ".join(shown(column[0], column[1]) for column in columns)
        return [
            {column[0]: cell(value, column[1]) for column, value in zip(columns, record) if value is not None}
            for record in self.query(f"SELECT {select} FROM {dump.quoted(table)}")
        ]


def kind(declared):
    return declared.split("(")[0]


def shown(name, declared):
    return SHOWN.get(kind(declared), "{}::VARCHAR").format(dump.quoted(name))


def cell(text, declared):
    if kind(declared) in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"):
        return int(text)
    if declared == "BOOLEAN":
        return int(text == "true")
    if declared == "DOUBLE":
        return {"real": repr(float(text) + 0.0)}  # negative zero is not told from zero
    if kind(declared) == "DECIMAL":
        return {"decimal": text}
    if declared == "BLOB":
        return {"hex": text}
    if declared == "JSON":
        return dump.json_cell(text)
    return text
