"""Scripts of shell commands with what each must print, run through the real command.

In a script a line ``$ command`` is run by bash in the folder where all commands
of that script are run, one after another. What follows it:

    two spaces and a line of standard output
    ! a line of standard error
    ? the exit code, where it is not 0

``#`` stands for a number whatever it is (seconds, memory, compressed bytes) and
``<hex>`` for a digest; columns may then be as wide as the number makes them.
Other lines are prose. ``python -m tests.cli.script`` writes what commands print
now into the scripts, for review by ``git diff``.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
NUMBER = r"-?[0-9][0-9.,]*"
PLAIN = re.compile(r"seed [^|&;<>$`]*")


@dataclass
class Step:
    """One command and what it must print, by its line in the script."""

    line: int
    command: str
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    code: int = 0

    def met_by(self, seen: Step) -> bool:
        """True if ``seen``, this step as it was run, is as this one says."""
        return (
            self.code == seen.code
            and len(self.out) == len(seen.out)
            and len(self.err) == len(seen.err)
            and all(map(fits, self.out + self.err, seen.out + seen.err))
        )

    def __str__(self) -> str:
        lines = [f"$ {self.command}", *(f"  {line}".rstrip() for line in self.out)]
        lines += [f"! {line}".rstrip() for line in self.err]
        return "\n".join(lines + ([f"? {self.code}"] if self.code else []))


def fits(expected: str, seen: str) -> bool:
    """True if a printed line is the expected one, but for what stands for anything."""
    if "#" not in expected and "<hex>" not in expected:
        return expected.rstrip() == seen.rstrip()
    pattern = re.escape(re.sub(" {2,}", "  ", expected.rstrip()))
    pattern = pattern.replace(r"\#", NUMBER).replace("<hex>", "[0-9a-f]{64}")
    return re.fullmatch(pattern, re.sub(" {2,}", "  ", seen.rstrip())) is not None


def parse(text: str) -> list[Step]:
    """The steps of a script."""
    steps: list[Step] = []
    pending = 0  # empty lines, which belong to the output if more of it follows
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif line.startswith("  ") and steps:
            steps[-1].out += [""] * pending + [line[2:]]
        elif line.startswith("! "):
            steps[-1].err.append(line[2:])
        elif line == "!":
            steps[-1].err.append("")
        elif line.startswith("? "):
            steps[-1].code = int(line[2:])
        pending = pending + 1 if not line and steps and steps[-1].out else 0
    return steps


def environment(home: Path) -> dict[str, str]:
    """The same everywhere, and without a variable of ours."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": os.environ.get("TMPDIR", tempfile.gettempdir()),
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def run(step: Step, folder: Path) -> Step:
    """What the step's command does now; one without shell syntax is called, others are run."""
    if PLAIN.fullmatch(step.command):
        return called(step, folder)
    done = subprocess.run(
        ["bash", "-c", step.command],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    out, err = (s.decode("utf-8", "replace").split("\n") for s in (done.stdout, done.stderr))
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Step(step.line, step.command, _whole(out), _whole(err), code)


def called(step: Step, folder: Path) -> Step:
    """A command called in this process, as if in another."""
    from seedtool.cli import main

    kept = os.environ.copy(), Path.cwd(), signal.getsignal(signal.SIGTERM)
    streams = io.StringIO(), io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    kept_streams = sys.argv, sys.stdin, sys.stdout, sys.stderr
    try:
        os.environ.clear()
        os.environ.update(environment(folder))
        os.chdir(folder)
        sys.argv = shlex.split(step.command)
        sys.stdin, sys.stdout, sys.stderr = streams
        main()
    except SystemExit as end:
        streams[1].flush()
        out = streams[1].buffer.getvalue().decode().split("\n")
        err = streams[2].getvalue().split("\n")
        return Step(step.line, step.command, _whole(out), _whole(err), int(str(end.code)))
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept_streams
        signal.signal(signal.SIGTERM, kept[2])
        os.chdir(kept[1])
        os.environ.clear()
        os.environ.update(kept[0])


def _whole(lines: list[str]) -> list[str]:
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], lines[-1] + "<no newline>"]


def record(path: Path, folder: Path) -> None:
    """Write into a script what its commands print now; lines that fit stay as they are."""
    lines = path.read_text().splitlines()
    steps = parse(path.read_text())
    kept: list[str] = []
    at = 0
    for step in steps:
        kept += lines[at : step.line - 1]
        seen = run(step, folder)
        seen.out = _settled(step.out, seen.out)
        seen.err = _settled(step.err, seen.err)
        kept += str(seen).splitlines()
        at = step.line
        while at < len(lines) and (lines[at][:2] in ("  ", "! ", "? ") or lines[at] == "!"):
            at += 1
            while at + 1 < len(lines) and not lines[at] and lines[at + 1][:2] in ("  ", "! ", "? "):
                at += 1
    path.write_text("\n".join(kept + lines[at:]) + "\n")


def _settled(expected: list[str], seen: list[str]) -> list[str]:
    by_line = dict(zip(range(len(seen)), expected, strict=False))
    return [by_line[i] if i in by_line and fits(by_line[i], s) else s for i, s in enumerate(seen)]


def main() -> None:
    from tests.cli.models import make

    for path in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.txt"))):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder))
            record(path, Path(folder))


if __name__ == "__main__":
    main()
