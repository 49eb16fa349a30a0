"""Real taps and targets of Singer, and a source of Airbyte, beside our programs; scripts/connectors installs them and runs this.

Each check moves rows by our programs and by a tool of others, and compares what is in the tables. Ends with the number of checks
that passed and failed.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit

URL = os.environ["DLT_TEST_POSTGRESQL_TCP"]
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
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return format(Decimal(value).normalize(), "f")
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


# Checks: each is a function with the name of what must hold.


def tap_jsonl_gives_the_rows_of_a_target_and_updates_them(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, COUNT)))
    config = folder.write("tap.json", {"path": path, "stream_name": "users", "primary_keys": ["id"]})
    tap = [tool("tap-jsonl", "tap-jsonl")]
    folder.load("singer", "--config", config, "--", *tap)
    folder.write("users.jsonl", people(range(1, COUNT + 1)).replace('"n1 ', '"changed '))
    os.utime(path, (time.time() + 5, time.time() + 5))
    folder.load("singer", "--config", config, "--", *tap)
    folder.target(*tap, "--config", config)
    count = folder.compare("users", ["id", "name", "score", "big", "at"], "id")
    assert count == COUNT
    assert psql(f"SELECT count(*) FROM {folder.ours}.users__tags") == f"{2 * COUNT}\n"
    return f"{count} rows"


def tap_spreadsheets_gives_the_rows_of_a_target(folder: Folder) -> str:
    path = folder.write("orders.csv", "id,article,price\n" + "".join(f"{n},a{n},{n}.50\n" for n in range(1, COUNT)))
    config = folder.write("tap.json", {"files": [
        {"path": path, "format": "csv", "table_name": "orders", "primary_keys": ["id"], "drop_empty": True, "sample_rows": 100},
    ]})
    tap = [tool("tap-spreadsheets", "tap-spreadsheets")]
    folder.load("singer", "--config", config, "--", *tap)
    folder.target(*tap, "--config", config)
    return f"{folder.compare('orders', ['id', 'article', 'price'], 'id')} rows"


def source_tables(schema: str) -> None:
    psql(f"""
        DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};
        CREATE TABLE {schema}.orders (
            id bigint PRIMARY KEY, updated timestamptz NOT NULL, amount numeric(20,4), rate double precision, ok boolean, day date,
            note text);
        CREATE TABLE {schema}.kinds (code text PRIMARY KEY, title text);
        INSERT INTO {schema}.orders SELECT n, '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', n + 0.1234, n / 8.0,
            n % 2 = 0, '2026-01-01'::date + n % 50, nullif('note ' || n, 'note 3') FROM generate_series(1, {COUNT}) n;
        INSERT INTO {schema}.kinds VALUES ('a', 'first'), ('b', 'second')""")


ORDERS = ["id", "updated", "rate", "ok", "day", "note"]


def meltano_tap_postgres_gives_the_rows_of_a_target_and_goes_on(folder: Folder) -> str:
    source_tables("shop_m")
    config = folder.write("tap.json", dict(SERVER, filter_schemas=["shop_m"]))
    tap = [tool("meltanolabs-tap-postgres", "tap-postgres")]
    words = [
        "singer", "--config", config, "--select", "shop_m-*", "--replication", "shop_m-orders=INCREMENTAL:updated", "--", *tap]
    first = folder.load(*words)
    assert first["shop_m-orders"] == COUNT, first
    psql("UPDATE shop_m.orders SET note = 'changed', updated = '2026-06-01T00:00:00Z' WHERE id = 3")
    psql("INSERT INTO shop_m.orders (id, updated) VALUES (100000, '2026-06-02T00:00:00Z')")
    second = folder.load(*words)
    assert second["shop_m-orders"] <= 3, f"not incremental: {second}"
    # Without a catalog it reads nothing.
    offered = json.loads(subprocess.run([*tap, "--config", config, "--discover"], check=True, capture_output=True).stdout)
    for stream in offered["streams"]:
        next(entry for entry in stream["metadata"] if not entry["breadcrumb"])["metadata"]["selected"] = True
    folder.target(*tap, "--config", config, "--catalog", folder.write("catalog.json", offered))
    count = folder.compare("shop_m_orders", ORDERS + ["amount"], "id", "orders")
    return f"{count} rows, {second['shop_m-orders']} in the second run"


def pipelinewise_tap_postgres_replaces_and_goes_on(folder: Folder) -> str:
    source_tables("shop_p")
    server = {key: str(value) for key, value in SERVER.items() if key != "database"}
    config = folder.write("tap.json", dict(server, dbname=SERVER["database"], filter_schemas="shop_p"))
    tap = [tool("pipelinewise-tap-postgres", "tap-postgres")]
    words = [
        "singer", "--config", config, "--select", "shop_p-*", "--replication", "*-orders=INCREMENTAL:updated",
        "--replication", "*-kinds=FULL_TABLE", "--", *tap]
    first = folder.load(*words)
    orders = next(name for name in first if name.endswith("orders"))
    kinds = next(name for name in first if name.endswith("kinds"))
    assert first[orders] == COUNT and first[kinds] == 2, first
    psql("DELETE FROM shop_p.kinds WHERE code = 'a'; INSERT INTO shop_p.kinds VALUES ('c', 'third')")
    psql("UPDATE shop_p.orders SET note = 'changed', updated = '2026-06-01T00:00:00Z' WHERE id = 3")
    second = folder.load(*words)
    assert second[orders] <= 2 and second[kinds] == 2, second
    table = orders.replace("-", "_")
    # It declares dates as times.
    columns = [column for column in ORDERS if column != "day"]
    ours = rows(f"{folder.ours}.{table}", columns, "id")
    assert ours == rows("shop_p.orders", columns, "id"), f"{table} differs from its source: {ours[:3]}"
    assert rows(f"{folder.ours}.{kinds.replace('-', '_')}", ["code"], "code") == [["b"], ["c"]]
    return f"{len(ours)} rows, {second[orders]} in the second run"


def source_faker_gives_its_records_once(folder: Folder) -> str:
    config = folder.write("faker.json", {"count": COUNT, "seed": 1, "parallelism": 1, "always_updated": False})
    source = [tool("airbyte-source-faker", "source-faker")]
    first = folder.load("airbyte", "--config", config, "--", *source)
    assert first["users"] == COUNT, first
    assert psql(f"SELECT count(*), count(DISTINCT id) FROM {folder.ours}.users") == f"{COUNT}|{COUNT}\n"
    columns = ["id", "name", "email", "age"]
    loaded = rows(f"{folder.ours}.users", columns, "id")
    stream = (folder.path / "stream.ndjson").read_text().splitlines()
    sent = [json.loads(line) for line in stream if '"RECORD"' in line and '"users"' in line]
    assert loaded == [[plain(message["record"][column]) for column in columns] for message in sent]
    second = folder.load("airbyte", "--config", config, "--", *source)
    assert sum(second.values()) == 0, f"not incremental: {second}"
    return f"{sum(first.values())} records, none in the second run"


def packages_fill_real_targets(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, COUNT + 1)))
    config = folder.write("target.json", dict(SERVER, default_target_schema=folder.theirs))
    lines = folder.write("lines.json", {"destination_path": str(folder.path / "out")})
    (folder.path / "out").mkdir()
    targets = {
        "postgres": f"singer:{tool('meltanolabs-target-postgres', 'target-postgres')} --config {config}",
        "jsonl": f"singer:{tool('target-jsonl', 'target-jsonl')} --config {lines}",
    }

    def load(pipeline: str, url: str, *options: str) -> None:
        result = folder.shell(
            'set -o pipefail; dlt-normalize --pipeline "$1" --table users --write-disposition merge --primary-key id '
            f'< "{path}" | dlt-load "$2" "${{@:3}}"', pipeline, url, *options)
        assert result.returncode == 0, result.stderr[-3000:]

    # A package each, so that every row has an id of its own there; those are not compared.
    load("mine", URL, "--dataset", folder.ours)
    for name, url in targets.items():
        load(name, url)
        # The same rows once more: a target that updates by keys has each of them once.
        load(name, url)
    count = folder.compare("users", ["id", "name", "score", "big", "at"], "id")
    tags = {
        schema: psql(
            f"SELECT u.id, t.value FROM {schema}.users u JOIN {schema}.users__tags t ON t._dlt_parent_id = u._dlt_id "
            "ORDER BY u.id, t._dlt_list_idx")
        for schema in [folder.ours, folder.theirs]
    }
    assert tags[folder.ours] == tags[folder.theirs] and len(tags[folder.ours].split()) == 2 * COUNT
    written = [json.loads(line) for file in sorted((folder.path / "out").glob("users-*")) for line in file.open()]
    assert {row["id"] for row in written} == set(range(1, COUNT + 1)), "target-jsonl lacks rows"
    return f"{count} rows in target-postgres, {len(written)} lines in target-jsonl"


def killed_programs_leave_each_row_once(folder: Folder) -> str:
    path = folder.write("users.jsonl", people(range(1, 20 * COUNT)))
    config = folder.write("tap.json", {"path": path, "stream_name": "users", "primary_keys": ["id"]})
    words = ["singer", "--config", config, "--", tool("tap-jsonl", "tap-jsonl")]
    kills = 0
    for victim in ["tap-jsonl", "dlt-extract", "dlt-normalize", "dlt-load"]:
        script = (
            'dlt-extract "$@" | dlt-normalize | '
            f'dlt-load "$DLT_TEST_POSTGRESQL_TCP" --dataset {folder.ours}')
        pipe = subprocess.Popen(
            ["bash", "-c", script, "-", *words], cwd=folder.path, env=folder.environment, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, start_new_session=True)
        while pipe.poll() is None:
            found = process_of(pipe.pid, victim)
            if found and started(found, victim):
                os.kill(found, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.02)
        pipe.wait()
    folder.load(*words)
    total, different = psql(f"SELECT count(*), count(DISTINCT id) FROM {folder.ours}.users").strip().split("|")
    assert total == different == str(20 * COUNT - 1), f"{total} rows, {different} different ones"
    assert kills == 4, f"{kills} kills"
    return f"{kills} kills, {total} rows"


def process_of(session: int, name: str) -> int | None:
    """A process of a session, by the name of its program."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(fields[3]) == session and any(Path(os.fsdecode(word)).name == name for word in words[:2]):
            return int(entry.name)
    return None


def started(process: int, name: str) -> bool:
    """Whether a process has used the processor for a moment: a kill before it has begun shows nothing."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return False
    return name != "tap-jsonl" or int(fields[11]) + int(fields[12]) > 40


def check(number: int, name: str, function) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dlt-connectors-") as path:
        try:
            said = function(Folder(Path(path), str(number)))
        except (AssertionError, subprocess.CalledProcessError) as error:
            # A psql that failed says why on its stderr.
            print(f"FAILED {name}: {error}{getattr(error, 'stderr', '') or ''}", flush=True)
            return False
    print(f"passed {name}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return True


def main() -> int:
    checks = {
        name: value for name, value in globals().items()
        if callable(value) and getattr(value, "__annotations__", {}).get("folder") is Folder
    }
    chosen = [name for name in checks if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]
    passed = sum(check(number, name, checks[name]) for number, name in enumerate(chosen))
    print(f"{passed} passed, {len(chosen) - passed} failed")
    return 0 if passed == len(chosen) else 1


sys.exit(main())
