"""What a check of arithmetic finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seedtool.bench.ledger.claim import FAILS, HOLDS


@dataclass(frozen=True)
class Checked:
    """``claimed`` by the note, ``value`` as computed, ``beside`` what the control has.

    ``found`` and ``control`` say them in words; ``but``: what the verdict is bound to.
    """

    verdict: str
    found: str
    control: str
    value: float | None = None
    claimed: float | None = None
    beside: float | None = None
    but: str = ""


Run = Callable[[int], Checked]  # by a seed of random numbers


def holds_if(condition: bool) -> str:
    """A verdict of arithmetic, which has no noise."""
    return HOLDS if condition else FAILS
