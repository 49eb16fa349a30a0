"""SQLite: `x.db` in the folder of the case."""

import sqlite3

import dump
from places.place import Place
from places.postgresql import PostgreSQLPlace
from records import Expectations

# dlt's own list has fewer for SQLite, and refuses to store a hint that names another.
STRATEGIES = ["delete-insert", "upsert", "insert-only", "scd2"]


class SQLitePlace(Place):
    name = "sqlite"
    runs_all = True
    record = Expectations()
    row_number = "rowid"
    judges = {"postgres": PostgreSQLPlace}
    dataset = "main"

    def __init__(self, folder):
        self.path = folder / "x.db"

    @property
    def url(self):
        return f"sqlite:///{self.path}"

    @property
    def arguments(self):
        return [self.url]

    def dlt_destination(self, limit=63):
        import dlt

        return dlt.destinations.sqlalchemy(
            self.url, max_identifier_length=limit, max_column_identifier_length=limit, supported_merge_strategies=STRATEGIES
        )

    def query(self, sql):
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        # Texts are compared byte by byte, and need not be UTF-8 to be read.
        database.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def exists(self):
        return self.path.exists()

    def table_names(self):
        rows = self.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        return sorted(row[0] for row in rows)

    def columns(self, table):
        return [row[1:4] for row in self.query(f"PRAGMA table_info({dump.quoted(table)})")]

    def rows(self, table, columns):
        # A scan is in the order of rowid; a column may be named rowid, so it is not asked for.
        select = ", ".join(f"{dump.quoted(column[0])}, typeof({dump.quoted(column[0])})" for column in columns)
        return [
            {column[0]: cell(value, storage, column[1]) for column, value, storage in zip(columns, record[::2], record[1::2]) if storage != "null"}
            for record in self.query(f"SELECT {select} FROM {dump.quoted(table)}")
        ]


def cell(value, storage, declared):
    if storage == "real":
        return {"real": repr(value)}
    if storage == "blob":
        return {"hex": value.hex()}
    if storage == "text" and declared.upper() == "JSON":
        return dump.json_cell(value)
    return value
