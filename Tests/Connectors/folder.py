"""The folder of one check: the programs in it, and what is in the tables afterwards."""

from __future__ import annotations

import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit

# The short form has no server.
URL = os.environ.get("DLT_TEST_POSTGRESQL_TCP", "")
ENVIRONMENTS = Path(os.environ["DLT_CONNECTORS_VENVS"])
COUNT = int(os.environ.get("DLT_CONNECTORS_ROWS", "200"))

place = urlsplit(URL)
SERVER = {
    "host": place.hostname, "port": place.port, "user": unquote(place.username or ""),
    "password": unquote(place.password or ""), "database": place.path.lstrip("/"),
}


def tool(package: str, command: str) -> str:
    return str(ENVIRONMENTS / package / "bin" / command)


def psql(sql: str) -> str:
    return subprocess.run(
        ["psql", URL, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, capture_output=True, text=True).stdout


def rows(table: str, columns: list[str], key: str) -> list:
    """The rows of a table, with numbers and times in one form whatever the types of their columns."""
    listed = ", ".join(f'"{column}"' for column in columns)
    text = psql(f'SELECT row_to_json(t) FROM (SELECT {listed} FROM {table} ORDER BY "{key}") t')
    return [[plain(json.loads(line, parse_float=Decimal)[column]) for column in columns] for line in text.splitlines()]


def plain(value):
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    if isinstance(value, str) and len(value) >= 19 and value[10] in "T ":
        value = value.replace(" ", "T").replace("Z", "").removesuffix("+00:00")
        return value.rstrip("0").rstrip(".") if "." in value else value
    return value


class Folder:
    """The folder of one check, with a data directory of its own."""

    def __init__(self, path: Path, name: str):
        self.path = path
        self.name = name
        self.environment = dict(os.environ, DLT_DATA_DIR=str(path / "data"), DLT_PIPELINE="p")
        if URL:
            psql(f"DROP SCHEMA IF EXISTS {self.ours} CASCADE")
            psql(f"DROP SCHEMA IF EXISTS {self.theirs} CASCADE")

    @property
    def ours(self) -> str:
        return f"ours_{self.name}"

    @property
    def theirs(self) -> str:
        return f"theirs_{self.name}"

    def write(self, name: str, content) -> str:
        path = self.path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def shell(self, script: str, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["bash", "-c", script, "-", *words], cwd=self.path, env=self.environment, capture_output=True, text=True)

    def load(self, *words: str, status: str = "0 0 0") -> dict:
        """Runs the pipe with the words of dlt-extract; returns the number of records of each stream."""
        script = (
            'dlt-extract "$@" | tee stream.ndjson | dlt-normalize | '
            f'dlt-load "$DLT_TEST_POSTGRESQL_TCP" --dataset {self.ours}; '
            'echo "${PIPESTATUS[0]} ${PIPESTATUS[2]} ${PIPESTATUS[3]}"')
        result = self.shell(script, *words)
        ended = result.stdout.splitlines()[-1]
        assert ended == status, f"ended with {ended}, not {status}:\n{result.stderr[-3000:]}"
        end = json.loads((self.path / "stream.ndjson").read_text().splitlines()[-1])
        return end["records"]

    def target(self, *tap: str) -> None:
        """The same by meltanolabs-target-postgres."""
        config = self.write("target.json", dict(SERVER, default_target_schema=self.theirs))
        words = " ".join(f"'{word}'" for word in tap)
        command = f"{words} | '{tool('meltanolabs-target-postgres', 'target-postgres')}' --config {config}"
        result = self.shell(f"set -o pipefail; {command} > state.ndjson")
        assert result.returncode == 0, result.stderr[-3000:]

    def compare(self, table: str, columns: list[str], key: str, ending: str | None = None) -> int:
        """Compares a table of ours with that of the target, whose name may only end alike."""
        ours = rows(f"{self.ours}.{table}", columns, key)
        listed = psql(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{self.theirs}'").split()
        found = [name for name in listed if name == table or ending and name.endswith(ending)]
        assert len(found) == 1, f"the target has the tables {listed}, not one that is {table}"
        other = found[0]
        theirs = rows(f'{self.theirs}."{other}"', columns, key)
        assert ours == theirs, f"{table} differs:\nours   {ours[:3]}\ntheirs {theirs[:3]}"
        assert ours, f"{table} is empty"
        return len(ours)


def people(numbers) -> str:
    return "".join(
        json.dumps({
            "id": n, "name": f"n{n} \u00e9", "score": n / 4, "big": 1234567890123456789 + n,
            "at": f"2026-01-{n % 28 + 1:02}T10:00:00+00:00", "tags": ["a", str(n)],
        }) + "\n" for n in numbers)
