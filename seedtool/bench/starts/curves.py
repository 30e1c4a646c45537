"""Curves of learning: where they are looked at, the area under them, and steps to a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Curve = Sequence[tuple[int, float]]  # (steps, score), ascending, from 0 steps on


def places(steps: int, looks: int) -> tuple[int, ...]:
    """At most ``looks`` numbers of steps, 1 or more, ever farther apart; the last is ``steps``."""
    if steps < 1:
        return ()
    spaced = np.rint(np.geomspace(min(2, steps), steps, max(1, looks))).astype(int)
    return tuple(sorted({int(step) for step in spaced} | {steps}))


def area(curve: Curve) -> float:
    """The mean score over the steps, straight lines between the looks."""
    steps, scores = (np.array(column, np.float64) for column in zip(*curve, strict=True))
    if len(steps) < 2:
        return float(scores[0])
    widths = np.diff(steps)
    return float((widths * (scores[1:] + scores[:-1])).sum() / 2 / widths.sum())


def steps_to(curve: Curve, target: float, *, lower: bool) -> float | None:
    """Steps after which the score first is as good as ``target``; None if it never is.

    Between two looks on a straight line. ``lower``: a smaller score is better.
    """
    sign = -1.0 if lower else 1.0
    before: tuple[int, float] | None = None
    for step, score in curve:
        if sign * score >= sign * target:
            if before is None:
                return float(step)
            last, was = before
            return last + (step - last) * (target - was) / (score - was)
        before = (step, score)
    return None
