"""Weights of the shipped network set to zero: the smallest ones, or as many at random."""

from __future__ import annotations

import numpy as np

from seedtool.bench.ledger.checks.checked import Checked, Run
from seedtool.bench.ledger.claim import FAILS, HOLDS, UNDECIDED
from seedtool.bench.ledger.proportions import wilson
from seedtool.bench.tasks import open_task
from seedtool.bench.tasks.task import Arrays, Task

KEPT = 0.5


def pruned(task: Task, rng: np.random.Generator | None) -> Arrays:
    """KEPT of each matrix is kept: the largest, or by ``rng`` a draw of as many."""
    arrays = {}
    for name, values in task.source.arrays.items():
        if values.ndim < 2:
            arrays[name] = values
            continue
        size = np.abs(values).reshape(-1)
        order = (size if rng is None else rng.random(len(size))).argsort()
        kept = values.reshape(-1).copy()
        kept[order[: round((1 - KEPT) * len(size))]] = 0
        arrays[name] = kept.reshape(values.shape)
    return arrays


def random_pruning(seed: int) -> Checked:
    task = open_task("", "", "", "")
    count = task.inputs()["data"].size
    rng = np.random.default_rng(seed)
    largest = task.measure(pruned(task, None)).score
    drawn = [task.measure(pruned(task, rng)).score for _ in range(5)]
    chance = task.chance().score
    low = wilson(largest, count)[0]
    high = wilson(max(drawn), count)[1]
    verdict = HOLDS if low > high else FAILS if low < min(drawn) else UNDECIDED
    return Checked(
        verdict,
        f"the shipped network with {100 * KEPT:.0f} % of its weights and no training: the largest"
        f" {largest:.3f} [{low:.3f} or more], five random draws {min(drawn):.3f} to"
        f" {max(drawn):.3f} [{high:.3f} or less]",
        f"chance {chance:.3f}; that a chain of abstractions breaks is not shown by it",
        max(drawn),
        beside=largest,
    )


CHECKS: dict[str, Run] = {"random pruning": random_pruning}
