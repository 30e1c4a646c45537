"""A process that has imported the command and forks itself for each run of it.

Told on stdin, one JSON list of ``argv`` and the file for stderr a line; answers
with the pid of the child, stopped before its first step, and then with its exit
code (minus the signal that killed it). What it is given as arguments is run
first of all, here, so that no child imports anything.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys

from seedtool.cli import main

PR_SET_PTRACER, ANYONE = 0x59616D61, ctypes.c_ulong(-1)


def command(argv: list[str], stderr: str) -> None:
    sys.argv[1:] = argv
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    # A kernel with Yama lets a process be traced by its ancestors alone, or by whom it names.
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYONE, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    try:
        main()
    except SystemExit as end:
        os._exit(end.code)  # the interpreter would tidy up at length, in memory all its own


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    for argv in json.loads(sys.argv[1]):
        sys.argv[1:] = argv
        with contextlib.suppress(SystemExit):
            main()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            answers.close()
            command(*json.loads(line))
        os.waitpid(pid, os.WUNTRACED)
        print(pid, file=answers, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


serve()
