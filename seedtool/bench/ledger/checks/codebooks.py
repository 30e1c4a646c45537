"""The emergent-VQ note's signs of emergence, on random codebooks that learnt nothing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import ONLY

F64 = npt.NDArray[np.float64]
ENTRIES, DIMENSIONS, INPUTS = 1024, 256, 4096
HISTOGRAM = {4: 120, 6: 890, 8: 2340, 10: 1890, 12: 460}
SHARES = (2.1, 15.6, 41.0, 33.1, 8.1)
MEAN_DEPTH = 8.4
SMALL, SMALL_ENTRIES, LEVELS, SPARSE = 8, 256, 16, 0.9
NEAR_ZERO = 0.05


def nearest(inputs: F64, codebook: F64) -> npt.NDArray[np.int64]:
    """The entry nearest to each input."""
    scores = inputs @ codebook.T - 0.5 * np.square(codebook).sum(1)
    found: npt.NDArray[np.int64] = scores.argmax(1)
    return found


def effective(seed: int) -> Checked:
    rng = np.random.default_rng(seed)
    codebook = rng.normal(size=(ENTRIES, DIMENSIONS))
    counts = np.bincount(
        nearest(rng.normal(size=(INPUTS, DIMENSIONS)), codebook), minlength=ENTRIES
    )
    shares = counts[counts > 0] / INPUTS
    size = float(np.exp(-(shares * np.log(shares)).sum()))
    uniform = rng.multinomial(INPUTS, np.full(ENTRIES, 1 / ENTRIES))
    even = uniform[uniform > 0] / INPUTS
    fair = float(np.exp(-(even * np.log(even)).sum()))
    return Checked(
        ONLY if size < ENTRIES else holds_if(False),
        f"a random codebook on {INPUTS} random inputs of {DIMENSIONS} numbers has an effective size"
        f" of {size:.0f} of {ENTRIES} (exponent of the entropy; {len(shares)} are used at all)",
        f"entries drawn evenly would show {fair:.0f}; a trained codebook must be below the random"
        " one at equal inputs, with its loss kept",
        size,
        float(ENTRIES),
        fair,
        but="nothing learnt at all: it says nothing of emergence",
    )


def _depths(inputs: F64, codebooks: list[F64]) -> npt.NDArray[np.int64]:
    """Levels until nine of ten of the residual's numbers are near zero."""
    residual = inputs.copy()
    depth = np.zeros(len(inputs), np.int64)
    open_ = np.ones(len(inputs), bool)
    for codebook in codebooks:
        open_ &= (np.abs(residual) < NEAR_ZERO).mean(1) < SPARSE
        depth += open_
        residual = residual - codebook[nearest(residual, codebook)]
    return depth


def depth_by_norm(seed: int) -> Checked:
    """Directions that are all alike; codebooks are residuals of other inputs, level by level."""
    rng = np.random.default_rng(seed)
    residual = rng.normal(size=(4096, SMALL))
    codebooks: list[F64] = []
    for _ in range(LEVELS):
        codebook = np.vstack([residual[: SMALL_ENTRIES - 1], np.zeros(SMALL)])
        codebooks.append(codebook)
        residual = residual[SMALL_ENTRIES:] if len(residual) > 2 * SMALL_ENTRIES else residual
        residual = residual - codebook[nearest(residual, codebook)]
        residual = rng.permutation(residual)
    inputs = rng.normal(size=(1000, SMALL))
    inputs /= np.linalg.norm(inputs, axis=1, keepdims=True) / math.sqrt(SMALL)
    scales = np.exp(rng.uniform(math.log(0.03), math.log(3), len(inputs)))
    value = _rank_correlation(scales, _depths(inputs * scales[:, None], codebooks))
    fixed = _rank_correlation(scales, _depths(inputs, codebooks))
    return Checked(
        ONLY if value > 0.5 else holds_if(False),
        f"inputs that differ in length alone: rank correlation of depth and length {value:.2f}",
        f"with all lengths made equal {fixed:+.2f}: an absolute threshold reads length, not"
        " complexity",
        value,
        beside=fixed,
        but="lengths that go with complexity: depth must be shown at equal length",
    )


def _rank_correlation(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> float:
    """Spearman's, ties at their mean rank."""
    ranks = []
    for values in (a, b):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        ranks.append((last - (counts - 1) / 2)[inverse])
    if min(float(r.std()) for r in ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def histogram(seed: int) -> Checked:
    total = sum(HISTOGRAM.values())
    shares = [100 * count / total for count in HISTOGRAM.values()]
    mean = sum(depth * count for depth, count in HISTOGRAM.items()) / total
    right = all(abs(s - c) < 0.1 for s, c in zip(shares, SHARES, strict=True))
    return Checked(
        holds_if(right and abs(mean - MEAN_DEPTH) < 0.05),
        f"the shares are those of the counts, but their mean depth is {mean:.2f}, not 8.4",
        "no odd depth occurs, which no stop by a threshold explains",
        mean,
        MEAN_DEPTH,
    )


CHECKS: dict[str, Run] = {
    "random codebook": effective,
    "depth by length": depth_by_norm,
    "depths printed": histogram,
}
