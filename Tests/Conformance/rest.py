"""The REST source beside dlt's: the same dictionary, read from the same server, must become the same tables.

The server is our dlt-test-server: its demo site for each paginator and each way to authenticate, and recorded exchanges of
a real API where they are present (../shared/data/github_api, or DLT_SHARED_DATA).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import dump
import reference
import dlt
from dlt.sources.rest_api import rest_api_source
from places import SQLitePlace
from toolkit import ProgramFailed, Toolkit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = Path(os.environ.get("DLT_SHARED_DATA", ROOT.parent / "shared" / "data")) / "github_api"


def api(path, paginator=None, selector=None, params=None, **more):
    endpoint = {"path": path, **more}
    endpoint.update({key: value for key, value in (("paginator", paginator), ("data_selector", selector), ("params", params)) if value is not None})
    return {"resources": [{"name": "items", "endpoint": endpoint}]}


def secured(path, auth):
    return {"client": {"auth": auth}, "resources": [{"name": "items", "endpoint": {"path": path}}]}


def children(**more):
    return {
        "resources": [
            {"name": "parents", "endpoint": {"path": "parents", "params": {"total": 7}}},
            {"name": "children", "endpoint": {"path": "parents/{resources.parents.id}/children", "data_selector": "items", "paginator": "single_page"}, **more},
        ]
    }


# name, configuration without client.base_url
DEMO = [
    ("header link", api("pages/header-link", "header_link")),
    ("header link, detected", api("pages/header-link")),
    ("JSON link", api("pages/json-link", {"type": "json_link", "next_url_path": "next"}, "data")),
    ("JSON link, detected", api("pages/json-link")),
    ("JSON link, relative", api("pages/json-link-relative", {"type": "json_link", "next_url_path": "next"}, "data")),
    ("offset with total", api("pages/offset", {"type": "offset", "limit": 10}, "items")),
    ("offset to a maximum", api("pages/offset", {"type": "offset", "limit": 4, "maximum_offset": 12, "total_path": None}, "items")),
    ("offset to the empty page", api("pages/offset", {"type": "offset", "limit": 10, "total_path": None}, "items")),
    ("offset in the body", api("pages/offset", {"type": "offset", "limit": 10, "offset_body_path": "offset", "limit_body_path": "limit"}, "items", method="POST", json={})),
    ("page number with total", api("pages/page-number", {"type": "page_number", "base_page": 0, "total_path": "total_pages"}, "results")),
    ("page number from 1", api("pages/page-number", {"type": "page_number", "base_page": 1, "total_path": "total_pages"}, "results", {"base": 1})),
    ("page number to the empty page", api("pages/page-number-open", {"type": "page_number", "base_page": 0, "total_path": None}, "results")),
    ("page number to a maximum", api("pages/page-number-open", {"type": "page_number", "base_page": 0, "total_path": None, "maximum_page": 2}, "results")),
    ("page number while there is more", api("pages/has-more", {"type": "page_number", "base_page": 0, "total_path": None, "has_more_path": "has_more"}, "results")),
    ("page number, detected", api("pages/page-number")),
    ("cursor", api("pages/cursor", {"type": "cursor", "cursor_path": "cursors.next", "cursor_param": "cursor"}, "data")),
    ("cursor, detected", api("pages/cursor")),
    ("cursor in the body", api("pages/cursor", {"type": "cursor", "cursor_path": "cursors.next", "cursor_body_path": "cursor"}, "data", method="POST", json={"limit": 5})),
    ("header cursor", api("pages/header-cursor", {"type": "header_cursor", "cursor_key": "X-Next-Cursor", "cursor_param": "cursor"}, "data")),
    ("single page", api("pages/single", "single_page", None, {"total": 3})),
    ("one object", api("parents/3")),
    ("bearer", secured("auth/bearer", {"type": "bearer", "token": "demo-token-1234"})),
    ("bearer, short", secured("auth/bearer", {"token": "demo-token-1234"})),
    ("key in a header", secured("auth/key-header", {"type": "api_key", "name": "X-Api-Key", "api_key": "demo-key-5678", "location": "header"})),
    ("key in the query", secured("auth/key-query", {"type": "api_key", "name": "api_key", "api_key": "demo-key-5678", "location": "query"})),
    ("user and password", secured("auth/basic", {"type": "http_basic", "username": "demo-user", "password": "demo-password-9012"})),
    (
        "OAuth 2 client credentials",
        secured("auth/oauth", {"type": "oauth2_client_credentials", "access_token_url": "{url}/oauth/token", "client_id": "demo-client", "client_secret": "demo-secret-3456"}),
    ),
    ("wrong credentials", secured("auth/bearer", {"type": "bearer", "token": "another"})),
    ("children of parents", children()),
    ("children with their parents' fields", children(include_from_parent=["id", "name"])),
    (
        "details of parents",
        {
            "resources": [
                {"name": "parents", "endpoint": {"path": "parents", "params": {"total": 3}}},
                {"name": "details", "endpoint": {"path": "parents/{id}", "params": {"id": {"type": "resolve", "resource": "parents", "field": "id"}}}},
            ]
        },
    ),
    ("keys and dispositions by default", {"resource_defaults": {"primary_key": "id", "write_disposition": "merge", "endpoint": {"params": {"limit": 5}}}, "resources": ["pages/header-link"]}),
    ("an error ignored", {"resources": [{"name": "items", "endpoint": {"path": "nothing/here", "response_actions": [{"status_code": 404, "action": "ignore"}]}}]}),
    ("an error", api("nothing/here")),
    ("429, then fine", api("hostile/429-zero?run={run}")),
    ("503, then fine", api("hostile/503-once?run={run}")),
    ("a body cut, then whole", api("hostile/truncated-once?run={run}")),
    ("a reset, then fine", api("hostile/reset-once?run={run}")),
    ("chunks", api("hostile/chunked")),
    ("gzip", api("hostile/gzip")),
]

RECORDED = [
    ("recorded: issues over five pages", api("repos/octokit-fixture-org/paginate-issues/issues", "header_link", None, {"per_page": 3})),
    ("recorded: a search", api("search/issues", None, None, {"q": "sesame repo:octokit-fixture-org/search-issues"})),
    ("recorded: one repository", api("repos/octokit-fixture-org/hello-world")),
    ("recorded: labels", api("repos/octokit-fixture-org/labels/labels")),
    ("recorded: an error", api("repos/octokit-fixture-org/errors/labels", method="POST", json={"name": "foo", "color": "invalid"})),
    (
        "recorded: labels of a list, one by one, other errors ignored",
        {
            "resources": [
                {"name": "labels", "endpoint": {"path": "repos/octokit-fixture-org/labels/labels"}},
                {
                    "name": "label",
                    "include_from_parent": ["id"],
                    "endpoint": {
                        "path": "repos/octokit-fixture-org/labels/labels/{resources.labels.name}",
                        "response_actions": [{"status_code": 404, "action": "ignore"}],
                    },
                },
            ]
        },
    ),
]


# Everywhere else both must deliver.
FAILURES = {"wrong credentials", "an error", "recorded: an error"}
NOTHING = {"an error ignored"}


def filled(value, **words):
    """The configuration with the words in braces replaced, and nothing else that is in braces."""
    if isinstance(value, dict):
        return {key: filled(item, **words) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, **words) for item in value]
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace("{" + name + "}", word)
    return value


def by_dlt(configuration, work):
    place = SQLitePlace(work, "dlt.db")
    pipeline = dlt.pipeline("rest", destination=place.dlt_destination(), dataset_name=place.dataset, pipelines_dir=str(work / "pipelines"))
    try:
        pipeline.run(rest_api_source(configuration, name="rest"))
    except Exception as error:
        pipeline.abort_packages()
        return {"fails": type(reference.root_cause(error)).__name__}
    return tables(place)


def by_ours(programs, configuration, work):
    (work / "rest.json").write_text(json.dumps(configuration), encoding="utf-8")
    place = SQLitePlace(work, "ours.db")
    try:
        stream = programs.call(work, "dlt-extract", "rest", "rest.json", "--pipeline", "rest")
        packages = programs.call(work, "dlt-normalize", stdin=stream)
        programs.call(work, "dlt-load", *place.arguments, stdin=packages)
    except ProgramFailed as failure:
        return {"fails": str(failure)}
    return tables(place)


def tables(place):
    """Columns as they are, rows without their ids, in an order of their own: resources run side by side."""
    found = {}
    for name, table in place.contents().items():
        if dump.is_system(name):
            continue
        generated = ("_dlt_load_id", "_dlt_id", "_dlt_parent_id", "_dlt_root_id")
        rows = [{key: value for key, value in row.items() if key not in generated} for row in table["rows"]]
        found[name] = {"columns": table["columns"], "rows": sorted(json.dumps(row, sort_keys=True) for row in rows)}
    return found


def difference(name, theirs, ours):
    if "fails" in theirs or "fails" in ours or name in FAILURES:
        expected = name in FAILURES and "fails" in theirs and "fails" in ours
        return None if expected else f"dlt: {str(theirs)[:300]}\n     ours: {str(ours)[:600]}"
    if any(table["rows"] for table in theirs.values()) == (name in NOTHING):
        return f"dlt delivers {theirs}"
    if list(theirs) != list(ours):
        return f"tables: dlt {list(theirs)}, ours {list(ours)}"
    for name, table in theirs.items():
        if table["columns"] != ours[name]["columns"]:
            return f"columns of {name}: dlt {table['columns']}\n     ours {ours[name]['columns']}"
        if table["rows"] != ours[name]["rows"]:
            only = [row for row in table["rows"] if row not in ours[name]["rows"]][:2], [row for row in ours[name]["rows"] if row not in table["rows"]][:2]
            return f"rows of {name}: dlt {len(table['rows'])}, ours {len(ours[name]['rows'])}; only dlt's {only[0]}, only ours {only[1]}"
    return None


class Server:
    def __init__(self, programs, *arguments):
        self.process = subprocess.Popen([str(programs.folder / "dlt-test-server"), *arguments], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def main(words):
    programs = Toolkit(os.environ.get("DLT_BIN", ROOT / ".build" / "release"))
    missing = [name for name in ("dlt-extract", "dlt-normalize", "dlt-load", "dlt-test-server") if not os.access(programs.folder / name, os.X_OK)]
    if missing:
        print(f"conformance: no {', '.join(missing)} in {programs.folder}: build first, or set DLT_BIN", file=sys.stderr)
        return 66
    work = Path(tempfile.mkdtemp(prefix="rest-"))
    passed, failed = 0, 0
    sites = [((), DEMO)] + ([(("--replay", str(DATA)), RECORDED)] if DATA.is_dir() else [])
    try:
        for number, (arguments, cases) in enumerate(sites):
            with Server(programs, *arguments) as server:
                for name, case in cases:
                    if words and not any(word in name for word in words):
                        continue
                    folder = work / f"{number}-{passed + failed}"
                    folder.mkdir(parents=True)

                    def configuration(run):
                        whole = filled(case, url=server.url, run=f"{passed + failed}-{run}")
                        return {**whole, "client": {"base_url": server.url, **whole.get("client", {})}}

                    found = difference(name, by_dlt(configuration("dlt"), folder), by_ours(programs, configuration("ours"), folder))
                    passed, failed = passed + (found is None), failed + (found is not None)
                    print(f"{'ok  ' if found is None else 'FAIL'} {name}" + (f"\n     {found}" if found else ""), flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        reference.clean_up()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
