"""REST sources: dlt and our programs read one server by one configuration; the tables must be the same.

Called by `scripts/conformance rest`; with `--record` what dlt makes is written to rest.json, which the tests compare with. The server is dlt-test-server, with the site that the tests use; with recorded API
traffic in the folder of real data, that is replayed too.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

import reference  # sets dlt's environment, so it comes before dlt
import dlt
from dlt.sources.rest_api import rest_api_source
from places import SQLitePlace
from toolkit import ProgramFailed, Toolkit

TOKEN, KEY, USER, PASSWORD = "PlantedSecret-token-1234", "PlantedSecret-key-5678", "demo-user", "PlantedSecret-password-9012"
CLIENT, SECRET = "demo-client", "PlantedSecret-secret-3456"


def one(path, **endpoint):
    return {"resources": [{"name": "items", "endpoint": {"path": path, **endpoint}}]}


def with_auth(path, auth):
    return {"client": {"auth": auth}, **one(path)}


CASES = {
    "header_link": one("pages/header-link", paginator="header_link"),
    "json_link": one("pages/json-link", paginator="json_link"),
    "json_link relative": one("pages/json-link-relative", paginator={"type": "json_link", "next_url_path": "next"}),
    "offset": one("pages/offset", paginator={"type": "offset", "limit": 10}),
    "offset without total": one("pages/offset", paginator={"type": "offset", "limit": 10, "total_path": None}),
    "offset with a maximum": one("pages/offset", paginator={"type": "offset", "limit": 10, "maximum_offset": 20}),
    "offset in the body": one("pages/offset", method="POST", json={"q": 1}, paginator={"type": "offset", "limit": 10, "offset_body_path": "offset", "limit_body_path": "limit"}),
    "page_number": one("pages/page-number", paginator={"type": "page_number"}),
    "page_number from one": one("pages/page-number", params={"base": 1}, paginator={"type": "page_number", "base_page": 1}),
    "page_number total_path": one("pages/page-number", paginator={"type": "page_number", "total_path": "total_pages"}),
    "page_number open": one("pages/page-number-open", paginator={"type": "page_number", "total_path": None}),
    "page_number maximum": one("pages/page-number-open", paginator={"type": "page_number", "total_path": None, "maximum_page": 2}),
    "page_number has_more": one("pages/has-more", paginator={"type": "page_number", "total_path": None, "has_more_path": "has_more"}),
    "cursor": one("pages/cursor", paginator="cursor"),
    "cursor in the body": one("pages/cursor", method="POST", json={"q": 1}, paginator={"type": "cursor", "cursor_body_path": "cursor"}),
    "header_cursor": one("pages/header-cursor", paginator={"type": "header_cursor", "cursor_key": "X-Next-Cursor"}),
    "single_page": one("pages/single", paginator="single_page"),
    "auto header link": one("pages/header-link"),
    "auto json link": one("pages/json-link"),
    "auto cursor": one("pages/cursor"),
    "auto page number": one("pages/page-number", params={"limit": 25}),
    "auto single": one("pages/single"),
    "data_selector": one("pages/json-link", data_selector="data", paginator="json_link"),
    "whole objects": one("pages/json-link", data_selector="$", paginator="json_link"),
    "root key": {"root_key": True, **one("pages/json-link", data_selector="$", paginator="json_link")},
    "hints": {
        "resources": [
            {
                "name": "items", "endpoint": {"path": "pages/single", "paginator": "single_page"}, "primary_key": "id", "write_disposition": {"disposition": "merge", "strategy": "delete-insert"},
                "columns": {"name": {"data_type": "text", "nullable": False}}, "file_format": "typed-jsonl", "table_format": "native", "schema_contract": {"columns": "discard_value"},
                "references": [{"referenced_table": "Other Items", "columns": ["id"], "referenced_columns": ["Other ID"]}],
            }
        ]
    },
    "single entity": one("parents/{id}", params={"id": 5}),
    "parent and child": {
        "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
        "resources": [
            {"name": "parents", "endpoint": {"params": {"total": 7}}},
            {"name": "children", "include_from_parent": ["id", "name"], "endpoint": {"path": "parents/{resources.parents.id}/children", "params": {"n": "{resources.parents.name}"}}},
            {"name": "details", "endpoint": {"path": "parents/{parent}", "params": {"parent": {"type": "resolve", "resource": "parents", "field": "id"}}}},
        ],
    },
    "three levels": {
        "resources": [
            {"name": "parents", "endpoint": {"params": {"total": 3}}},
            {"name": "children", "endpoint": "parents/{resources.parents.id}/children"},
            {"name": "again", "endpoint": "parents/{resources.children.parent}/children"},
        ]
    },
    "response action": {"resources": ["parents", {"name": "none", "endpoint": {"path": "nowhere", "response_actions": [{"status_code": 404, "action": "ignore"}]}}]},
    "incremental": one("pages/offset", paginator={"type": "offset", "limit": 10}, params={"since": "{incremental.start_value}"}, incremental={"cursor_path": "updated_at", "initial_value": "2024-01-01T05:00:00Z"}),
    "incremental parameter": one("pages/single", params={"since": {"type": "incremental", "cursor_path": "id", "initial_value": 4}}),
    "bearer": with_auth("auth/bearer", {"token": TOKEN}),
    "api_key in a header": with_auth("auth/key-header", {"type": "api_key", "name": "X-Api-Key", "api_key": KEY}),
    "api_key in the query": with_auth("auth/key-query", {"type": "api_key", "name": "api_key", "api_key": KEY, "location": "query"}),
    "http_basic": with_auth("auth/basic", {"type": "http_basic", "username": USER, "password": PASSWORD}),
    "oauth2_client_credentials": with_auth("auth/oauth", {"type": "oauth2_client_credentials", "access_token_url": "URL/oauth/token", "client_id": CLIENT, "client_secret": SECRET}),
}

# Not recorded: the server counts visits, so that each side needs a name of its own (RUN).
HOSTILE = {
    f"hostile {path}": one(f"hostile/{path}", params={"run": "RUN"})
    for path in ("429-zero", "503-once", "truncated-once", "reset-once", "chunked", "gzip")
}
HOSTILE["an error"] = one("nothing/here")
HOSTILE["wrong credentials"] = with_auth("auth/bearer", {"token": "another"})

REPLAYED = {
    "recorded issues by header link": {"resources": [{"name": "issues", "endpoint": {"path": "repos/octokit-fixture-org/paginate-issues/issues", "params": {"per_page": 3}, "paginator": "header_link"}}]},
    "recorded search": {"resources": [{"name": "found", "endpoint": {"path": "search/issues", "params": {"q": "sesame repo:octokit-fixture-org/search-issues"}, "data_selector": "items"}}]},
    "recorded labels one by one": {
        "resources": [
            {"name": "labels", "endpoint": "repos/octokit-fixture-org/labels/labels"},
            {"name": "label", "include_from_parent": ["id"], "endpoint": {"path": "repos/octokit-fixture-org/labels/labels/{resources.labels.name}", "response_actions": [{"status_code": 404, "action": "ignore"}]}},
        ]
    },
    "recorded error": one("repos/octokit-fixture-org/errors/labels", method="POST", json={"name": "foo", "color": "invalid"}),
    "recorded repository": {"resources": [{"name": "repository", "endpoint": {"path": "repos/octokit-fixture-org/hello-world", "data_selector": "$", "paginator": "single_page"}}]},
}

RECORD = HERE / "rest.json"


def tables(place):
    """Data tables by name: columns with their types, hints as the stored schema has them, and rows as SQLite writes them, without ids that are drawn at random."""
    result = {}
    ((stored,),) = place.query("SELECT schema FROM _dlt_version ORDER BY inserted_at DESC, version DESC LIMIT 1")
    stored = json.loads(stored)["tables"]
    for name in place.table_names():
        if name.startswith("_dlt"):
            continue
        columns = [list(column[:2]) for column in place.columns(name)]
        shown = ", ".join(f'quote("{c[0]}")' for c in columns if not c[0].startswith("_dlt"))
        rows = sorted("|".join(row) for row in place.query(f'SELECT {shown} FROM "{name}"'))
        hints = {**stored[name], "columns": {column["name"]: {key: value for key, value in column.items() if key != "name"} for column in stored[name]["columns"].values()}}
        result[name] = {"columns": columns, "hints": hints, "rows": rows}
    return result


def run_dlt(configuration, folder):
    folder.mkdir()
    place = SQLitePlace(folder)
    os.environ["DLT_DATA_DIR"] = str(folder / "data")
    pipeline = dlt.pipeline("rest", destination=place.dlt_destination(), dataset_name=place.dataset, pipelines_dir=str(folder / "pipelines"))
    arguments = {key: configuration.pop(key) for key in ("root_key", "max_table_nesting", "schema_contract") if key in configuration}
    pipeline.run(rest_api_source(configuration, **arguments))
    return tables(place)


def run_ours(configuration, folder, toolkit):
    folder.mkdir()
    place = SQLitePlace(folder)
    file = folder / "rest.json"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    stream = toolkit.call(folder, "dlt-extract", "rest", file)
    packages = toolkit.call(folder, "dlt-normalize", stdin=stream)
    toolkit.call(folder, "dlt-load", *place.arguments, stdin=packages)
    return tables(place)


def placed(value, url):
    return json.loads(json.dumps(value).replace("URL", url))


def named(case, run):
    return json.loads(json.dumps(case).replace("RUN", run))


def serve(folder, *arguments):
    process = subprocess.Popen([str(folder / "dlt-test-server"), *arguments], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def main(words):
    records = {} if "--record" in words else None
    words = [word for word in words if word != "--record"]
    programs = Path(os.environ.get("DLT_BIN", ROOT / ".build" / "release"))
    toolkit = Toolkit(programs)
    data = Path(os.environ.get("DLT_SHARED_DATA", ROOT.parent / "shared" / "data")) / "github_api"
    groups = [(CASES, []), (HOSTILE, [])]
    if data.is_dir():
        groups.append((REPLAYED, ["--replay", str(data)]))
    passed = failed = 0
    for cases, arguments in groups:
        server, url = serve(programs, *arguments)
        try:
            for name, case in cases.items():
                if words and not any(word in name for word in words):
                    continue
                written = case
                case = placed(case, url)
                case["client"] = {"base_url": url, **case.get("client", {})}
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        ours, why = run_ours(named(case, "ours"), Path(folder) / "ours", toolkit), None
                    except ProgramFailed as error:
                        ours, why = "an error", str(error)
                    try:
                        theirs = run_dlt(named(case, "dlt"), Path(folder) / "dlt")
                    except Exception as error:
                        theirs = "an error"
                        why = why or f"{type(error).__name__}: {str(reference.root_cause(error))[:600]}"
                if records is not None and cases is CASES:
                    records[name] = {"configuration": written, "tables": json.loads(json.dumps(theirs).replace(url, "URL"))}
                if ours == theirs:
                    passed += 1
                    rows = ours if isinstance(ours, str) else {table: len(content["rows"]) for table, content in ours.items()}
                    print(f"ok   {name}: {rows}")
                else:
                    failed += 1
                    print(f"FAIL {name}")
                    if isinstance(ours, str) or isinstance(theirs, str):
                        print(f"      - dlt:  {str(theirs)[:400]}\n      + ours: {str(ours)[:400]}\n      {why}")
                        continue
                    for table in sorted({*ours, *theirs}):
                        if ours.get(table) != theirs.get(table):
                            print(f"      {table}\n      - dlt:  {json.dumps(theirs.get(table))[:700]}\n      + ours: {json.dumps(ours.get(table))[:700]}")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    if records is not None:
        RECORD.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{passed} equal, {failed} different")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
