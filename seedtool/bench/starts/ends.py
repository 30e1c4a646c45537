"""Between which scores learning goes: what knows nothing, and the original."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seedtool.bench.starts import rungs
from seedtool.bench.tasks.lesson import Lesson
from seedtool.growing.growth import Wish

DRAWS = 3  # of random starts that tell chance where no class is the likeliest


@dataclass(frozen=True)
class Ends:
    """Scores with no step of growing on the lesson's test examples."""

    chance: float
    original: float

    def between(self, share: float) -> float:
        """The score at that share of the way from chance to the original."""
        return self.chance + share * (self.original - self.chance)


@lru_cache(maxsize=1)
def of(lesson: Lesson) -> Ends:
    """Chance is the likeliest class, or where there is none a few random starts' mean.

    Kept for the points that are measured next.
    """
    original = _at_once(lesson, rungs.CODED, 0)
    labels = lesson.test.labels
    if lesson.recipe.metric == "accuracy" and isinstance(labels, np.ndarray):
        often = np.unique(labels, return_counts=True)[1].max()
        return Ends(float(often / len(labels)), original)
    drawn = [_at_once(lesson, rungs.RANDOM, seed) for seed in range(DRAWS)]
    return Ends(statistics.fmean(drawn), original)


def _at_once(lesson: Lesson, start: str, seed: int) -> float:
    return lesson.grow(Wish(start=start, steps=0, seed=seed)).scores.before or 0.0
