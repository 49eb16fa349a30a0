"""Real taps and sources: what our programs make of them, beside a real target."""

from __future__ import annotations

import json
import os
import subprocess
import time

from folder import COUNT, SERVER, Folder, people, plain, psql, rows, tool


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


def meltano_tap_postgres_replaces_a_table_without_a_key(folder: Folder) -> str:
    psql("""
        DROP SCHEMA IF EXISTS shop_f CASCADE; CREATE SCHEMA shop_f; CREATE TABLE shop_f.visits (page text, n integer);
        INSERT INTO shop_f.visits VALUES ('a', 1), ('a', 1), ('b', 2)""")
    config = folder.write("tap.json", dict(SERVER, filter_schemas=["shop_f"]))
    words = [
        "singer", "--config", config, "--select", "shop_f-*", "--replication", "*=FULL_TABLE", "--",
        tool("meltanolabs-tap-postgres", "tap-postgres")]
    folder.load(*words)
    psql("DELETE FROM shop_f.visits WHERE page = 'b'; INSERT INTO shop_f.visits VALUES ('c', 3)")
    folder.load(*words)
    found = rows(f"{folder.ours}.shop_f_visits", ["page", "n"], "page")
    assert found == [["a", "1"], ["a", "1"], ["c", "3"]], found
    return f"{len(found)} rows after two runs"


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
    # What starts over is read again, and nothing else.
    again = folder.load("airbyte", "--config", config, "--select", "users", "--refresh", "drop-resources", "--", *source)
    assert again == {"users": COUNT}, again
    last = folder.load("airbyte", "--config", config, "--", *source)
    assert sum(last.values()) == 0, f"states are lost: {last}"
    for table, count in first.items():
        assert psql(f"SELECT count(*) FROM {folder.ours}.{table}") == f"{count}\n", f"{table} has other rows than at first"
    return f"{sum(first.values())} records, none in the second run; {COUNT} where one stream starts over"
