"""Makes a data directory of the size that dlt-dashboard has to bear, and measures its pages over it.

    dashboard.py FOLDER [--rows N] [--loads N] [--programs DIR] [--postgresql URL] [--pairs N]

Our own programs make the pipeline, its schema and one load. That load is then copied: journals, manifests and rows of dlt's tables differ
in ids and times alone. The rows of the large table are made in the database. What is in FOLDER already is used again.
"""

import argparse
import datetime
import http.client
import json
import os
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "Torture"))
from seal import write_manifest  # noqa: E402


class Data:
    """The data directory and the database of one pipeline, `big`."""

    def __init__(self, folder, programs, rows, loads, url):
        self.folder, self.programs, self.rows, self.loads = folder, programs, rows, loads
        self.data = os.path.join(folder, "data")
        self.url = url or "sqlite:///" + os.path.join(folder, "big.db")
        self.pipeline = os.path.join(self.data, "spool", "big")

    def make(self):
        done = os.path.join(self.folder, f"made-{self.rows}-{self.loads}")
        if os.path.exists(done):
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        with open(os.path.join(self.folder, "a.jsonl"), "w") as file:
            for n in range(3):
                record = {
                    "id": n,
                    "name": f"name {n}",
                    "city": "Linz",
                    "price": n / 7,
                    "at": "2026-01-01T00:00:00Z",
                    "lines": [{"sku": "a"}],
                }
                file.write(json.dumps(record) + "\n")
        pipe = (
            "dlt-extract files a.jsonl --resource events --pipeline big --cursor at --primary-key id -q"
            " | dlt-normalize -q | dlt-load -q \"$URL\""
        )
        environment = dict(
            os.environ, DLT_DATA_DIR=self.data, URL=self.url, PATH=f"{self.programs}:{os.environ['PATH']}"
        )
        subprocess.run(["bash", "-o", "pipefail", "-c", pipe], cwd=self.folder, env=environment, check=True)
        ids = self.copy_spool()
        self.fill(ids)
        open(done, "w").close()

    def copy_spool(self):
        """Packages as they are after their loads, and runs of three programs: one every ten minutes until now."""
        loaded = os.path.join(self.pipeline, "loaded")
        first = os.listdir(loaded)[0]
        with open(os.path.join(loaded, first, "manifest.json")) as file:
            manifest = json.load(file)
        runs = os.path.join(self.pipeline, "runs")
        run = os.listdir(runs)[0]
        journals = {}
        for name in os.listdir(os.path.join(runs, run)):
            with open(os.path.join(runs, run, name)) as file:
                journals[name] = file.read()
        seconds = float(first[:17])
        ids = []
        for n in range(1, self.loads):
            at = seconds - 600 * n
            load = f"{int(at)}.{n:06d}{n:018d}"
            ids.append(load)
            when = datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc)
            name = when.strftime("%Y%m%d-%H%M%S") + f"{n % 1000:03d}-{n:06x}"
            os.makedirs(os.path.join(runs, name))
            for journal, text in journals.items():
                text = text.replace(run, name).replace(first, load)
                text = re.sub(r'"at":"[^"]*Z"', when.strftime('"at":"%Y-%m-%dT%H:%M:%S.000000Z"'), text)
                with open(os.path.join(runs, name, journal), "w") as file:
                    file.write(text)
            manifest["load_id"] = load
            manifest["jobs"][0]["rows"] = 1000 + n % 97
            os.makedirs(os.path.join(loaded, load))
            write_manifest(Path(loaded, load), manifest)
        return ids

    def fill(self, ids):
        if self.url.startswith("postgres"):
            return self.fill_postgresql(ids)
        database = sqlite3.connect(os.path.join(self.folder, "big.db"))
        for table, key in (("_dlt_loads", "load_id"), ("_dlt_pipeline_state", "_dlt_load_id")):
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            row = dict(zip(names, database.execute(f"SELECT * FROM {table}").fetchone()))
            marks = ", ".join("?" for _ in names)
            for n, load in enumerate(ids):
                row[key] = load
                if "_dlt_id" in row:
                    row["_dlt_id"] = f"state{n}"
                database.execute(f"INSERT INTO {table} VALUES ({marks})", list(row.values()))
        database.execute(
            f"""
            WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < {self.rows - 1})
            INSERT INTO events (id, name, city, price, at, _dlt_load_id, _dlt_id)
            SELECT i, 'name ' || i, 'city ' || (i * 7919 % 300), (i * 104729 % 1000003) / 7.0, '2026-01-01T00:00:00.000000Z',
            (SELECT load_id FROM _dlt_loads LIMIT 1), printf('%014x', i * 2654435761 % 4294967296 * 4294967296 + i) FROM n"""
        )
        database.commit()
        database.close()

    def fill_postgresql(self, ids):
        loads = ",".join(f"('{load}')" for load in ids)
        sql = f"""
            SET search_path = big_dataset;
            CREATE TEMP TABLE ids(id text); INSERT INTO ids VALUES {loads};
            CREATE TEMP TABLE l AS SELECT * FROM _dlt_loads LIMIT 1;
            INSERT INTO _dlt_loads SELECT (jsonb_populate_record(l, jsonb_build_object('load_id', ids.id))).* FROM l, ids;
            INSERT INTO events (id, name, city, price, at, _dlt_load_id, _dlt_id)
            SELECT i, 'name ' || i, 'city ' || (i * 7919::bigint % 300), (i * 104729::bigint % 1000003) / 7.0, '2026-01-01',
            (SELECT load_id FROM _dlt_loads LIMIT 1), md5(i::text) FROM generate_series(3, {self.rows - 1}) AS i;
            ANALYZE;"""
        subprocess.run(["psql", "-qXv", "ON_ERROR_STOP=1", self.url], input=sql, text=True, check=True)


