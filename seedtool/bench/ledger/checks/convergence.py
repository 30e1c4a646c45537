"""Stage 0's means of samples, by what isotropic noise does to a mean."""

from __future__ import annotations

import math

import numpy as np

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import HOLDS, ONLY, UNDECIDED

COSINE, DIFFERENCE, GOAL, SAMPLES, DIMENSIONS = 0.971, 0.237, 0.05, 10, 640
NOISE = DIFFERENCE * math.sqrt(SAMPLES)  # of one sample, over the mean's norm
CONCEPTS = 200


def simulated(seed: int, count: int) -> tuple[float, float]:
    """Mean relative difference and cosine of means of ``count`` samples to the true mean."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, NOISE / math.sqrt(DIMENSIONS * count), (CONCEPTS, DIMENSIONS))
    mean = np.zeros(DIMENSIONS)
    mean[0] = 1.0
    found = mean + noise
    return (
        float(np.linalg.norm(noise, axis=1).mean()),
        float((found[:, 0] / np.linalg.norm(found, axis=1)).mean()),
    )


def within_ten(seed: int) -> Checked:
    needed = math.ceil((NOISE / GOAL) ** 2)
    least = simulated(seed, needed)[0]
    overlap = DIFFERENCE * math.sqrt(1 - SAMPLES / 20)
    return Checked(
        holds_if(needed <= SAMPLES),
        f"{100 * DIFFERENCE:.1f} % at 10 samples falls with the root of their number: 5 % takes"
        f" {needed} (simulated there: {100 * least:.1f} %)",
        f"a reference of 20 samples that holds the 10 would read {100 * overlap:.1f} %: it must be"
        " disjoint",
        float(needed),
        float(SAMPLES),
        overlap,
    )


def magnitude(seed: int) -> Checked:
    least = math.sqrt(1 - COSINE**2)
    across = 1 / math.sqrt(1 + DIFFERENCE**2)
    return Checked(
        holds_if(least + 0.02 < DIFFERENCE),
        f"a cosine of {COSINE} alone forces a relative difference of {least:.3f} or more, whatever"
        f" the lengths; {DIFFERENCE} was measured: nothing is left for magnitude",
        f"a difference of {DIFFERENCE} straight across the direction has a cosine of {across:.3f}",
        least,
        DIFFERENCE,
        across,
    )


def noise(seed: int) -> Checked:
    difference, cosine = simulated(seed, SAMPLES)
    return Checked(
        ONLY
        if abs(difference - DIFFERENCE) < 0.01 and abs(cosine - COSINE) < 0.01
        else holds_if(False),
        f"isotropic noise of {NOISE:.2f} of the mean's norm a sample gives {100 * difference:.1f} %"
        f" and {cosine:.3f} at 10 samples, where the note has 23.7 % and .971",
        "that noise has no structure at all; the note has no cosine between concepts, nor one after"
        " the common mean is taken away",
        cosine,
        COSINE,
        difference,
        but="what means of pure noise about one vector have too",
    )


def single(seed: int) -> Checked:
    difference, cosine = simulated(seed, 1)
    return Checked(
        holds_if(cosine >= 0.95),
        f"the .971 is of 10 samples; the noise that it takes leaves one sample a cosine of"
        f" {cosine:.2f} and a difference of {100 * difference:.0f} %",
        f"at 10 samples the same noise has {simulated(seed, SAMPLES)[1]:.3f}",
        cosine,
        COSINE,
        simulated(seed, SAMPLES)[1],
    )


def none_of_five(seed: int) -> Checked:
    upper = 1 - 0.025 ** (1 / 5)
    return Checked(
        HOLDS if upper < 0.05 else UNDECIDED,
        f"0 of 5: the rate's 95 % interval (Clopper and Pearson) goes up to {100 * upper:.0f} %",
        f"0 of 1000 would go up to {100 * (1 - 0.025 ** (1 / 1000)):.1f} %",
        upper,
        0.0,
    )


CHECKS: dict[str, Run] = {
    "samples for 5 %": within_ten,
    "cosine and difference": magnitude,
    "isotropic noise": noise,
    "one sample": single,
    "0 of 5": none_of_five,
}
