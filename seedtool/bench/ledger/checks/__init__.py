"""Checks that arithmetic, counting or a small simulation settles, by name."""

from __future__ import annotations

from seedtool.bench.ledger.checks import (
    codebooks,
    convergence,
    counting,
    gradients,
    laws,
    levels,
    memory,
    pruning,
    scores,
    sizes,
    splits,
)
from seedtool.bench.ledger.checks.checked import Run

CHECKS: dict[str, Run] = {
    **sizes.CHECKS,
    **levels.CHECKS,
    **counting.CHECKS,
    **scores.CHECKS,
    **gradients.CHECKS,
    **laws.CHECKS,
    **convergence.CHECKS,
    **splits.CHECKS,
    **codebooks.CHECKS,
    **pruning.CHECKS,
    **memory.CHECKS,
}
