"""The destinations that dlt and our programs are compared on.

A destination is one class, a subclass of `Place` in a module of this folder, and one line here.
"""

from places.duckdb import DuckDBPlace
from places.postgresql import PostgreSQLPlace
from places.sqlite import SQLitePlace

PLACES = {place.name: place for place in (SQLitePlace, PostgreSQLPlace, DuckDBPlace)}
