"""What the bench asks of a destination, and the reading that is the same for all of them."""

import json

import dump


class Place:
    """One dataset at a destination of its own, made anew for each case, for dlt and our programs alike.

    `Place(folder)` reserves it; whatever lies below `folder` goes with the folder, the rest with `remove()`.
    """

    # Value of --destination.
    name = None
    # Whether cases run that say nothing about a destination: those whose expectation is ours, and those that end with a package.
    runs_all = False
    # Keeps what dlt makes here (records.py). Without one, dlt runs beside our programs in every comparison.
    record = None
    # Whether a scan returns rows in the order in which they were written.
    keeps_order = True
    # Column by which rows of the system tables are in the order in which they were written. Without one their times decide.
    row_number = None
    # Columns of the state's row to compare. Its hash covers the dataset's name, so it is left out where that name is drawn.
    state_columns = ("version", "engine_version", "version_hash")
    # Where dlt runs a case that says `"judge": <key>`, because it lacks the case's merge strategy here.
    judges = {}

    # Name of the dataset; dlt and our programs both get it.
    dataset = None

    @classmethod
    def obstacle(cls):
        """Why this destination cannot be used on this machine; None when it can."""
        return None

    @property
    def arguments(self):
        """What names this place on the command lines of dlt-load and dlt-state."""
        raise NotImplementedError

    @classmethod
    def environment(cls):
        """Variables that our programs need to reach it."""
        return {}

    def dlt_destination(self, limit=63):
        """dlt's destination, with `limit` characters for an identifier, which is what dlt-normalize assumes."""
        raise NotImplementedError

    def query(self, sql):
        """Rows as tuples. Tables of the dataset need no qualification."""
        raise NotImplementedError

    def exists(self):
        """Whether anything has been loaded yet."""
        raise NotImplementedError

    def table_names(self):
        raise NotImplementedError

    def columns(self, table):
        """[name, declared type, 1 when it must not be null, …], in the table's order."""
        raise NotImplementedError

    def rows(self, table, columns):
        """Rows as {column: cell} without nulls, in the order of a scan; README.md says how a cell is written."""
        raise NotImplementedError

    def remove(self):
        """Removes what is outside the folder."""

    # MARK: the same for all

    def contents(self):
        return self.read()[0]["tables"] if self.exists() else {}

    def read(self):
        """Everything a step left behind: (step, load ids, row ids), ids still raw."""
        names = sorted(self.table_names(), key=lambda name: name.encode("utf-8", "surrogateescape"))
        tables, ids = {}, set()
        for name in names:
            columns = [list(column) for column in self.columns(name)]
            if dump.is_system(name):
                rows = self.query(f"SELECT count(*) FROM {dump.quoted(name)}")[0][0]
            else:
                rows = self.rows(name, columns)
                ids.update(row["_dlt_id"] for row in rows if isinstance(row.get("_dlt_id"), str))
            tables[name] = {"columns": columns, "rows": rows}
        step = {"schema": None, "version_hash": None, "state": None, "tables": tables}
        system = {name.lstrip("_").lower(): dump.quoted(name) for name in names if dump.is_system(name)}
        loads = self.read_loads(system, step) if "dlt_loads" in system else []
        if "dlt_pipeline_state" in system:
            newest = self.query(
                f"SELECT {', '.join(self.state_columns)} FROM {system['dlt_pipeline_state']} ORDER BY {self.row_number or 'created_at'} DESC LIMIT 1"
            )
            step["state"] = dict(zip(self.state_columns, newest[0])) if newest else None
        return step, loads, ids

    def read_loads(self, system, step):
        """The load ids in order; sets the schema of the last one."""
        records = self.query(f"SELECT load_id, schema_version_hash FROM {system['dlt_loads']} ORDER BY {self.row_number or 'inserted_at'}")
        if records and "dlt_version" in system:
            step["version_hash"] = records[-1][1]
            stored = self.query(f"SELECT schema FROM {system['dlt_version']} WHERE version_hash = '{records[-1][1]}'")
            step["schema"] = dump.comparable_schema(json.loads(stored[0][0])) if stored else None
        return [record[0] for record in records]
