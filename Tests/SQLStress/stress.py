"""What dlt-extract sql must survive. Called by scripts/sql-stress."""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server import ROOT, Server, Writers

BIN = Path(os.environ.get("DLT_BIN", ROOT / ".build" / "release")).resolve()
# Types that every value of comes back with as it was.
TABLE = """CREATE TABLE t(id bigint PRIMARY KEY, at timestamptz, n numeric(20,6), d double precision, b bool, s text, y bytea);
INSERT INTO t SELECT g, '2026-01-01Z'::timestamptz + g * interval '1.000001 s', g * 1.234567, g / 7.0, g % 2 = 0, 'row "' || g || E'"\\n' || repeat('é', (g % 50)::int),
decode(md5(g::text), 'hex') FROM generate_series(1, {rows}) AS g; CREATE SEQUENCE new_ids START {next}"""
# One number for all rows, in any order.
SUM = """SELECT count(*), count(DISTINCT id), sum(hashtextextended(concat_ws('|', id, extract(epoch FROM at), n, d, b, s, encode(y, 'hex')), 0)::numeric) FROM """
INSERT = "INSERT INTO t SELECT g, now(), g, g / 3.0, true, 'new', 'x' FROM nextval('new_ids') AS g"


class Check:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, is_true, seen=""):
        if is_true:
            self.passed += 1
            print(f"ok   {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL {what}: {str(seen)[-2000:]}", flush=True)

    def equal(self, what, expected, got):
        self(what, expected == got, f"expected {expected}, got {got}")


class Place:
    """A folder with a spool, and the programs run in it."""

    def __init__(self, folder):
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.environment = {**{key: value for key, value in os.environ.items() if not key.startswith("DLT_") or key == "DLT_LIBDUCKDB"},
                            "PATH": f"{BIN}:{os.environ['PATH']}", "DLT_DATA_DIR": str(self.folder / "data"), "DLT_PIPELINE": "p"}

    def start(self, script, **variables):
        return subprocess.Popen(["bash", "-c", script], cwd=self.folder, env={**self.environment, **variables}, start_new_session=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, script, timeout=600, **variables):
        process = self.start(script, **variables)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            return 124, output, errors
        return process.returncode, output, errors


def pipe(options, destination='"$TO"', normalize=""):
    return (f'dlt-extract sql "$URL" {options} -q | dlt-normalize -q {normalize} | dlt-load -q {destination}; echo "${{PIPESTATUS[@]}}"')


def snapshot(check, server, work, arguments):
    """Any number of connections read exactly what one moment had, while others insert, update and move rows."""
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS source CASCADE; CREATE SCHEMA source")
    control.run("SET search_path = source")
    control.run(TABLE.format(rows=arguments.rows, next=arguments.rows + 1))
    writers = Writers(server, 2, lambda number, step: (
        f"SET search_path = source; {INSERT}; UPDATE t SET s = s || 'u', n = n + 1 WHERE id % 5000 = {(step * 2 + number) % 5000}; "
        f"DELETE FROM t WHERE id = {step * 10 + number}"))
    try:
        for jobs in (1, 2, 4):
            view = server.session()
            view.run("SET search_path = source; BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE t IN ACCESS SHARE MODE")
            name = view.value("SELECT pg_export_snapshot()")
            expected = view.run(SUM + "t")[0]
            before = sum(writers.steps)
            place = Place(work)
            dataset = f"copy_{jobs}"
            status, output, errors = place.run(pipe(f"--schema source --table t --jobs {jobs} --snapshot {name}", f'"$URL" --dataset {dataset}'), URL=server.url)
            changes = sum(writers.steps) - before
            check.equal(f"{jobs} jobs end well", "0 0 0", output.strip() or errors)
            view.close()
            if output.strip() == "0 0 0":
                check.equal(f"{jobs} jobs bring the {expected[0]} rows of the snapshot, during {changes} transactions of others",
                            expected, control.run(f"{SUM} {dataset}.t")[0])
            control.run(f"DROP SCHEMA IF EXISTS {dataset} CASCADE")
    finally:
        writers.stop()
        control.close()


