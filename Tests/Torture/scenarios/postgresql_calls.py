"""dlt-load and a PostgreSQL server: a kill at every message to and from it, and every message failing."""

from __future__ import annotations

from faults import CHANGING, Fault, errors_at, kills_at
from scenarios.calls import strike
from stories import APPEND, MERGE, REPLACE
from trial import Trial


# Hundreds of messages are rows, and much the same.
EVERY_NTH = 8


def cases(bench):
    if bench.postgresql is None:
        def skip(trial: Trial) -> None:
            trial.outcome.skipped = "there is no PostgreSQL server (DLT_TEST_POSTGRESQL)"

        yield bench.case("postgresql", "PostgreSQL", APPEND, skip, short=True)
        return
    told = set()
    for story in (APPEND, MERGE, REPLACE):
        for step in (0, 1):
            trace = [call for call in bench.trace(story, step, bench.postgresql) if call.program == "dlt-load"]
            if not any(call.call == "send" for call in trace):
                raise SystemExit("torture: the shim sees nothing that dlt-load sends to PostgreSQL")
            chosen: list[Fault] = []
            for call in trace:
                if call.object == "socket:":
                    # Behind a message is before the next one; only what is sent can be cut in half.
                    chosen += [fault for fault in kills_at(call) if fault.action != "kill-after" or bench.every]
                    if bench.every or call.number % EVERY_NTH == 1 or call.call == "connect":
                        chosen += errors_at(call)
                elif call.call in CHANGING:
                    # What it does in the spool happens between messages.
                    chosen += [fault for fault in kills_at(call) if fault.action == "kill-before"]
            for fault in chosen:
                if fault.action.startswith("killall") and not bench.every:
                    continue
                what = (fault.calls, fault.action)
                yield bench.case(
                    f"postgresql/{story.name}.{step + 1}/{fault.name}",
                    "PostgreSQL: kill at a call" if fault.kills else "PostgreSQL: call that fails",
                    story, strike(step, fault), destination=bench.postgresql,
                    short=story is MERGE and step == 1 and fault.nth in (1, 9) and what not in told and not told.add(what))
