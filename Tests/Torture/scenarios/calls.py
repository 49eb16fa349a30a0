"""A kill before and after every call that changes something, and every call failing with each error that fits it."""

from __future__ import annotations

from faults import Fault, errors_at, kills_at
from stories import STORIES
from trial import Trial

# Programs are disturbed in their first run and in the next, which finds state, tables and a home.
DISTURBED_STEPS = (0, 1)


def strike(step: int, fault: Fault):
    """A run of the step with the fault, and all that has to hold afterwards."""

    def run(trial: Trial) -> None:
        trial.begin_after(step)
        trial.prepare(step)
        result = trial.run(step, fault)
        trial.outcome.missed = not result.hits
        if fault.kills:
            trial.outcome.kills = len(result.hits[:1])
        else:
            trial.outcome.faults = len(result.hits[:1])
        killed = tuple(ended.program for ended in result.ended) if fault.action.startswith("killall") else (fault.program,)
        trial.check_statuses(result, fault, killed if fault.kills else ())
        trial.finish_and_compare(step, result)

    return run


def cases(bench):
    for story in STORIES.values():
        for step in DISTURBED_STEPS:
            for call in bench.trace(story, step):
                for fault in kills_at(call) + errors_at(call):
                    yield bench.case(
                        f"calls/{story.name}.{step + 1}/{fault.name}",
                        "kill at a call" if fault.kills else "call that fails",
                        story, strike(step, fault))
