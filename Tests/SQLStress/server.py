"""A PostgreSQL server of scripts/postgresql, and sessions of psql on it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Session:
    """One psql that stays connected; each statement's rows come back as lists of texts."""

    def __init__(self, url, name="stress"):
        self.process = subprocess.Popen(
            ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t", url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PGAPPNAME": name})
        self.number = 0

    def run(self, sql):
        self.number += 1
        mark = f"-- end {self.number} --"
        self.process.stdin.write(f"{sql};\n\\echo '{mark}'\n")
        self.process.stdin.flush()
        rows = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == mark:
                break
            rows.append(line.split("\t"))
        errors = [row[0] for row in rows if row[0].startswith("ERROR:")]
        if errors:
            raise RuntimeError(f"{errors[0]} in {sql}")
        return rows

    def value(self, sql):
        return self.run(sql)[0][0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Server:
    def __init__(self, settings=""):
        self.folder = Path(tempfile.mkdtemp(prefix="sql-stress-")) / "server"
        self.folder.parent.chmod(0o711)
        lines = self.script("start", self.folder)
        self.url = lines[0].split("=", 1)[1]
        self.tcp = lines[1].split("=", 1)[1]
        if settings:
            with open(self.folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
                file.write(settings)
            self.script("restart", self.folder)

    def script(self, *words):
        result = subprocess.run([ROOT / "scripts" / "postgresql", *words], check=True, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        return result.stdout.splitlines()

    port = property(lambda self: self.url.rsplit("port=", 1)[1])
    programs = property(lambda self: Path(sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]))

    def session(self, name="stress"):
        return Session(self.url, name)

    def as_owner(self, *command, **options):
        """The server's programs refuse to be root."""
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            options.update(user=owner.pw_uid, group=owner.pw_gid, extra_groups=[])
        return subprocess.run([str(word) for word in command], cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)

    def stop(self):
        self.script("stop", self.folder)
        shutil.rmtree(self.folder.parent, ignore_errors=True)


class Writers:
    """Sessions that run statements until they are stopped. `statements` gets the writer's number and the step's."""

    def __init__(self, server, count, statements):
        self.isEnded = threading.Event()
        self.steps = [0] * count
        self.threads = [threading.Thread(target=self.work, args=(server, number, statements), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self, server, number, statements):
        session = server.session(f"writer {number}")
        while not self.isEnded.is_set():
            self.steps[number] += 1
            session.run(statements(number, self.steps[number]))
        session.close()

    def stop(self):
        self.isEnded.set()
        for thread in self.threads:
            thread.join()
