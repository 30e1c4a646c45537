"""Fenced blocks of Markdown pages, run one after another in one folder.

``console`` blocks hold lines ``$ command``, each followed by what it prints on
both streams; ``python`` blocks are run as they are, and a ``text`` block right
after one is what it prints. ``python -m tests.blocks README.md docs/tutorial.md``
writes what they print now into the pages, for review by ``git diff``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.script import environment

FENCE = re.compile(r"^```(console|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FREE = re.compile(r"\d+\.\d s, peak memory \d+ MiB|\b[0-9a-f]{64}\b")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")


@dataclass
class Step:
    """What is run, and the lines that it must print."""

    command: list[str]
    title: str
    out: list[str] = field(default_factory=list)


def steps_of(page: str) -> list[Step]:
    """Everything that a page runs, in order."""
    steps: list[Step] = []
    for kind, body in FENCE.findall(page):
        lines = body.splitlines()
        if kind == "python":
            steps.append(Step([sys.executable, "-c", body], lines[0]))
        elif kind == "text":
            steps[-1].out += lines
        else:
            for line in lines:
                if line.startswith("$ "):
                    steps.append(Step(["bash", "-c", line[2:]], line))
                else:
                    steps[-1].out.append(line)
    return steps


def run(step: Step, folder: Path) -> list[str]:
    """The lines that it prints now, as a terminal would show them."""
    done = subprocess.run(
        step.command,
        cwd=folder,
        env=environment(folder) | {"PYTHONUNBUFFERED": "1", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


def alike(expected: str, seen: str) -> bool:
    """Equal, but for time and memory; figures may differ by 1 % or by one, for another zstd."""
    expected, seen = (FREE.sub("", " ".join(line.split())) for line in (expected, seen))
    if NUMBER.sub("#", expected) != NUMBER.sub("#", seen):
        return False
    pairs = zip(NUMBER.findall(expected), NUMBER.findall(seen), strict=True)
    return all(_near(float(a.replace(",", "")), float(b.replace(",", ""))) for a, b in pairs)


def _near(a: float, b: float) -> bool:
    room = 1.0 if a == int(a) and abs(a) >= 50 else 0.0  # counts of images; not of tensors
    return abs(a - b) <= max(room, 0.01 * abs(a))


def record(path: Path, folder: Path) -> None:
    """Write what the blocks print now into the page."""
    steps = iter(steps_of(path.read_text()))
    printed: list[str] = []

    def again(match: re.Match[str]) -> str:
        kind, body = match.groups()
        if kind == "text":
            return "```text\n" + "".join(f"{line}\n" for line in printed) + "```"
        if kind == "python":
            printed[:] = run(next(steps), folder)
            return match.group()
        lines: list[str] = []
        for line in body.splitlines():
            if line.startswith("$ "):
                lines += [line, *run(next(steps), folder)]
        return "```console\n" + "".join(f"{line}\n" for line in lines) + "```"

    path.write_text(FENCE.sub(again, path.read_text()))


def main() -> None:
    for page in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            record(page, Path(folder))


if __name__ == "__main__":
    main()
