"""The one λ at which a model takes the bytes, or keeps the quality, that were asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from seedtool.calibration.quality import Quality
from seedtool.errors import GateError
from seedtool.planning.mixing import between
from seedtool.planning.passes import Pass
from seedtool.planning.showing import show
from seedtool.planning.weights import Weights
from seedtool.planning.wish import Goal
from seedtool.stages import Stage

AIM, CLOSE = 0.996, 0.008  # of the bytes asked: aimed at, and left over at most
CLOSE_ESTIMATE = 0.002
AIM_LOST, MARGIN_LOST = 0.93, 0.85  # of what may be lost: aimed at, and lost at least
TRIES, TRIES_MORE = 10, 5  # passes over the whole model; where quantisers have changed between two
NEAR, NEAR_QUALITY = 0.02, 0.05  # octaves of λ between passes of which one is too much
SEARCHES = 12  # over samples of it
FIRST_BITS = 3.0  # a weight, where a search for a quality begins
LEAST = 0.002  # bytes a weight under which there is nothing left to save
LEAP = 4.0  # octaves of λ
SIDE = 0.25  # octaves around a λ by which its slope is estimated
FLAT = 0.1  # of a bit an octave: no slope is believed to be less


@dataclass(frozen=True)
class Found:
    """A pass over the model at one λ, the bytes of its seed, what that keeps of the answers."""

    made: Pass
    scale: float
    size: int
    kept: Quality | None


def find(
    weights: Weights,
    goal: Goal,
    plain: int,
    size_of: Callable[[Pass, Quality | None], int],
    stage: Stage,
) -> Found:
    """Code the model until its seed is as asked.

    ``plain``: bytes of the tensors as they are; ``size_of``: of the seed that a pass makes;
    ``stage`` is told of each
    pass. GateError if the goal can't be met.
    """

    def complete(made: Pass, scale: float) -> Found:
        show(weights, made)
        kept = weights.calibrated.quality() if weights.calibrated else None
        return Found(made, scale, size_of(made, kept), kept)

    def code(exponent: float) -> Found:
        return complete(
            weights.code(2.0**exponent, stage("coding", weights.elements)), 2.0**exponent
        )

    if weights.calibrated:
        bits = FIRST_BITS
        if goal.kind != "quality":
            bits = 8 * goal.bytes_for(weights.elements, plain) / max(weights.elements, 1)
        weights.rehearse(2.0 ** weights.exponent(bits), stage("rehearsing", weights.elements))
    if goal.kind == "quality":
        return _to_quality(weights, goal.value, code)
    return _to_size(weights, goal.bytes_for(weights.elements, plain), code, complete)


def _to_size(
    weights: Weights,
    most: float,
    code: Callable[[float], Found],
    complete: Callable[[Pass, float], Found],
) -> Found:
    """At most so many bytes, and as near to them as CLOSE says."""
    wanted = AIM * most
    start = _at(weights, wanted, weights.exponent(8 * wanted / max(weights.elements, 1)))
    met: list[Found] = []
    missed: list[Found] = []

    def measure(exponent: float) -> float:
        found = code(exponent)
        (met if found.size <= most else missed).append(found)
        matrices = found.made.matrix_bytes
        # Products take next to nothing, and with them the vectors shrink; trellises don't.
        least = 0.0 if found.made.products else LEAST * weights.elements
        if not met and matrices + wanted - found.size <= least:
            raise GateError(
                f"a seed can't take {most:,.0f} bytes: all but its weight matrices takes"
                f" {found.size - matrices:,}",
                hint="--no-graph leaves out an ONNX graph",
            )
        return found.size - wanted

    def done(y: float) -> bool:
        return (1 - CLOSE) * most <= wanted + y <= most

    weights.like = None
    around = [weights.estimate(2.0 ** (start + side)) for side in (-SIDE, SIDE)]
    slope = min((around[1] - around[0]) / (2 * SIDE), -weights.elements * FLAT / 8)
    solve(measure, start, slope, done, TRIES, NEAR)
    if not met:
        smallest = min(found.size for found in missed)
        raise GateError(f"a seed can't take {most:,.0f} bytes: the smallest took {smallest:,}")
    if not done(max(found.size for found in met) - wanted) and missed:
        nearest = min(missed, key=lambda found: found.size)
        weights.like = nearest.made
        solve(measure, math.log2(nearest.scale) + NEAR, slope, done, TRIES_MORE, NEAR / 2)
    best = max(met, key=lambda found: found.size)
    if not done(best.size - wanted) and missed:
        nearest = min(missed, key=lambda found: found.size)
        mixed = complete(between(best.made, nearest.made, wanted - best.size), best.scale)
        return mixed if best.size < mixed.size <= most else best
    return best


def _at(weights: Weights, wanted: float, exponent: float) -> float:
    """The exponent of λ at which the matrices are estimated to take ``wanted`` bytes.

    Never far from the one given: samples tell little of very high or low rates.
    """
    slope = -weights.elements / 8
    found = solve(
        lambda x: weights.estimate(2.0**x) - wanted,
        exponent,
        slope,
        lambda y: abs(y) < CLOSE_ESTIMATE * wanted,
        SEARCHES,
    )
    return min(max(found, exponent - LEAP), exponent + LEAP)


def _to_quality(weights: Weights, least: float, code: Callable[[float], Found]) -> Found:
    """At least that quality, with no more than MARGIN of what may be lost left over."""
    met: list[Found] = []

    def measure(exponent: float) -> float:
        found = code(exponent)
        assert found.kept
        if found.kept.quality >= least:
            met.append(found)
        # Of top classes less than one can't be seen to be lost.
        seen = 0.5 / found.kept.predictions if found.kept.kind == "logits" else 1e-6
        return math.log2(max(1 - found.kept.quality, seen) / (AIM_LOST * (1 - least)))

    def done(y: float) -> bool:
        return MARGIN_LOST < AIM_LOST * 2**y <= 1

    solve(measure, weights.exponent(FIRST_BITS), 1.5, done, TRIES, NEAR_QUALITY)
    if not met:
        raise GateError(f"a quality of {least:g} was not reached in {TRIES} passes")
    return min(met, key=lambda found: found.size)


def solve(
    measure: Callable[[float], float],
    start: float,
    slope: float,
    done: Callable[[float], bool],
    tries: int,
    near: float = 0.0,
) -> float:
    """An x at which a monotone ``measure`` is about 0, from ``start`` by its slope.

    Newton's method with the slope of the last two points, in larger steps where that
    is flat, and regula falsi once 0 is between two, until these are ``near`` one another.
    Without an end in ``tries`` the next x that would be measured.
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
        elif last:
            slope /= 2
        last = sides[y < 0] = (x, y)
        x -= min(max(y / slope, -LEAP), LEAP)
        if len(sides) == 2:
            (a, p), (b, q) = sides.values()
            if abs(a - b) < near:
                break
            if not min(a, b) < x < max(a, b):
                x = a + (b - a) * p / (p - q)
    return x
