"""dlt-load and each other destination: a kill at every call to it, and calls failing."""

from __future__ import annotations

from faults import CHANGING, Fault, errors_at, kills_at
from scenarios.calls import strike
from stories import APPEND, STORIES
from trial import Trial


def cases(bench):
    for destination in bench.others:
        obstacle = destination.obstacle()
        if obstacle:
            def skip(trial: Trial, why: str = obstacle) -> None:
                trial.outcome.skipped = why

            yield bench.case(destination.name, destination.title, APPEND, skip, short=True)
        else:
            yield from cases_of(bench, destination)


def cases_of(bench, destination):
    told = set()
    for story in (STORIES[name] for name in destination.stories):
        for step in (0, 1):
            trace = [call for call in bench.trace(story, step, destination) if call.program == "dlt-load"]
            if not any(destination.is_call(call) and call.call in CHANGING for call in trace):
                raise SystemExit(f"torture: the shim sees nothing that dlt-load does to {destination.title}")
            for fault in faults_of(bench, destination, trace):
                what = (fault.calls, fault.action)
                yield bench.case(
                    f"{destination.name}/{story.name}.{step + 1}/{fault.name}",
                    f"{destination.title}: kill at a call" if fault.kills else f"{destination.title}: call that fails",
                    story, strike(step, fault), destination=destination,
                    short=story.name == "merge" and step == 1 and fault.nth in (1, 9) and what not in told and not told.add(what))


def faults_of(bench, destination, trace):
    chosen: list[Fault] = []
    for call in trace:
        if destination.is_call(call):
            chosen += kills_at(call) if bench.every else destination.kills(call, kills_at(call))
            if bench.every or call.number % destination.every_nth == 1 % destination.every_nth or call.call == "connect":
                chosen += errors_at(call)
        elif call.call in CHANGING:
            # What it does in the spool happens between its calls to the destination.
            chosen += [fault for fault in kills_at(call) if fault.action == "kill-before"]
    return [fault for fault in chosen if bench.every or not fault.action.startswith("killall")]
