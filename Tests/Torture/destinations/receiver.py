"""A program that takes rows, as `exec:` and `singer:` send them; and the destinations that it is.

It keeps the rows of a run in one transaction, each once by its _dlt_id. `db/dies` holds a step and a number: the program kills itself
at that step of that run.
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import signal
import sqlite3
import sys
from pathlib import Path

if __name__ != "__main__":
    from compare import Dump
    from destinations.destination import Destination

# Where it may die: before it reads, between rows, when it has read all, when it has kept them, when it has said so.
STEPS = ("start", "rows", "before", "after", "end")


class Receiver:
    def __init__(self):
        self.dies = Path("db/dies")
        self.step = ""
        if self.dies.exists():
            step, runs = self.dies.read_text().split()
            if int(runs) > 1:
                self.dies.write_text(f"{step} {int(runs) - 1}")
            else:
                self.step = step
        self.database = sqlite3.connect("db/received.db", timeout=20)
        self.database.execute("CREATE TABLE IF NOT EXISTS received (name TEXT, id TEXT, line TEXT, PRIMARY KEY (name, id))")
        self.database.commit()
        self.count = 0

    def at(self, step: str) -> None:
        if step != self.step:
            return
        self.dies.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    def keep(self, table: str, row: dict) -> None:
        self.database.execute(
            "INSERT OR REPLACE INTO received VALUES (?, ?, ?)", (table, row["_dlt_id"], json.dumps(row, sort_keys=True)))
        self.count += 1
        if self.count == 3:
            self.at("rows")

    def receive(self, messages: bool) -> None:
        self.at("start")
        states = []
        for line in sys.stdin:
            message = json.loads(line)
            if not messages:
                self.keep(os.environ["DLT_TABLE"], message)
            elif message["type"] == "RECORD":
                self.keep(message["stream"], message["record"])
            elif message["type"] == "STATE":
                states.append(message["value"])
        self.at("before")
        self.database.commit()
        self.at("after")
        for state in states:
            print(json.dumps(state), flush=True)
        self.at("end")


if __name__ == "__main__":
    Receiver().receive(messages=sys.argv[1] == "singer")
else:

    class Program(Destination):
        in_folder = True
        # Which of its runs in one load may die.
        runs: tuple[int, ...] = (1,)

        def load_arguments(self, folder: Path) -> list[str]:
            return [f"{self.name}:{shlex.join([sys.executable, str(Path(__file__).resolve()), self.name])}"]

        def dump(self, folder: Path) -> Dump:
            """The rows that it has kept; loads and state are in the ledger of dlt-load."""
            dump = Dump()
            path = folder / "db" / "received.db"
            if path.exists():
                database = sqlite3.connect(path, timeout=20)
                for name, line in database.execute("SELECT name, line FROM received"):
                    dump.rows.setdefault(name, []).append(json.loads(line))
                database.close()
            for name, rows in dump.rows.items():
                dump.columns[name] = [(column, "") for column in sorted({column for row in rows for column in row})]
            for ledger in (folder / "data" / "programs").glob("*.json"):
                document = json.loads(ledger.read_text())
                dump.rows["_dlt_loads"] = [{"load_id": load, "status": 0} for load in document["loads"]]
                state = document.get("state")
                if state:
                    text = base64.b64encode(json.dumps(state["state"]).encode())
                    dump.rows["_dlt_pipeline_state"] = [{
                        "pipeline_name": document["pipeline"], "version": state["state"].get("_state_version", 0), "state": text}]
            return dump

    class Exec(Program):
        """A run for each table."""

        name = "exec"
        title = "a program"
        runs = (1, 2)

    class Singer(Program):
        """One run for the load."""

        name = "singer"
        title = "a Singer target"
