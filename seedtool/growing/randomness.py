"""Random numbers by purpose and step, so that work that goes on draws what it would have drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

ORDER, AUGMENTATION, DROPOUT, NOISE, ACCEPTANCE, FIXED, HELD_OUT, START = range(8)


def number(*parts: int) -> int:
    """63 bits that depend on all parts (integers >= 0), by numpy's SeedSequence."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))


def generator(*parts: int) -> Any:
    """A torch generator on the CPU, seeded by :func:`number`."""
    import torch

    return torch.Generator().manual_seed(number(*parts))


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Kernels that give the same on one machine, and the caller's random state kept."""
    import torch

    strict = torch.are_deterministic_algorithms_enabled()
    lenient = torch.is_deterministic_algorithms_warn_only_enabled()
    fills = torch.utils.deterministic.fill_uninitialized_memory
    with torch.random.fork_rng():
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # nothing here reads such
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(strict, warn_only=lenient)
            torch.utils.deterministic.fill_uninitialized_memory = fills
