"""Kills at random instants: of one program or of all three, by time and not by call."""

from __future__ import annotations

from stories import APPEND, BULK, MERGE, REPLACE
from trial import Trial

TARGETS = (("dlt-extract",), ("dlt-normalize",), ("dlt-load",), ())
SHORT = 12
LONG = 400


# What a kill that came too late is tried again with.
ATTEMPTS = 4


def kill(step: int, target: tuple[str, ...], kills: int):
    def run(trial: Trial) -> None:
        # The first program is done long before the last.
        latest = trial.reference.seconds[step] * (0.4 if target == ("dlt-extract",) else 1)
        for attempt in range(ATTEMPTS):
            trial.begin_after(step)
            trial.prepare(step)
            result = None
            for _ in range(kills):
                pipe = trial.start(step)
                timer = trial.programs.start_later(trial.random.uniform(0, latest), lambda: pipe.kill(*target))
                result = pipe.wait(trial.programs.timeout)
                timer.cancel()
                if any(ended.status == 137 for ended in result.ended):
                    trial.outcome.kills += 1
                trial.check_statuses(result, killed=target or tuple(ended.program for ended in result.ended))
            if trial.outcome.kills:
                break
            latest /= 2
        trial.outcome.missed = trial.outcome.kills == 0
        trial.finish_and_compare(step, result)

    return run


def cases(bench):
    stories = (BULK, MERGE, BULK, APPEND, BULK, REPLACE)
    for number in range(LONG):
        story, target = stories[number % len(stories)], TARGETS[number // 2 % len(TARGETS)]
        # Every fifth is killed again and again before it may finish.
        kills = 3 if number % 5 == 4 else 1
        yield bench.case(
            f"random/{number:03}/{story.name}/{target[0] if target else 'all'}", "kill at a random instant", story,
            kill(number % 2, target, kills), short=number < SHORT)
