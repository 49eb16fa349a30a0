"""A dataset that dlt alone loaded, in dlt-dashboard --url: every page answers, and shows what dlt wrote."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request


class Dashboard:
    """The program, over a data directory in which nothing is."""

    def __init__(self, programs, work, arguments):
        environment = {**os.environ, "DLT_DATA_DIR": str(work / "none"), **programs.environment}
        self.process = subprocess.Popen(
            [str(programs.folder / "dlt-dashboard"), "--port", "0", "--url", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )
        url = self.process.stdout.readline().strip()
        if not url:
            raise AssertionError(self.process.stderr.read())
        self.base, _, self.token = url.partition("/?token=")

    def get(self, path):
        """Status and text."""
        request = urllib.request.Request(self.base + path, headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def json(self, path):
        status, text = self.get(path)
        if status != 200:
            raise AssertionError(f"{path}: {status}")
        return json.loads(text)

    def end(self):
        self.process.terminate()
        self.process.communicate()


def crawl(dashboard, start):
    """What each page that can be reached from the first one says; questions about tables are left out, since there is no end of them."""
    found, waiting = {}, [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        status, text = dashboard.get(path)
        found[path] = (status, text)
        for link in re.findall(r'href="(/[^"]*)"', text if "<html" in text else ""):
            link = link.replace("&amp;", "&").partition("#")[0]
            is_question = "?" in link and "/t/" not in link
            if not link.startswith("/-/") and not is_question and len(found) < 300 and not re.search(r"[?&](sort|facet|f\.|null\.)", link):
                waiting.append(link)
    return found


def nested(records):
    """As they came, less what a table cannot keep: nulls and empty lists."""
    return [{key.replace(" ", "_"): value for key, value in record.items() if value not in (None, [])} for record in records]


def dashboard_shows_dlts(check, dlt_machine, programs, work, place, records, news):
    """- dlt_machine: runs dlt on lists of records."""
    check.attempt("dlt makes a dataset", lambda: dlt_machine.run(records))
    check.attempt("dlt brings new columns", lambda: dlt_machine.run(news))
    dashboard = check.attempt("dlt-dashboard opens it by its URL", lambda: Dashboard(programs, work, place.arguments))
    try:
        look(check, dashboard, records, news, place)
    finally:
        dashboard.end()


def look(check, dashboard, records, news, place):
    datasets = dashboard.json("/index.json")["datasets"]
    entry = next(entry for entry in datasets if entry["dataset"] in (place.dataset, "main"))
    check.equal("the overview counts dlt's loads", 2, entry["loads"])
    base = "/p/" + urllib.parse.quote(entry["dataset"])
    pages = crawl(dashboard, base)
    check.equal("every page answers", [], [(path, status) for path, (status, _) in pages.items() if status != 200])
    check.equal("there are pages of tables and rows", True, sum("/t/orders/" in path for path in pages) >= len(records + news))
    broken = [path for path, (_, text) in pages.items() if "cannot be read" in text or "cannot be shown" in text]
    check.equal("no page says that it cannot be shown", [], broken)

    tables = {table["table"]: table["rows"] for table in dashboard.json(f"{base}/t.json?complete=1")["tables"]}
    expected = {table: place.query(f'SELECT count(*) FROM "{table}"')[0][0] for table in place.table_names()}
    check.equal("each table has its rows", expected, {name: tables.get(name) for name in expected})

    rows = dashboard.json(f"{base}/t/orders.json?sort=id&complete=1")["rows"]
    shown = []
    for row in rows:
        page = dashboard.json(f"{base}/t/orders/{urllib.parse.quote(row['_dlt_id'], safe='')}.json?complete=1")
        shown.append(page["row"])
    wanted = nested(records + news)
    check.equal("each record is put together again: ids", [record["id"] for record in wanted], [record["id"] for record in shown])
    for key in ("customer", "lines", "coupon"):
        check.equal(
            f"each record is put together again: {key}",
            [record.get(key) for record in wanted], [record.get(key) for record in shown],
        )
    history = dashboard.json(f"{base}/schema/history.json")
    stored = place.query("SELECT version_hash FROM _dlt_version WHERE schema_name = 'interop'")
    check.equal("the history has each version of the schema", len(stored), len(history["versions"]))
    changed = [change.get("column") for version in history["versions"] for change in version["changes"] or []]
    check.equal("and says which brought a column", True, "coupon__code" in changed)
    state = dashboard.json(f"{base}/state.json")
    check.equal("the state is that of dlt's pipeline", True, "interop" in json.dumps(state))
    answer = dashboard.json(f"{base}/sql.json?q=" + urllib.parse.quote("SELECT count(*) AS n FROM orders"))
    check.equal("SQL is answered", [{"n": len(records + news)}], answer["rows"])
    check.equal("the search finds a column", True, "orders__lines" in dashboard.get("/search?q=sku")[1])
    check.equal("figures for a monitor", True, "dlt_healthy" in dashboard.get("/metrics")[1])
