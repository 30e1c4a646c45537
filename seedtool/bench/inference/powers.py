"""Power laws, y = a x^b: fitted in logarithms, with the bootstrap's intervals, and drawn on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool.bench.inference import bootstrap
from seedtool.errors import UsageError

F64 = npt.NDArray[np.float64]
DRAWS = 1000


@dataclass(frozen=True)
class Range:
    """An estimate and the ends of its interval, None where there are too few sizes for one."""

    value: float
    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool | None:
        """Whether the interval holds the value; None without one."""
        return None if self.low is None or self.high is None else self.low <= value <= self.high


@dataclass(frozen=True)
class Law:
    """``exponent``: b; ``there``: y at the x that was asked for."""

    exponent: Range
    there: Range


def exponent(pairs: Sequence[tuple[float, float]]) -> float:
    """That of the law through (x, y), all over 0; not a number for one x alone."""
    return _line(np.log(np.array(pairs, np.float64)))[0]


def fit(pairs: Sequence[tuple[float, float]], there: float, seed: int = 0) -> Law | None:
    """The law through (x, y), all over 0, by least squares of logarithms.

    Rows are drawn again for the intervals of 95 %, so repeats at one x count as rows of their
    own. None for fewer than two different x.
    """
    rows: F64 = np.log(np.array(pairs, np.float64).reshape(-1, 2))
    if len(np.unique(rows[:, 0])) < 2:
        return None
    far = math.log(there)
    return Law(_range(rows, far, seed, False), _range(rows, far, seed, True))


def _range(rows: F64, far: float, seed: int, value_there: bool) -> Range:
    def statistic(drawn: F64) -> float:
        slope, level = _line(drawn)
        return level + slope * far if value_there else slope

    def plain(value: float) -> float:
        return math.exp(min(value, 700.0)) if value_there else value  # e^700: the last float64

    try:
        low, high = bootstrap.interval(rows, statistic, DRAWS, seed)
    except UsageError:
        return Range(plain(statistic(rows)))
    return Range(plain(statistic(rows)), plain(low), plain(high))


def _line(rows: F64) -> tuple[float, float]:
    """Slope and level of y over x; not a number where all x are one."""
    x, y = rows[:, 0], rows[:, 1]
    across = x - x.mean()
    power = float(across @ across)
    slope = float(across @ y) / power if power > 1e-12 else math.nan
    return slope, float(y.mean()) - slope * float(x.mean())
