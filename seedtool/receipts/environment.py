"""What a receipt's figures may depend on besides the seed: versions, the system, threads."""

from __future__ import annotations

import platform
import sys
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
