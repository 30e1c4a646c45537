"""Where a value of an axis stands, and the round values that are marked on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MARKS = 6  # about so many
ROOM = 0.04  # of the span, left at both ends


@dataclass(frozen=True)
class Scale:
    """``low`` to ``high`` (of logarithms if ``log``) go to 0..1; ``marks``: values."""

    low: float
    high: float
    log: bool
    marks: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float], *, log: bool) -> Scale:
        """A scale that has room for all values; those that a logarithm lacks are left out."""
        held = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
        places = [math.log10(v) if log else v for v in held] or [0.0, 1.0]
        low, high = min(places), max(places)
        span = high - low or abs(high) * 0.1 or 1.0
        low, high = low - ROOM * span, high + ROOM * span
        return cls(low, high, log, _decades(low, high) if log else _rounds(low, high))

    def place(self, value: float) -> float:
        """0 at the low end to 1 at the high one; NaN for what has no place."""
        if self.log and not value > 0:
            return math.nan
        return ((math.log10(value) if self.log else value) - self.low) / (self.high - self.low)


def _rounds(low: float, high: float) -> tuple[float, ...]:
    rough = (high - low) / MARKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(s * size for s in STEPS if s * size >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(i * step for i in range(first, last + 1))


def _decades(low: float, high: float) -> tuple[float, ...]:
    """Powers of ten, with 2 and 5 between them where these are few."""
    first, last = math.floor(low), math.ceil(high)
    stride = max(1, math.ceil((high - low) / MARKS))
    between = (1, 2, 5) if high - low < 2.5 else (1,)
    marks = [m * 10.0**e for e in range(first, last + 1, stride) for m in between]
    inside = [m for m in marks if low <= math.log10(m) <= high]
    return tuple(inside) if len(inside) > 1 else _few(low, high)


def _few(low: float, high: float) -> tuple[float, ...]:
    return tuple(v for v in _rounds(10.0**low, 10.0**high) if v > 0)


def mark(value: float) -> str:
    """A value as it stands at its mark."""
    if value == 0:
        return "0"
    size = math.log10(abs(value))
    return (
        f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
        if (size < -3 or size >= 6)
        else f"{value:,.6g}"
    )
