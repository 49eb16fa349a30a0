"""The stages of a pipe one after the other, for faults that happen between them."""

from __future__ import annotations

import json
from pathlib import Path

from programs import PipeResult
from trial import Trial


def stage(trial: Trial, step: int) -> Path:
    """Extracts and normalizes the step's input. Returns the package that waits then."""
    trial.prepare(step)
    plan = trial.story.steps[step]
    result = trial.programs.run(trial.commands(plan)[:-1], trial.folder, stdin=plan.stdin)
    if not result.done:
        trial.problem("unusable", f"staging fails without any fault: {result}")
    return packages(result)[-1]


def packages(result: PipeResult) -> list[Path]:
    lines = [json.loads(line) for line in result.stdout.decode().splitlines()]
    return [Path(line["path"]) for line in lines if line["type"] == "PACKAGE"]


def load(trial: Trial, *arguments: str, **options) -> PipeResult:
    """dlt-load alone: what waits, or the packages that are named."""
    named = list(arguments) if any(not a.startswith("-") and "/" in a for a in arguments) else [
        "--pending", "--pipeline", trial.story.pipeline, *arguments]
    return trial.tool("dlt-load", *trial.destination.load_arguments(trial.folder), *named, **options)


def expect(trial: Trial, result: PipeResult, statuses: set[int], *words: str, program: str = "dlt-load") -> None:
    """The program has ended with one of the statuses, and said all of the words."""
    ended = result.of(program)
    trial.outcome.messages.append(str(result))
    if result.hung:
        trial.problem("unusable", f"hung: {result}")
    elif ended.status not in statuses:
        trial.problem("status", f"{program} ended with {ended.status} instead of {sorted(statuses)}: {result}")
    elif ended.status not in (0, 137, 143) and ended is result.first_failed:
        trial.check_message(ended)
    missing = [word for word in words if word not in ended.errors]
    if missing:
        trial.problem("status", f"{program} does not say {missing}: {result}")


def expect_untouched(trial: Trial, before) -> None:
    """The dataset is what it was."""
    after = trial.dump()
    if (after.columns, after.rows) != (before.columns, before.rows):
        tables = [name for name in {*before.rows, *after.rows} if before.rows.get(name) != after.rows.get(name)]
        trial.problem("wrong", f"the destination was changed: {tables or 'columns'}")


def drop(trial: Trial, package: Path) -> None:
    """What the hint of a damaged package says."""
    result = trial.tool("dlt-state", "packages", "drop", package.name, "--pipeline", trial.story.pipeline)
    if not result.done:
        trial.problem("unusable", f"a damaged package cannot be dropped: {result}")


def pull(trial: Trial) -> None:
    """What the hint of a damaged state or schema says."""
    url, *dataset = trial.destination.load_arguments(trial.folder)
    result = trial.tool("dlt-state", "pull", url, *dataset, "--pipeline", trial.story.pipeline)
    if not result.done:
        trial.problem("unusable", f"what is damaged cannot be restored: {result}")
