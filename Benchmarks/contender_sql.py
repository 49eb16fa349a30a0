"""dlt's part of scripts/bench-sql: its sql_database into a database. Run by dlt's own Python, one run a process.

    contender_sql.py SOURCE-URL TABLE BACKEND DESTINATION FOLDER

DESTINATION is sqlite, duckdb or a URL of PostgreSQL. Prints the number of rows that dlt has normalized.
"""

import os
import sys

source, table, backend, destination, folder = sys.argv[1:]
os.environ.update(
    DLT_DATA_DIR=folder, DLT_PROJECT_DIR=folder, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL")
os.chdir(folder)

import dlt  # noqa: E402
from dlt.sources.sql_database import sql_table  # noqa: E402

if destination == "sqlite":
    where, dataset = dlt.destinations.sqlalchemy(f"sqlite:///{folder}/dlt.db"), "main"
elif destination == "duckdb":
    where, dataset = dlt.destinations.duckdb(f"{folder}/dlt.duckdb"), "bench_dlt"
else:
    where, dataset = dlt.destinations.postgres(destination), "bench_dlt"
options = {"backend_kwargs": {"return_type": "arrow_stream"}} if backend == "connectorx" else {}
if destination.startswith("postgresql") and backend != "sqlalchemy":
    # Its Arrow tables reach PostgreSQL as CSV, which dlt refuses with bytes in it.
    options["excluded_columns"] = ["data"]
url = source.replace("postgresql://", "postgresql+psycopg2://")
pipeline = dlt.pipeline(pipeline_name="bench", destination=where, dataset_name=dataset)
info = pipeline.run(sql_table(url, table, schema="bench", backend=backend, chunk_size=50_000, **options))
info.raise_on_failed_jobs()
print(pipeline.last_trace.last_normalize_info.row_counts.get(table, 0))
