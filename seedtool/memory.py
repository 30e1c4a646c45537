"""The most memory that the process ever held."""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

_earlier = 0  # the highest before the mark was put back


def peak_bytes() -> int:
    """Resident bytes at their highest since this program started."""
    return max(_earlier, _highest())


def begin_stretch() -> int:
    """Let :func:`stretch_bytes` begin anew, at the bytes held now, which it returns.

    Where the system can't (all but Linux) it goes on from the highest so far.
    """
    global _earlier  # noqa: PLW0603  (the system's own mark is the process's too)
    held = peak_bytes()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
        _earlier = held
    return _highest()


def stretch_bytes() -> int:
    """Resident bytes at their highest since :func:`begin_stretch`."""
    return _highest()


def _highest() -> int:
    with contextlib.suppress(OSError):  # Linux; getrusage there counts whoever started us
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