def kills(check, server, work, arguments):
    """Each of the three programs is killed at random times. What runs again goes on, and each row is there once."""
    chance = random.Random(arguments.seed)
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS source CASCADE; CREATE SCHEMA source")
    control.run("SET search_path = source")
    control.run(TABLE.format(rows=arguments.rows, next=arguments.rows + 1))
    # It writes only rows that sort after the others, as a key does, and none out of turn: the last option is for that.
    place = Place(work)
    script = pipe("--schema source --table t --cursor id --row-order asc --cursor-safe", '"$URL" --dataset copy')
    whole = None
    killed = {name: 0 for name in ("dlt-extract", "dlt-normalize", "dlt-load")}
    for number in range(arguments.rounds):
        control.run(INSERT)
        process = place.start(script, URL=server.url)
        name = chance.choice(list(killed))
        # The first round is left to itself for as long as a kill may take.
        wait = chance.uniform(0.05, arguments.rows / 150_000 + 0.5)
        time.sleep(wait)
        for other in children(process.pid):
            if other[1] == name:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(other[0], signal.SIGKILL)
                    killed[name] += 1
        output, errors = process.communicate(timeout=600)
        last = output.split()
        if not last or set(last) - {"0", "137", "141", "75", "74", "10"}:
            check("a killed run ends with a documented status", False, f"{output} {errors}")
        rows = tables(control, "copy")
        print(f"     {name} after {wait:.2f} s: {' '.join(last)}; {rows} rows", flush=True)
        if whole is None and rows and rows < arguments.rows:
            whole = rows
    check(f"programs were killed while they ran: {killed}", min(killed.values()) > 0 or arguments.rounds < 12)
    check(f"a run that was killed had rows loaded before its end: {whole}", whole is not None or arguments.rows < 500_000, "none")
    for _ in range(20):
        status, output, errors = place.run(script, URL=server.url)
        if output.strip() == "0 0 0":
            break
    check.equal("a last run ends well", "0 0 0", output.strip() or errors)
    check.equal("each row is there once, and equals the source", control.run(SUM + "t")[0], control.run(SUM + "copy.t")[0])
    # Everything anew, by several connections: the table is as before or whole, never between.
    control.run("UPDATE t SET s = 'changed' WHERE id % 3 = 0; DELETE FROM t WHERE id % 1000 = 7")
    script = pipe("--schema source --table t --jobs 4", '"$URL" --dataset copy', "--write-disposition replace --refresh drop_resources")
    before = control.run(SUM + "copy.t")[0]
    for number in range(max(arguments.rounds // 4, 3)):
        process = place.start(pipe("--schema source --table t --jobs 4", '"$URL" --dataset other', "--write-disposition replace"), URL=server.url, DLT_PIPELINE="q")
        time.sleep(chance.uniform(0.05, arguments.rows / 150_000 + 0.5))
        for other in children(process.pid):
            if other[1] == chance.choice(list(killed)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(other[0], signal.SIGKILL)
        process.communicate(timeout=600)
        rows = control.run(SUM + "other.t")[0] if tables(control, "other") is not None else None
        if rows is not None and rows != control.run(SUM + "t")[0]:
            check("a table that is replaced is whole or as before", rows[0] == "0", rows)
    status, output, errors = place.run(pipe("--schema source --table t --jobs 4", '"$URL" --dataset other', "--write-disposition replace"), URL=server.url, DLT_PIPELINE="q")
    check.equal("a replacement after kills ends well", "0 0 0", output.strip() or errors)
    check.equal("a replacement after kills is equal to the source", control.run(SUM + "t")[0], control.run(SUM + "other.t")[0])
    control.run("DROP SCHEMA copy CASCADE; DROP SCHEMA other CASCADE")
    control.close()


def tables(control, dataset):
    """The rows of a copy that may not exist yet."""
    if control.value(f"SELECT to_regclass('{dataset}.t') IS NULL") == "t":
        return None
    return int(control.value(f"SELECT count(*) FROM {dataset}.t"))


def children(leader):
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                text = (folder / "stat").read_text()
                name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
                if int(rest[3]) == leader:
                    found.append((int(folder.name), name))
    return found


def many(check, server, work, arguments):
    """500 tables of ten columns, found in one query."""
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS many CASCADE; CREATE SCHEMA many")
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(
        ["text", "int", "numeric(10,2)", "timestamptz", "jsonb", "bool", "date", "bytea", "int[]"]))
    for start in range(0, 500, 50):
        control.run(";".join(f"CREATE TABLE many.t{n}(id bigint PRIMARY KEY, {columns}" + (f", r bigint REFERENCES many.t{n - 1}" if n else "") + ")" for n in range(start, start + 50)))
    place = Place(work)
    best = None
    for _ in range(3):
        began = time.monotonic()
        status, output, errors = place.run("dlt-extract sql \"$URL\" --schema many --foreign-keys -q", URL=server.url)
        seconds = time.monotonic() - began
        best = seconds if best is None else min(best, seconds)
    check.equal("500 tables are announced", 500, output.count('"type":"SCHEMA"'))
    check(f"500 tables are found and read, empty, in {best:.2f} s of wall clock", best < 1.0, f"{best:.2f} s")
    control.run("DO $$ BEGIN FOR n IN REVERSE 499..0 LOOP EXECUTE 'DROP TABLE many.t' || n; IF n % 50 = 0 THEN COMMIT; END IF; END LOOP; END $$")
    control.close()


def ends(check, what, result, status, *words):
    """One sentence, its status, and nothing loaded."""
    code, output, errors = result
    lines = [line for line in errors.splitlines() if line.startswith("dlt-extract: ")]
    check(f"{what}: {status}, one sentence", code == status and len(lines) == 1 and all(word in errors for word in words), f"{code} {errors}")


READ = 'dlt-extract sql "$URL" --schema {schema} --table t >out'


def ended(check, server, work, arguments):
    """A time limit, an administrator, an ended session: the run says so, and the next one succeeds."""
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS ended CASCADE; CREATE SCHEMA ended; CREATE TABLE ended.t AS SELECT g AS id, repeat('x', 1000) AS s FROM generate_series(1, 300000) AS g")
    place = Place(work)
    read = READ.format(schema="ended")
    ends(check, "a time limit", place.run(read, URL=server.url, PGOPTIONS="-c statement_timeout=20ms"), 75, "statement timeout")
    for function, words in (("pg_cancel_backend", "cancel"), ("pg_terminate_backend", "terminat")):
        # Its reader does not read until the server was asked to end it.
        process = place.start("dlt-extract sql \"$URL\" --schema ended --table t 2>err | (while [ ! -e go ]; do sleep 0.05; done; cat >/dev/null); exit ${PIPESTATUS[0]}", URL=server.url)
        while control.value(f"SELECT count({function}(pid)) FROM pg_stat_activity WHERE application_name = 'dlt-extract' AND query LIKE 'COPY%'") == "0":
            time.sleep(0.05)
        (place.folder / "go").touch()
        process.communicate(timeout=60)
        ends(check, function, (process.returncode, "", (place.folder / "err").read_text()), 75, words)
        (place.folder / "go").unlink()
    code, output, errors = place.run(read, URL=server.url)
    check.equal("the same command succeeds afterwards", 0, code)
    ends(check, "a wrong password", place.run(read, URL=server.tcp.replace(":PlantedSecret", ":wrong")), 77, "password")
    ends(check, "no server", place.run(read, URL="postgresql://a@127.0.0.1:1/x"), 69)
    ends(check, "a missing table", place.run('dlt-extract sql "$URL" --schema ended --table tt >out', URL=server.url), 65, "did you mean t?")
    ends(check, "a missing column", place.run(read + " --cursor sid", URL=server.url), 65, "no column sid")
    control.run("CREATE TYPE ended.odd AS (a int, b point); CREATE TABLE ended.u(id int, o ended.odd, r int4range); INSERT INTO ended.u VALUES (1, (1, '(1,2)'), '[1,2]')")
    code, output, errors = place.run('dlt-extract sql "$URL" --schema ended --table u', URL=server.url)
    check("a type that nobody knows arrives as text", code == 0 and '"o":"(1,\\"(1,2)\\")"' in output, f"{code} {output} {errors}")
    prepared(check, server, control, place)
    control.close()


def prepared(check, server, control, place):
    """A transaction that is prepared for a commit in two phases belongs to no session, and is waited for."""
    control.run("CREATE TABLE ended.p(id bigserial, v text); INSERT INTO ended.p(v) VALUES ('first')")
    control.run("BEGIN; INSERT INTO ended.p(v) VALUES ('prepared'); PREPARE TRANSACTION 'two phases'")
    control.run("INSERT INTO ended.p(v) VALUES ('later')")
    read = 'dlt-extract sql "$URL" --schema ended --table p --cursor id --cursor-safe'
    ends(check, "a prepared transaction", place.run(read + " --lock-timeout 0.5", URL=server.url), 75, "two phases", "COMMIT PREPARED")
    control.run("COMMIT PREPARED 'two phases'")
    code, output, errors = place.run(read, URL=server.url)
    check.equal("afterwards all rows are read", (0, 3), (code, output.count('"type":"RECORD"')))


def standby(check, server, work, arguments):
    """A standby that must go on cancels the query that keeps it from that."""
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS there CASCADE; CREATE SCHEMA there; CREATE TABLE there.t AS SELECT g AS id, repeat('x', 1000) AS s FROM generate_series(1, 200000) AS g")
    folder = server.folder.parent / "standby"
    port = str(int(server.port) + 1)
    server.as_owner(server.programs / "pg_basebackup", "--host", server.folder, "--port", server.port, "--username", "loader", "--pgdata", server.folder / "standby",
                    "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
    with open(server.folder / "standby" / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write(f"port = {port}\nmax_standby_streaming_delay = 200ms\nmax_standby_archive_delay = 200ms\nhot_standby_feedback = off\n")
    server.as_owner(server.programs / "pg_ctl", "--pgdata", server.folder / "standby", "--log", server.folder / "standby.log", "--wait", "start")
    try:
        url = server.url.replace(f"port={server.port}", f"port={port}")
        place = Place(work)
        read = READ.format(schema="there")
        code, output, errors = place.run(read, URL=url)
        check.equal("a standby is read", 0, code)
        # It must not wait for its reader: the server could not report the reason then.
        process = place.start("dlt-extract sql \"$URL\" --schema there --table t --where 'pg_sleep(0.01) IS NOT NULL' 2>err >out", URL=url)
        watch = Server.session(type("Other", (), {"url": url})())
        while watch.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dlt-extract' AND query LIKE 'COPY%'") == "0":
            time.sleep(0.05)
        control.run("DELETE FROM there.t WHERE id % 2 = 0")
        control.run("VACUUM there.t")
        while watch.value("SELECT sum(confl_snapshot + confl_lock) FROM pg_stat_database_conflicts") == "0":
            time.sleep(0.1)
        process.communicate(timeout=60)
        ends(check, "a standby that cancels", (process.returncode, "", (place.folder / "err").read_text()), 75, "max_standby_streaming_delay")
        code, output, errors = place.run(read, URL=url)
        check.equal("the same command succeeds afterwards", 0, code)
        ends(check, "--cursor-safe on a standby", place.run(read + " --cursor id --cursor-safe", URL=url), 64, "standby")
        watch.close()
    finally:
        server.as_owner(server.programs / "pg_ctl", "--pgdata", server.folder / "standby", "--mode", "immediate", "stop")
    control.close()


def pooler(check, server, work, arguments):
    """Through pgbouncer, which lends its connections for a transaction each."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not os.access(program, os.X_OK):
        print("     (pgbouncer is not installed: not run)")
        return
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS pooled CASCADE; CREATE SCHEMA pooled; CREATE TABLE pooled.t AS SELECT g AS id, now() AS at, repeat('x', 7000) AS s FROM generate_series(1, 20000) AS g")
    control.run("ALTER TABLE pooled.t ALTER s SET STORAGE PLAIN; UPDATE pooled.t SET s = s || 'y'")
    port = str(int(server.port) + 2)
    for mode, pool in (("transaction", 8), ("transaction", 1), ("session", 8), ("statement", 8)):
        settings = server.folder / "pgbouncer.ini"
        settings.write_text(f"""[databases]
dlt = host={server.folder} port={server.port} user=loader
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {pool}
query_wait_timeout = 3
logfile = {server.folder}/pgbouncer.log
""")
        settings.chmod(0o644)
        owner = pwd_of("postgres") if os.geteuid() == 0 else {}
        process = subprocess.Popen([program, "-q", str(settings)], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner)
        try:
            url = f"postgresql://loader@127.0.0.1:{port}/dlt"
            place = Place(work)
            for _ in range(100):
                if subprocess.run(["psql", url, "-c", "SELECT 1"], capture_output=True).returncode == 0:
                    break
                time.sleep(0.05)
            one = place.run('dlt-extract sql "$URL" --schema pooled --table t -q', URL=url)
            more = place.run('dlt-extract sql "$URL" --schema pooled --table t -q --jobs 3', URL=url)
            safe = place.run('dlt-extract sql "$URL" --schema pooled --table t -q --cursor at --cursor-safe', URL=url)
            name = f"pool_mode {mode}, {pool} connections"
            if mode == "statement":
                ends(check, f"{name}: one connection", one, one[0], "transaction")
                check(f"{name}: a documented status", one[0] in (65, 69, 75, 78), one)
                continue
            check.equal(f"{name}: COPY brings all rows", (0, 20000), (one[0], one[1].count('"type":"RECORD"')))
            check.equal(f"{name}: --cursor-safe brings all rows", (0, 20000), (safe[0], safe[1].count('"type":"RECORD"')))
            if pool > 1:
                check.equal(f"{name}: --jobs brings all rows", (0, 20000), (more[0], more[1].count('"type":"RECORD"')))
            else:
                ends(check, f"{name}: --jobs", more, more[0], "query_wait_timeout")
                check(f"{name}: --jobs ends with a documented status", more[0] in (69, 75), more)
        finally:
            process.terminate()
            process.wait()
    control.close()


def pwd_of(name):
    import pwd

    owner = pwd.getpwnam(name)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def large(check, server, work, arguments):
    """Values of many megabytes, and the server's limit of 1 GB."""
    control = server.session()
    control.run("DROP SCHEMA IF EXISTS large CASCADE; CREATE SCHEMA large; CREATE TABLE large.t(id int, s text, y bytea)")
    control.run("INSERT INTO large.t VALUES (1, repeat('0123456789', 10000000), NULL), (2, repeat(E'\\n', 100000000), NULL), (3, NULL, decode(repeat('00ff', 50000000), 'hex'))")
    expected = control.run("SELECT id, length(s), md5(s), length(y), md5(y) FROM large.t ORDER BY id")
    place = Place(work)
    status, output, errors = place.run(pipe("--schema large --table t", '"$URL" --dataset large_copy'), URL=server.url)
    check("lines of 100 MB are refused at first, with the option that lets them pass", output.split()[1:] == ["65", "65"] and "--max-memory" in errors, errors)
    status, output, errors = place.run(pipe("--schema large --table t", '"$URL" --dataset large_copy', "--max-memory 2G"), URL=server.url)
    check.equal("texts and bytes of 100 MB are loaded", "0 0 0", output.strip() or errors)
    if output.strip() == "0 0 0":
        check.equal("and are the same", expected, control.run("SELECT id, length(s), md5(s), length(y), md5(y) FROM large_copy.t ORDER BY id"))
    control.run("TRUNCATE large.t; INSERT INTO large.t VALUES (4, repeat('0123456789', 105000000), NULL)")
    code, output, errors = place.run('dlt-extract sql "$URL" --schema large --table t | wc -c; exit ${PIPESTATUS[0]}', URL=server.url)
    check("a text of 1.05 GB arrives, or is refused in one sentence", code == 0 and int(output) > 1_050_000_000 or code in (65, 75) and errors.count("dlt-extract: ") == 1, f"{code} {output} {errors}")
    print(f"     1.05 GB: {code} {output.strip()} {errors.strip()[:300]}")
    control.run("TRUNCATE large.t; INSERT INTO large.t VALUES (5, repeat('0123456789', 90000000), NULL)")
    control.run("UPDATE large.t SET y = decode(repeat('00ff', 100000000), 'hex')")
    # The server cannot send a row of more than 1 GB.
    code, output, errors = place.run('dlt-extract sql "$URL" --schema large --table t | wc -c; exit ${PIPESTATUS[0]}', URL=server.url)
    check("a row of more than 1 GB arrives, or is refused in one sentence", code == 0 or code in (65, 75) and errors.count("dlt-extract: ") == 1, f"{code} {output} {errors}")
    print(f"     1.2 GB: {code} {output.strip()} {errors.strip()[:300]}")
    control.run("DROP SCHEMA large CASCADE")
    control.close()


def locked(check, server, work, arguments):
    """Files that another program has locked."""
    place = Place(work)
    writer = sqlite3.connect(place.folder / "x.db", isolation_level=None)
    writer.execute("CREATE TABLE t(id int)")
    writer.execute("BEGIN EXCLUSIVE")
    read = "dlt-extract sql sqlite:///x.db --lock-timeout 0.3 >out"
    ends(check, "a locked file of SQLite", place.run(read), 75, "lock")
    writer.execute("COMMIT")
    check.equal("the same command succeeds afterwards", 0, place.run(read)[0])
    writer.close()
    if "DLT_LIBDUCKDB" not in os.environ:
        print("     (DLT_LIBDUCKDB is not set: DuckDB was not tried)")
        return
    place.run("dlt-extract sql sqlite:///x.db | dlt-normalize | dlt-load duckdb:///x.duckdb")
    holder = place.start("{ echo 'CREATE TABLE u(i int);'; sleep 30; } | (dlt-query duckdb:///x.duckdb --help >/dev/null; exec python3 -c \"import fcntl,os,time; "
                         "f=open('x.duckdb','r+b'); fcntl.lockf(f, fcntl.LOCK_EX); open('held','w'); time.sleep(30)\")")
    while not (place.folder / "held").exists():
        time.sleep(0.05)
    read = "dlt-extract sql duckdb:///x.duckdb --schema p --lock-timeout 0.3 >out"
    ends(check, "a locked file of DuckDB", place.run(read), 75, "lock")
    os.killpg(holder.pid, signal.SIGKILL)
    holder.wait()
    check.equal("the same command succeeds afterwards", 0, place.run(read)[0])


SCENARIOS = {"snapshot": snapshot, "kills": kills, "many": many, "ended": ended, "standby": standby, "pooler": pooler, "large": large, "locked": locked}


def main():
    parser = argparse.ArgumentParser(prog="sql-stress", description="Runs the scenarios, or those whose names have one of the words.")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=24, help="kills")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{name}: {scenario.__doc__}" for name, scenario in SCENARIOS.items()))
        return 0
    if not os.access(BIN / "dlt-extract", os.X_OK):
        print(f"sql-stress: no dlt-extract in {BIN}: build first, or set DLT_BIN", file=sys.stderr)
        return 66
    print(f"seed {arguments.seed}")
    check = Check()
    work = Path(tempfile.mkdtemp(prefix="sql-stress-"))
    server = Server("max_prepared_transactions = 10\nwal_keep_size = 256MB\n")
    try:
        for name, scenario in SCENARIOS.items():
            if not arguments.words or any(word in name for word in arguments.words):
                print(f"-- {name}: {scenario.__doc__}", flush=True)
                scenario(check, server, work, arguments)
    finally:
        server.stop()
        shutil.rmtree(work, ignore_errors=True)
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
