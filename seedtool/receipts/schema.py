"""A receipt as plain values: figures of one recipe's growing, and what they depend on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal, get_args

from seedtool.recipes.schema import Grower, Metric

VERSION = 1

Row = Literal["zero_shot", "grown", "random", "original"]
ROWS = get_args(Row)


@dataclass(frozen=True)
class Figure:
    """The metric by seed of growing's random numbers.

    ``error``: standard error of one of them, for the test examples being a sample; None where
    there were too few to tell.
    """

    values: tuple[float, ...]
    error: float | None

    @property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def spread(self) -> float | None:
        """Standard error of the mean over the seeds, None of one seed."""
        if len(self.values) < 2:
            return None
        return stdev(self.values) / math.sqrt(len(self.values))

    @property
    def uncertainty(self) -> float:
        """Both errors together: of another choice of seeds and of test examples."""
        return math.hypot(self.spread or 0.0, self.error or 0.0)

    def first(self, count: int) -> Figure:
        """That of the first ``count`` seeds."""
        return Figure(self.values[:count], self.error)


@dataclass(frozen=True)
class Receipt:
    """``figures``: with 0 steps, after growing, of a random start grown alike (the control), and
    of the model that the seed was extracted from, where its maker had it.

    ``recipe_digest``, ``content``, ``data`` and ``test`` are hex SHA-256: of the recipe's one form,
    of the seed's content without its fidelity section (SPEC 5.3), of the examples learned from
    and of those measured by. ``start``, ``grower`` and ``steps``: as grown, which the caller may
    have set. ``done``: steps by seed, fewer where the recipe's target was reached. ``examples``:
    learned from; ``tested``: measured by, which the recipe held out if ``held_out``.
    ``seconds``: of growing one, the mean over the seeds. ``environment``: versions, system and
    threads, by name.
    """

    recipe: str
    recipe_digest: str
    content: str
    metric: Metric
    start: str
    grower: Grower
    steps: int
    seeds: tuple[int, ...]
    done: tuple[int, ...]
    examples: int
    data: str
    tested: int
    test: str
    held_out: bool
    figures: Mapping[Row, Figure]
    seconds: float
    peak_bytes: int
    processes: int
    device: str
    environment: Mapping[str, str | int]
