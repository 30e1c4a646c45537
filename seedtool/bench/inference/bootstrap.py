"""The bootstrap's percentile interval (Efron, "Bootstrap methods", 1979)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from seedtool.errors import UsageError

F64 = npt.NDArray[np.float64]
KNOWN = 0.9  # of the draws whose statistic has to be a number


def interval(
    values: npt.ArrayLike,
    statistic: Callable[[F64], float],
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Between which ends ``statistic`` lies in a share ``level`` of resamples of the rows.

    ``values``: float64 [n] or [n, k], whose n rows are drawn with replacement, ``draws``
    times by ``seed``. ``statistic``: of an array of the same shape; a draw of which it makes no
    finite number (a line through one place) is left out. UsageError where there is no row,
    where draws or level make no sense, or where more than a tenth of the draws are left out.
    """
    rows: F64 = np.asarray(values, np.float64)
    if not rows.ndim or not len(rows):
        raise UsageError("a bootstrap needs at least one row")
    if draws < 2 or not 0 < level < 1:
        raise UsageError(f"no bootstrap has {draws} draws and a level of {level:g}")
    rng = np.random.default_rng(seed)
    found = [statistic(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(draws)]
    known = np.array(found, np.float64)
    known = known[np.isfinite(known)]
    if known.size < KNOWN * draws:
        raise UsageError("most resamples of so few rows tell nothing", hint="measure more of them")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
