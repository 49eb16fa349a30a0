"""What a run of the bench amounts to, for people and as Markdown."""

from __future__ import annotations

from trial import CATEGORIES, Outcome, summary

COLUMNS = ("cases", "kills", "faults", *CATEGORIES, "missed", "skipped")
HEADINGS = {
    "lost": "rows lost", "doubled": "rows doubled", "wrong": "rows wrong", "ahead": "state ahead", "unusable": "spool unusable",
    "status": "wrong status", "missed": "not reached",
}


def markdown(outcomes: list[Outcome], title: str) -> str:
    kinds: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.kind, []).append(outcome)
    headings = ["kind", *(HEADINGS.get(column, column) for column in COLUMNS)]
    lines = [title, "", "| " + " | ".join(headings) + " |", "|---" + "|--:" * len(COLUMNS) + "|"]
    for kind, some in [*kinds.items(), ("**all**", outcomes)]:
        total = summary(some)
        lines.append(f"| {kind} | " + " | ".join(f"{total[column]:,}" for column in COLUMNS) + " |")
    failed = [outcome for outcome in outcomes if outcome.problems]
    if failed:
        lines += ["", "Cases with problems:", ""]
        for outcome in failed:
            lines.append(f"- `{outcome.name}`")
            lines += [f"  - {problem.category}: {problem.text[:600]}" for problem in outcome.problems[:4]]
    skipped = sorted({outcome.skipped for outcome in outcomes if outcome.skipped})
    if skipped:
        lines += ["", "Skipped: " + "; ".join(skipped)]
    return "\n".join(lines) + "\n"
