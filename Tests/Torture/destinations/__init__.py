"""The databases that pipelines load into, and how to look at them without the programs under test.

A destination is one class, a subclass of `Destination` in a module of this folder, and one line here.
"""

from destinations.destination import Destination, InFile, Unreadable, newest_sources
from destinations.duckdb import DuckDB
from destinations.postgresql import PostgreSQL
from destinations.sqlite import SQLite

# The first one is where everything is tried that does not depend on the destination.
DESTINATIONS = (SQLite, PostgreSQL, DuckDB)
__all__ = ["DESTINATIONS", "Destination", "DuckDB", "InFile", "PostgreSQL", "SQLite", "Unreadable", "newest_sources"]
