"""What the bench has found and what was mended since: each stays as a case of its own, by what it was and not by a number."""

from __future__ import annotations

from faults import STORAGE, Fault
from scenarios.calls import strike
from stories import APPEND, DAYS, MERGE, REPLACE

FINDS = [
    (
        # A package of a run key is handed on from loaded/, where it looked whole and had no rows.
        "a loaded package whose trimming was cut short counts as loaded",
        DAYS, 0, Fault("dlt-load", ("unlink", "rmdir"), 3, "kill-after", path="/loaded/"),
    ),
    (
        "a state.json that was being written leaves nothing behind",
        APPEND, 0, Fault("dlt-load", ("fsync",), 1, "kill-before", path="/.state.json."),
    ),
    (
        "a schema that was being written leaves nothing behind",
        REPLACE, 0, Fault("dlt-load", ("rename",), 1, "kill-before", path="/schemas/."),
    ),
    (
        # SQLite says that it cannot open a file, and not why; it was taken for a lack of permission.
        "a disk too full for a journal is told as a full disk",
        APPEND, 0, Fault("dlt-load", STORAGE, 1, "ENOSPC", on=True, path="/db/"),
    ),
    (
        "no descriptor for a journal is told as too many open files",
        MERGE, 1, Fault("dlt-load", ("create",), 2, "EMFILE", on=True, path="/db/"),
    ),
    (
        "a quota that is used up is told with its reason",
        MERGE, 1, Fault("dlt-load", ("write",), 1, "EDQUOT", path="db/out.db"),
    ),
    (
        # SQLite keeps there what does not fit into memory; the hint was to free some space beside the database.
        "a full TMPDIR is told as a full disk, and which",
        MERGE, 1, Fault("dlt-load", STORAGE, 1, "ENOSPC", on=True, path="t/tmp/"),
    ),
    (
        # SQLite goes on with reading alone when it cannot open for writing.
        "a failed opening for writing is not taken for a file that may only be read",
        MERGE, 1, Fault("dlt-load", ("create",), 1, "EIO", path="db/out.db"),
    ),
    (
        # It waited a minute for another program, and said that one holds it.
        "a lock that cannot be asked for is not taken for one that is held",
        MERGE, 0, Fault("dlt-load", STORAGE, 1, "EMFILE", on=True),
    ),
    (
        # The same check keeps links and FIFOs out of spools.
        "a file that cannot be examined is not taken for another kind of file",
        APPEND, 0, Fault("dlt-normalize", ("fstat",), 1, "EIO", path="/jobs/"),
    ),
]


def cases(bench):
    for name, story, step, fault in FINDS:
        yield bench.case(f"finds/{name}", "found before", story, strike(step, fault, must_hit=True), short=True)
