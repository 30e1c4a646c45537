"""Z009's scaling law with steps, as it is written."""

from __future__ import annotations

import numpy as np

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.checks.levels import LEVELS, threshold

CRITICAL, ALPHA = 8.8e13, 0.076  # N_c and alpha of Kaplan et al. (2020)
TASKS = 400


def power_law(parameters: float) -> float:
    return float((CRITICAL / parameters) ** ALPHA)


def signs(seed: int) -> Checked:
    """A step of 0.1 nat at every threshold."""
    sizes = (1e6, 1e9)
    steps = [0.1 * sum(n >= threshold(at) for at in range(1, LEVELS + 1)) for n in sizes]
    below = 255e6, 256e6
    jump = power_law(below[1]) - power_law(below[0]) + 0.1
    return Checked(
        holds_if(jump <= 0),
        f"L is a loss: steps that are added make it larger. At n_c(9) a step of 0.1 raises it by"
        f" {jump:.3f} nats, and at 1 B the nine of them by {steps[1]:.1f}",
        f"the power law alone falls from {power_law(sizes[0]):.2f} at 1 M to"
        f" {power_law(sizes[1]):.2f} nats at 1 B",
        jump,
        0.0,
        power_law(sizes[1]),
    )


def averages(seed: int) -> Checked:
    """The largest jump of the mean over tasks, each of which steps once by 1."""
    rng = np.random.default_rng(seed)
    places = np.linspace(0, LEVELS + 1, 1001)  # in doublings from a million, about
    levels = np.arange(1, LEVELS + 1)
    shared = rng.choice(levels, TASKS)
    apart = rng.uniform(0.5, LEVELS + 0.5, TASKS)
    jumps = [
        float(np.diff((places[:, None] >= at[None, :]).mean(1)).max()) for at in (shared, apart)
    ]
    return Checked(
        holds_if(jumps[0] < 0.02),
        f"{TASKS} tasks that step at the nine thresholds: their mean still jumps by {jumps[0]:.2f}"
        " of its range at once",
        f"with a threshold of its own for each task the largest jump is {jumps[1]:.3f}: smooth, and"
        " then no n_c is common to them",
        jumps[0],
        0.0,
        jumps[1],
    )


CHECKS: dict[str, Run] = {"sign of steps": signs, "mean of steps": averages}
