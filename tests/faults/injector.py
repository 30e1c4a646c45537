"""One system call of the command goes wrong: strace fails it, or has a signal arrive in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# All that can change what is on a disk, and reading. The ? is for machines that lack a call.
CALLS = (
    *("read", "pread64"),
    *("openat", "write", "pwrite64", "writev", "close", "fsync", "fdatasync", "ftruncate"),
    *("chmod", "fchmod", "fchmodat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat"),
    *("link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2"),
)
TRACE = "trace=" + ",".join(f"?{call}" for call in CALLS)


@dataclass(frozen=True)
class Call:
    """A system call that a run made: the ``nth`` of its name, and how strace writes it."""

    name: str
    nth: int
    text: str


@dataclass(frozen=True)
class Run:
    """What came of a run; ``code`` is minus the signal if one killed it."""

    code: int
    stderr: str
    calls: tuple[Call, ...]


class Injector:
    """Runs of the command from one warm process; ``folder`` is for its own files."""

    def __init__(self, folder: Path, warming: list[list[str]]) -> None:
        self._folder = folder
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.warm", json.dumps(warming)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, argv: list[str], fault: str = "") -> Run:
        """Run ``seed argv``; ``fault``: the end of strace's inject=, as ``write:error=EIO``."""
        stderr, log = self._folder / "stderr", self._folder / "log"
        pid = int(self._ask(json.dumps([argv, str(stderr)])))
        inject = ["-e", f"inject={fault}"] if fault else []
        strace = subprocess.Popen(
            ["strace", "-y", "-qq", "-s", "0", "-o", log, "-e", TRACE, *inject, "-p", str(pid)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        while not _traced(pid):
            if strace.poll() is not None:
                os.kill(pid, signal.SIGKILL)
                self._answer()
                raise OSError(strace.communicate()[1].decode())
            time.sleep(0.001)
        os.kill(pid, signal.SIGCONT)
        code = int(self._answer())
        strace.communicate()
        return Run(code, stderr.read_text(), _calls(log.read_text()))

    def _ask(self, line: str) -> str:
        assert self._warm.stdin
        print(line, file=self._warm.stdin, flush=True)
        return self._answer()

    def _answer(self) -> str:
        assert self._warm.stdout
        return self._warm.stdout.readline()

    def close(self) -> None:
        self._warm.communicate()


def available() -> bool:
    """Whether there is a strace that is allowed to trace."""
    return (
        bool(shutil.which("strace"))
        and not subprocess.run(
            ["strace", "-qq", "-o", os.devnull, "true"], check=False, capture_output=True
        ).returncode
    )


def _traced(pid: int) -> bool:
    return "\nTracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text()


def _calls(log: str) -> tuple[Call, ...]:
    seen: Counter[str] = Counter()
    calls = []
    for name, rest in re.findall(r"^(\w+)(\(.*)$", log, re.MULTILINE):
        seen[name] += 1
        calls.append(Call(name, seen[name], name + rest))
    return tuple(calls)