class Dashboard:
    def __init__(self, data, arguments):
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [os.path.join(data.programs, "dlt-dashboard"), "-q", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ, DLT_DATA_DIR=data.data),
        )
        url = self.process.stdout.readline().strip()
        self.port = int(re.search(r":(\d+)/", url).group(1))
        self.token = url.partition("token=")[2]
        self.first = self.get("/")
        self.start = time.perf_counter() - began

    def get(self, path):
        """Seconds to the first byte and to the last, the status and the text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        began = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        first = time.perf_counter() - began
        text = answer.read().decode()
        last = time.perf_counter() - began
        connection.close()
        return first, last, answer.status, text

    def memory(self, name):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(rf"{name}:\s+(\d+) kB", file.read()).group(1)) / 1000

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        began = time.perf_counter()
        self.process.wait()
        return time.perf_counter() - began


def row_key(dashboard, path):
    found = re.search(r'<td><a href="([^"]*/t/events/[^"]*)">', dashboard.get(path)[3])
    return found.group(1)


def pages(dashboard, name, has_spool):
    base = f"/p/{name}"
    table = f"{base}/t/events"
    yield "overview", "/"
    yield "pipeline", base
    if has_spool:
        run = re.search(rf'href="({base}/r/[^"]*)"', dashboard.get(f"{base}/runs")[3]).group(1)
        package = re.search(rf'href="({base}/k/[^"]*)"', dashboard.get(f"{base}/packages")[3]).group(1)
        yield "runs", f"{base}/runs"
        yield "run", run
        yield "packages", f"{base}/packages"
        yield "package", package
    yield "schema", f"{base}/schema"
    yield "history", f"{base}/schema/history"
    yield "state", f"{base}/state"
    yield "contracts", f"{base}/contracts"
    yield "tables", f"{base}/t"
    yield "table", table
    after = re.search(r'rel="next" href="([^"]*)"', dashboard.get(table)[3]).group(1).replace("&amp;", "&")
    yield "table, second page", after
    place = "%2840000%2C1%29" if "(" in after or "%28" in after else "7500000"
    inside = f"{table}?after={place}"
    yield "table, far inside", inside
    yield "table, sorted by id", f"{table}?sort=_dlt_id"
    yield "table, sorted", f"{table}?sort=price&dir=desc"
    yield "table, filtered", f"{table}?f.city=city%207"
    yield "table, values of a column", f"{table}?facet=city"
    yield "row", row_key(dashboard, table)
    yield "row, place unknown", row_key(dashboard, table).partition("?")[0]
    yield "row, far inside", row_key(dashboard, inside)
    yield "row, far inside, place unknown", row_key(dashboard, inside).partition("?")[0]
    yield "SQL", f"{base}/sql"
    yield "search", "/search?q=sku"
    yield "metrics", "/metrics"


def complete(dashboard, name):
    table = f"/p/{name}/t/events"
    yield "tables, all counted", f"/p/{name}/t?complete=1"
    yield "table, sorted", f"{table}?sort=price&dir=desc&complete=1"
    yield "table, values of a column", f"{table}?facet=city&complete=1"


def measure(data, title, arguments, name, has_spool):
    starts = []
    for _ in range(5):
        dashboard = Dashboard(data, arguments)
        starts.append(dashboard.start * 1000)
        dashboard.end()
    dashboard = Dashboard(data, arguments)
    print(f"\n{title}\n  start to the end of the first page: {sorted(starts)[2]:.0f} ms (median of 5)")
    print(f"  {'page':28} {'first byte':>12} {'median of 5':>12} {'requests':>9}  partial")
    worst = 0
    for label, path in pages(dashboard, name, has_spool):
        first, _, status, text = dashboard.get(path)
        times = sorted(dashboard.get(path)[0] for _ in range(5))
        assets = len(set(re.findall(r'(?:href|src)="(/-/[^"]*)"', text)))
        partial = "yes" if "complete=1" in text else ""
        # Without an icon, which browsers ask for at their leisure.
        requests = 1 + assets - text.count('rel="icon"')
        worst = max(worst, first, times[-1])
        mark = "" if status == 200 else f"  STATUS {status}"
        print(f"  {label:28} {first * 1000:9.1f} ms {times[2] * 1000:9.1f} ms {requests:9}  {partial}{mark}")
    print(f"  worst first byte: {worst * 1000:.0f} ms")
    for label, path in complete(dashboard, name):
        _, last, status, text = dashboard.get(path)
        state = "whole" if "There are too many rows" not in text and "Some have too many" not in text else "PARTIAL"
        print(f"  {label + ', on request':38} {last:6.2f} s  {state}")
    print(f"  resident: {dashboard.memory('VmRSS'):.1f} MB, at most {dashboard.memory('VmHWM'):.1f} MB")
    print(f"  SIGTERM to the end: {dashboard.end() * 1000:.0f} ms")


class OpenPage(threading.Thread):
    """A page that reloads itself, as a browser does: at each event it is asked for again."""

    def __init__(self, dashboard, paths):
        super().__init__(daemon=True)
        self.dashboard, self.paths, self.fetched, self.failures = dashboard, paths, 0, 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.dashboard.port, timeout=300)
        connection.request("GET", "/events", headers={"Authorization": f"Bearer {self.dashboard.token}"})
        answer = connection.getresponse()
        try:
            while line := answer.readline():
                if line.startswith(b"event: change"):
                    for path in self.paths:
                        self.failures += self.dashboard.get(path)[2] != 200
                        self.fetched += 1
        except OSError:
            pass


def beside(data, pairs):
    """Loads with and without open pages, in turns: CPU seconds of the programs, and wall seconds."""
    environment = dict(os.environ, DLT_DATA_DIR=data.data, URL=data.url, PATH=f"{data.programs}:{os.environ['PATH']}")
    pipe = (
        "seq 1 2000 | sed 's/.*/{\"id\":&,\"name\":\"n&\",\"lines\":[{\"sku\":\"a\"}]}/' "
        "| dlt-normalize -q --pipeline beside --table events | dlt-load -q \"$URL\" --dataset beside"
    )

    def load():
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        status = subprocess.run(["bash", "-o", "pipefail", "-c", pipe], cwd=data.folder, env=environment).returncode
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cpu, time.perf_counter() - began, status

    load()
    alone, with_pages, failed, fetched, refused = [], [], 0, 0, 0
    for _ in range(pairs):
        cpu, wall, status = load()
        alone.append((cpu, wall))
        failed += status != 0
        dashboard = Dashboard(data, [])
        page = OpenPage(dashboard, ["/", "/p/beside", "/p/beside/t/events?sort=id", "/p/beside/t"])
        page.start()
        time.sleep(0.1)
        cpu, wall, status = load()
        with_pages.append((cpu, wall))
        failed += status != 0
        time.sleep(1.2)
        dashboard.end()
        fetched, refused = fetched + page.fetched, refused + page.failures

    def median(pairs, place):
        return statistics.median(pair[place] for pair in pairs)

    print(f"\n{pairs} loads of 2,000 records alone, {pairs} beside pages that reload themselves")
    for title, place in (("CPU of the programs", 0), ("wall", 1)):
        ratio = median(with_pages, place) / median(alone, place)
        print(f"  {title:22} {median(alone, place):6.3f} s alone, {median(with_pages, place):6.3f} s beside: {ratio:.2f}")
    print(f"  loads that failed: {failed}; pages fetched: {fetched}, not answered with 200: {refused}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--loads", type=int, default=10_000)
    parser.add_argument("--programs", default=".build/release")
    parser.add_argument("--postgresql", metavar="URL")
    parser.add_argument("--pairs", type=int, default=10, help="loads beside open pages; 0 for none")
    options = parser.parse_args()
    programs = os.path.abspath(options.programs)
    data = Data(os.path.abspath(options.folder), programs, options.rows, options.loads, options.postgresql)
    data.make()
    kind = "PostgreSQL" if options.postgresql else "SQLite"
    print(f"{options.rows:,} rows, {options.loads:,} loads, {kind}")
    measure(data, "a spool", [], "big", True)
    name = "big_dataset" if options.postgresql else "main"
    measure(data, "--url", ["--url", data.url], name, False)
    if options.pairs:
        beside(data, options.pairs)


if __name__ == "__main__":
    sys.exit(main())
