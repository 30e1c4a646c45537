"""The one λ at which a model takes the bytes, or keeps the quality, that were asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from seedtool.errors import GateError
from seedtool.planning.weights import Pass, Weights
from seedtool.planning.wish import Goal
from seedtool.stages import Stage

AIM, CLOSE = 0.996, 0.008  # of the bytes asked: aimed at, and left over at most
CLOSE_ESTIMATE = 0.002
AIM_LOST, MARGIN_LOST = 0.93, 0.85  # of what may be lost: aimed at, and lost at least
TRIES, SEARCHES = 6, 12  # passes over the whole model; over samples of it
FIRST_BITS = 3.0  # a weight, where a search for a quality begins
LEAST = 0.002  # bytes a weight under which there is nothing left to save
LEAP = 4.0  # octaves of λ


@dataclass(frozen=True)
class Found:
    """A pass over the model at one λ, and the bytes of its seed."""

    made: Pass
    scale: float
    size: int


def find(
    weights: Weights, goal: Goal, plain: int, size_of: Callable[[Pass], int], stage: Stage
) -> Found:
    """Code the model until its seed is as asked.

    ``plain``: bytes of the tensors as they are; ``size_of``: of the seed that a pass makes;
    ``stage`` is told of each
    pass. GateError if the goal can't be met.
    """

    def code(exponent: float) -> Found:
        made = weights.code(2.0**exponent, stage("coding", weights.elements))
        return Found(made, 2.0**exponent, size_of(made))

    if goal.kind == "quality":
        return _to_quality(weights, goal.value, code)
    return _to_size(weights, goal.bytes_for(weights.elements, plain), code)


def _to_size(weights: Weights, most: float, code: Callable[[float], Found]) -> Found:
    """At most so many bytes, and as near to them as CLOSE says."""
    wanted = AIM * most
    exponent = _at(weights, wanted, weights.exponent(8 * wanted / max(weights.elements, 1)))
    best: Found | None = None
    for _ in range(TRIES):
        found = code(exponent)
        if found.size <= most and (best is None or found.size > best.size):
            best = found
        if (1 - CLOSE) * most <= found.size <= most:
            break
        matrices = found.made.matrix_bytes
        if matrices + wanted - found.size <= LEAST * weights.elements:
            if best:
                break
            raise GateError(
                f"a seed can't take {most:,.0f} bytes: all but its weight matrices takes"
                f" {found.size - matrices:,}",
                hint="--no-graph leaves out an ONNX graph",
            )
        estimate = weights.estimate(2.0**exponent)
        exponent = _at(weights, estimate * (matrices + wanted - found.size) / matrices, exponent)
    if best is None:
        raise GateError(f"no λ was found at which the seed takes {most:,.0f} bytes")
    return best


def _at(weights: Weights, wanted: float, exponent: float) -> float:
    """The exponent of λ at which the matrices are estimated to take ``wanted`` bytes."""
    slope = -weights.elements / 8
    return solve(
        lambda x: weights.estimate(2.0**x) - wanted,
        exponent,
        slope,
        lambda y: abs(y) < CLOSE_ESTIMATE * wanted,
        SEARCHES,
    )


def _to_quality(weights: Weights, least: float, code: Callable[[float], Found]) -> Found:
    """At least that quality, with no more than MARGIN of what may be lost left over."""
    calibrated = weights.calibrated
    assert calibrated
    met: list[Found] = []

    def measure(exponent: float) -> float:
        found = code(exponent)
        kept = calibrated.quality().quality
        if kept >= least:
            met.append(found)
        return math.log2(max(1 - kept, 1e-9) / (AIM_LOST * (1 - least)))

    def done(y: float) -> bool:
        return MARGIN_LOST < AIM_LOST * 2**y <= 1

    solve(measure, weights.exponent(FIRST_BITS), 1.5, done, TRIES)
    if not met:
        raise GateError(f"a quality of {least:g} was not reached in {TRIES} passes")
    return min(met, key=lambda found: found.size)


def solve(
    measure: Callable[[float], float],
    start: float,
    slope: float,
    done: Callable[[float], bool],
    tries: int,
) -> float:
    """An x at which a monotone ``measure`` is about 0, from ``start`` by its slope.

    Newton's method with the slope of the last two points, and regula falsi once 0 is
    between two. Without an end in ``tries`` the next x that would be measured.
    """
    x = start
    sides: dict[bool, tuple[float, float]] = {}
    last: tuple[float, float] | None = None
    for _ in range(tries):
        y = measure(x)
        if done(y):
            break
        if last and (y - last[1]) / (x - last[0]) * slope > 0:
            slope = (y - last[1]) / (x - last[0])
        last = sides[y < 0] = (x, y)
        x -= min(max(y / slope, -LEAP), LEAP)
        if len(sides) == 2:
            (a, p), (b, q) = sides.values()
            if not min(a, b) < x < max(a, b):
                x = a + (b - a) * p / (p - q)
    return x
