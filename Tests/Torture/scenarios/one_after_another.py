"""Kill after kill: the pipe is started again and again and never gets further than one call more than the last time."""

from __future__ import annotations

from faults import CHANGING, Fault
from scenarios.calls import PIPELINES
from trial import Trial

# So that a program that makes calls without end ends the case.
MOST = 250


def kills(step: int, program: str, action: str):
    def run(trial: Trial) -> None:
        trial.begin_after(step)
        trial.prepare(step)
        result = None
        for nth in range(1, MOST):
            fault = Fault(program, CHANGING, nth, action)
            result = trial.run(step, fault)
            trial.check_statuses(result, fault, tuple(ended.program for ended in result.ended))
            trial.check_state()
            if not result.hits:
                break
            trial.outcome.kills += 1
        trial.outcome.missed = trial.outcome.kills == 0
        trial.finish_and_compare(step, result)

    return run


def cases(bench):
    for story in PIPELINES:
        for step in (0, 1):
            for program in dict.fromkeys(command[0] for command in story.steps[step].pipe):
                for action in ("kill-before", "kill-after", "killall-after"):
                    yield bench.case(
                        f"again/{story.name}.{step + 1}/{program}/{action}", "kill after kill", story, kills(step, program, action),
                        short=step == 1 and action == "killall-after" and story.name in ("append", "days"))
