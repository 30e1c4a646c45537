"""Student's t ("The probable error of a mean", 1908), without a package for it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seedtool.errors import UsageError

TURNS = 300
CLOSE = 1e-15
TINY = 1e-300


def quantile(share: float, freedom: int) -> float:
    """The t of ``freedom`` degrees (1 or more) below which ``share`` (0.5 to 1) lies."""
    if not 0.5 <= share < 1 or freedom < 1:
        raise UsageError(f"no t has {freedom} degrees of freedom and a share of {share:g} below")
    low, high = 0.0, 1.0
    while cumulative(high, freedom) < share:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if cumulative(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def cumulative(t: float, freedom: int) -> float:
    """The share of t's distribution below ``t``, which is 0 or more."""
    return 1 - 0.5 * _beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and the deviation as n - 1 values tell it (0 for one value).

    Of finite values; the deviation is infinite where it is more than a float holds.
    """
    if min(values) == max(values):  # whose mean may differ from them in the last digit
        return values[0], 0.0
    # By a power of two, which changes no digit, since the square of 1e200 is over all floats.
    power = math.frexp(max(map(abs, values)))[1]
    small = [math.ldexp(v, -power) for v in values]
    mean = math.fsum(small) / len(small)
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in small) / (len(small) - 1))
    half = 2.0 ** (power - 1)
    return mean * half * 2, deviation * half * 2


def half_interval(values: Sequence[float], confidence: float = 0.95) -> float:
    """Half the width of the mean's interval; 0 for one value, which tells none."""
    if len(values) < 2:
        return 0.0
    deviation = mean_and_deviation(values)[1]
    t = quantile((1 + confidence) / 2, len(values) - 1)
    return t * deviation / math.sqrt(len(values))


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function (Lentz's continued fraction)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or TINY)
    total = d
    for m in range(1, TURNS):
        for n in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + n * d or TINY)
            c = 1 + n / c or TINY
            total *= c * d
        if abs(c * d - 1) < CLOSE:
            break
    return total
