"""A signal ends the command by an exception, so that its temporary files go."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SOON = 0.01  # seconds, for a callback to be over


def listen() -> None:
    """Exit with 128 plus the number of a signal, unless it is ignored, as nohup leaves it."""
    for number in STOPS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """A second signal must not stop the clearing up that the first has begun."""
    for each in STOPS:
        signal.signal(each, lambda *_: None)  # for SIG_IGN Python complains of one under way
    sys.unraisablehook = _again
    raise _Stopped(number)


class _Stopped(SystemExit):
    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


def _again(lost: UnraisableHookArgs) -> None:
    """Python drops what is raised in a finaliser or a weak reference's callback; stop after it."""
    if isinstance(lost.exc_value, _Stopped):
        number = lost.exc_value.number
        signal.signal(number, _stop)
        threading.Timer(SOON, os.kill, (os.getpid(), number)).start()
    else:
        sys.__unraisablehook__(lost)
