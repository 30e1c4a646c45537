"""Points measured in processes of this machine, one thread each.

With one thread sums are added in one order, so that figures do not depend on how many
points run at a time. A process that dies takes its point with it and no other.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import IO, Any

from seedtool.bench.engine.measuring import Job, lost
from seedtool.bench.results.document import Failure, Result, Timing

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
TAIL = 2000  # bytes of what a process said last
PATIENCE = 5.0


class Worker:
    """A process and the job that it has, None when it has none."""

    def __init__(self) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with it)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "seedtool.bench.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=os.environ | dict.fromkeys(THREADS, "1"),
            # A Ctrl-C at the terminal is for the one who started it, who ends the others.
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._in, self.out = self._process.stdin, self._process.stdout
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(BrokenPipeError):  # if it has died: seen when it is read
            self._in.write(json.dumps(asdict(job)).encode() + b"\n")
            self._in.flush()

    def take(self) -> tuple[Result, Timing] | None:
        """The outcome of its job, or None if it died."""
        line = self.out.readline()
        self.job = None if line else self.job
        if not line:
            return None
        result, timing = json.loads(line)
        error = Failure(**result["error"]) if result["error"] else None
        made = Result(**{**result, "notes": tuple(result["notes"]), "error": error})
        return made, Timing(**timing)

    def last_words(self) -> str:
        """How it ended, and the last line that it said."""
        code = self._process.wait()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - TAIL))
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return f"its process ended {how}" + (f": {lines[-1]}" if lines else "")

    def end(self) -> None:
        """End the process, whatever it is at; it has PATIENCE seconds to clear up."""
        if self.job:
            self._process.terminate()
        with contextlib.suppress(BrokenPipeError):
            self._in.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.out.close()
        self._said.close()


def run(jobs: Sequence[Job], count: int) -> Iterator[tuple[Result, Timing]]:
    """Outcomes as they come, of at most ``count`` points at a time."""
    left = list(reversed(jobs))
    selector = selectors.DefaultSelector()
    workers: list[Worker] = []

    def start() -> None:
        worker = Worker()
        workers.append(worker)
        selector.register(worker.out, selectors.EVENT_READ, worker)
        worker.give(left.pop())

    def retire(worker: Worker) -> None:
        selector.unregister(worker.out)
        workers.remove(worker)
        worker.end()

    try:
        while left and len(workers) < count:
            start()
        while workers:
            for key, _ in selector.select():
                worker: Any = key.data
                job = worker.job
                outcome = worker.take()
                if outcome is None:
                    outcome = lost(job, worker.last_words())
                    retire(worker)
                    if left:
                        start()
                elif left:
                    worker.give(left.pop())
                else:
                    retire(worker)
                yield outcome
    finally:
        for worker in [*workers]:
            retire(worker)
        selector.close()
