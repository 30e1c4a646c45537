"""A process that measures points: a job a line on standard input, an outcome a line back.

``python -m seedtool.bench.engine.worker``. What libraries write to standard output goes to
standard error, so that nothing but outcomes comes back.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict

from seedtool.bench.engine.measuring import Job, measure


def main() -> None:
    """Measure until there are no more jobs, or nobody is left to tell."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    for line in sys.stdin:
        result, timing = measure(Job(**json.loads(line)))
        answers.write(json.dumps([asdict(result), asdict(timing)]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
