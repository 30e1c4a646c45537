"""Scores of abstraction as Z006 and Z013 define them: what values they can take at all."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if

F64 = npt.NDArray[np.float64]
GRID = tuple(i / 20 for i in range(21))
CHAINS = 1000
RATIO = 2.0  # that ITAM asks for
BAND = {1: "high", 4: "middle", 7: "low"}  # first level of a band, and what it is to withstand


def integrated(seed: int) -> Checked:
    """With RHA as Z013 has it: the logarithm of an invariance of at most 1."""
    invariances = GRID[1:]
    score = max(
        0.4 * pad + 0.4 * itam + 0.2 * math.log(kept)
        for pad, itam, kept in itertools.product(GRID, GRID, invariances)
    )
    plain = max(0.4 * p + 0.4 * i + 0.2 * r for p, i, r in itertools.product(GRID, GRID, GRID))
    confidence = 1 - float(np.std([1.0, 1.0, 0.0]))
    return Checked(
        holds_if(score > 0.8 and confidence > 0.7),
        f"with probes and information at their most, 1, and the log of an invariance, which is 0 at"
        f" most, the score is {score:.2f} at most, never above 0.8; the confidence there is"
        f" {confidence:.2f}",
        f"with the invariance itself in place of its log the most is {plain:.2f}",
        score,
        0.8,
        plain,
    )


def processing(seed: int) -> Checked:
    """Random chains Y - X - T of finite alphabets; information is computed, not estimated."""
    rng = np.random.default_rng(seed)
    ratios, estimates = [], list[bool]()
    for _ in range(CHAINS):
        count = int(rng.integers(2, 9))
        x = rng.dirichlet(np.ones(count))
        label = rng.dirichlet(np.full(4, 0.3), count)
        state = rng.dirichlet(np.full(6, 0.3), count)
        pairs, inputs = label.T @ (x[:, None] * state), x[:, None] * state
        ratios.append(information(pairs) / information(inputs))
        drawn = [_drawn(rng, table, 20) for table in (pairs, inputs)]
        estimates.append(information(drawn[0]) > information(drawn[1]))
    most = max(ratios)
    over = sum(estimates)
    return Checked(
        holds_if(most > RATIO),
        f"over {CHAINS} random chains of label, input and layer the ratio is {most:.3f} at most:"
        " data processing bounds it by 1",
        f"plug-in estimates by 20 samples each are above 1 in {over} of them: such a reading is an"
        " error of estimation",
        most,
        RATIO,
        float(over),
    )


def information(table: F64) -> float:
    """Bits of mutual information of a joint distribution [n, m]."""
    outer = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
    kept = table > 0
    return float((table[kept] * np.log2(table[kept] / outer[kept])).sum())


def _drawn(rng: np.random.Generator, table: F64, count: int) -> F64:
    flat = table.reshape(-1) / table.sum()
    found: F64 = rng.multinomial(count, flat).reshape(table.shape) / count
    return found


def perturbations(seed: int) -> Checked:
    """Whether levels L - 3 are those that the sets of perturbations are named for."""
    undefined = [at for at in range(1, 10) if at - 3 < 1]
    agree = [at for at in range(4, 10) if _band(at - 3) == _withstood(at)]
    return Checked(
        holds_if(not undefined and len(agree) == 6),
        f"L - 3 is no level for {len(undefined)} of 9; for the other six the set that the note"
        f" names agrees with L - 3 in {len(agree)}",
        "levels 7-9 are to withstand low-level noise by the sets, and levels 4-6 by L - 3",
        float(len(undefined)),
        0.0,
        float(len(agree)),
    )


def _band(at: int) -> str:
    return "low" if at <= 3 else "middle" if at <= 6 else "high"


def _withstood(at: int) -> str:
    return BAND[max(first for first in BAND if first <= at)]


CHECKS: dict[str, Run] = {
    "score above 0.8": integrated,
    "ratio above 2": processing,
    "perturbations by level": perturbations,
}
