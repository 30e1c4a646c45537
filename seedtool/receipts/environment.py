"""What a receipt's figures may depend on besides the seed: versions, the system, threads."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from seedtool.version import VERSION


def environment() -> dict[str, str | int]:
    """By the names that a receipt has for them; needs torch."""
    import torch

    return {
        "seedtool": VERSION,
        "python": sys.version.split()[0],
        "torch": version("torch"),
        "transformers": version("transformers"),
        "system": platform.system(),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
    }


@contextmanager
def threads(count: int) -> Iterator[None]:
    """torch computes with ``count`` threads: sums are added in another order with others.

    Not with more than eight times the processors', which a hostile receipt may state.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(min(count, 8 * (os.cpu_count() or 1)))
    try:
        yield
    finally:
        torch.set_num_threads(before)
