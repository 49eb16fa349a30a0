"""Runs the examples of the pages that need Python, and compares what they print with what the pages show.

A page of Markdown has blocks marked `sh run`, `sh nightly` and `python nightly`, run in their order in one folder for each page. A block
`text output` after one is what it prints to standard output. A manual page has blocks after a comment `.\\" python`, run in a folder
with the database of tutorial 5.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = {"sh run": "sh", "sh nightly": "sh", "python nightly": "python"}


class Example:
    def __init__(self, page, line, language):
        self.page, self.line, self.language = page, line, language
        self.lines, self.output = [], None

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)


def markdown(page):
    """The examples of a page of Markdown, in their order."""
    examples, fence, last = [], None, None
    for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
        if line.startswith("```"):
            fence = line[3:] if fence is None else None
            if fence in RUN:
                last = Example(page, number, RUN[fence])
                examples.append(last)
            elif fence == "text output" and last is not None:
                last.output = []
            elif fence is not None:
                last = None
        elif fence in RUN:
            last.lines.append(line)
        elif fence == "text output" and last is not None:
            last.output.append(line)
    return examples


def manual(page):
    """The Python examples of a manual page's template."""
    examples, is_next, current = [], False, None
    for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
        if line == '.\\" python':
            is_next = True
        elif line == ".EX" and is_next:
            current = Example(page, number, "python")
            examples.append(current)
            is_next = False
        elif line == ".EE":
            current = None
        elif current is not None:
            current.lines.append(line.replace("\\-", "-").replace("\\e", "\\"))
    return examples


def run(example, folder, environment):
    if example.language == "sh":
        command = ["bash", "-c", "set -e\n" + example.text]
    else:
        command = [sys.executable, "-W", "ignore", "-c", example.text]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def check(name, examples, prepared=()):
    """Runs the examples in a new folder, and gives the number of those that fail."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        environment.update(
            HOME=folder, TZ="UTC", LC_ALL="C.UTF-8", NO_COLOR="1", DLT_DATA_DIR=f"{folder}/data", DLT_PROJECT_DIR=folder,
            # dlt keeps its own files there, and sends nothing.
            DLT_CONFIG_FOLDER=folder, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL")
        for example in [*prepared, *examples]:
            result = run(example, folder, environment)
            expected = None if example.output is None else "".join(line + "\n" for line in example.output)
            if result.returncode == 0 and expected in (None, result.stdout):
                continue
            failures += 1
            print(f"FAILED {example.page}, line {example.line}: status {result.returncode}")
            print(f"{example.text}--- printed\n{result.stdout}--- expected\n{expected}--- messages\n{result.stderr[-2000:]}")
    print(f"{name}: {len(examples)} examples, {failures} failed")
    return failures


def main():
    tables = [example for example in markdown("tutorials/5-python.md") if example.language == "sh"][:1]
    failures = count = 0
    for path in sorted((ROOT / "tutorials").glob("*.md")):
        page = str(path.relative_to(ROOT))
        examples = markdown(page)
        if any(example.language == "python" for example in examples):
            failures += check(page, examples)
            count += len(examples)
    for path in sorted((ROOT / "man").glob("*.in")):
        page = str(path.relative_to(ROOT))
        examples = manual(page)
        if examples:
            failures += check(page, examples, prepared=tables)
            count += len(examples)
    # Pages without examples would mean that they are no longer found.
    if count < 20:
        failures += 1
        print(f"FAILED: only {count} examples were found")
    print(f"{count - min(failures, count)} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
