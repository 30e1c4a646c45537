"""Ratios and projections that the notes give, computed from their own figures."""

from __future__ import annotations

import math

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import FAILS, ONLY, UNDECIDED

FLOAT = 4  # bytes of a float32
TOYS = ((10e3, 20e3, 2.0), (46e3, 50e3, 4.0), (128e3, 117e3, 4.0))
EXPECTED = ((4.5e6, 5e3, 900.0), (3.5e6, 4e3, 875.0), (66e6, 66e3, 1000.0))
LEAST, MOST = 106.0, 152.0  # ratios of the first three networks, in no stated order
FIRST_THREE = (3.5e6, 4.4e6, 66e6)  # their parameters; the first is a CNN
LARGE, RESNET = (124e6, 147.0), 1756.0  # GPT-2's parameters and ratio, and ResNet-50's ratio
TESTED = {"BERT-tiny": 4.4, "DistilBERT": 66, "MobileNetV2": 3.5, "GPT-2": 124, "ResNet-50": 25}


def exponents() -> tuple[float, float]:
    """Of the ratio over parameters, by whichever of three networks had the 106x."""
    found = [math.log(LARGE[1] / LEAST) / math.log(LARGE[0] / n) for n in FIRST_THREE]
    return min(found), max(found)


def drawn_on(parameters: float) -> tuple[float, float]:
    """The ratio there by both."""
    ends = [LARGE[1] * (parameters / LARGE[0]) ** slope for slope in exponents()]
    return min(ends), max(ends)


def toys(seed: int) -> Checked:
    ratios = [FLOAT * n / size for n, size, _ in TOYS]
    right = all(round(r) == claim for r, (_, _, claim) in zip(ratios, TOYS, strict=True))
    found = ", ".join(
        f"{n:,.0f} parameters {r:.2f}x" for r, (n, _, _) in zip(ratios, TOYS, strict=True)
    )
    return Checked(
        holds_if(right),
        f"as float32 over the seed: {found}",
        "float16 alone is 2x, with no method",
        ratios[-1],
        TOYS[-1][2],
        2.0,
    )


def million(seed: int) -> Checked:
    value = FLOAT * 1e6 / 250e3
    return Checked(
        holds_if(math.isclose(value, 4000, rel_tol=0.1)),
        f"1 million float32 weights are 4 MB: over 250 KB that is {value:.0f}x",
        f"4000x would be a seed of {FLOAT * 1e6 / 4000:,.0f} bytes",
        value,
        4000.0,
        FLOAT * 1e6 / 4000,
    )


def hundred_million(seed: int) -> Checked:
    value = FLOAT * 110e6 / 440e3
    low, high = drawn_on(110e6)
    return Checked(
        FAILS if value > 2 * high else UNDECIDED,
        f"440 KB for 110 million weights are {value:.0f}x; the notes' own figures, 106x of a"
        f" smaller network and 147x at 124 million, make it {low:.0f} to {high:.0f}x there",
        "106x and 147x were reached with fine-tuning behind the seed",
        high,
        value,
        LARGE[1],
    )


def largest(seed: int) -> Checked:
    low, high = drawn_on(175e9)
    slopes = exponents()
    return Checked(
        FAILS if high < 1000 else UNDECIDED,
        f"700 MB would be {FLOAT * 175e9 / 700e6:.0f}x. From 106x to 147x the ratio rises as"
        f" parameters to the power {slopes[0]:.2f} or {slopes[1]:.2f}, as the 106x, whose network"
        f" is not told, was at 3.5 or 66 million: {low:,.0f}x to {high:,.0f}x",
        "three decades beyond the last network; a seed of fixed size has a power of 1",
        low,
        1000.0,
        high,
    )


def gzip_seven(seed: int) -> Checked:
    value = 4.0 / 7.0
    return Checked(
        holds_if(value >= 1),
        f"4x that is 7 times gzip's leaves gzip {value:.2f}x: it would make the file larger",
        f"with the 2.1x that phase 1 gives gzip, 4x is {4 / 2.1:.1f} times as good",
        value,
        2.1,
        4 / 2.1,
    )


def per_byte(seed: int) -> Checked:
    ratios = [FLOAT * n / size for n, size, _ in EXPECTED]
    right = all(
        math.isclose(r, claim, rel_tol=0.1) for r, (*_, claim) in zip(ratios, EXPECTED, strict=True)
    )
    words = ", ".join(f"{r:,.0f}x" for r in ratios)
    return Checked(
        holds_if(right),
        f"in bytes over bytes the sizes given are {words}",
        "900, 875 and 1000 are parameters a byte, which is no ratio of sizes",
        ratios[0],
        EXPECTED[0][2],
        EXPECTED[0][0] / EXPECTED[0][1],
    )


def quantisation(seed: int) -> Checked:
    value = LEAST / 4.0
    return Checked(
        ONLY if math.floor(value) == 26 else FAILS,
        f"106 over 4 is {value:.1f}",
        "the seed was fine-tuned on the task and the quantised model was not",
        value,
        26.0,
        but="a seed that is trained afterwards, set against a model that is not",
    )


def convolutions(seed: int) -> Checked:
    low, high = RESNET / LARGE[1], RESNET / LEAST
    value = MOST / LEAST
    return Checked(
        holds_if(value >= 10),
        f"ResNet-50 is {low:.1f} to {high:.1f} times the transformers' ratios, but MobileNetV2, the"
        f" notes' other CNN, lies in their 106-152x: at most {value:.2f} times",
        "one network of each kind tells nothing of kinds",
        value,
        10.0,
        high,
    )


def improves(seed: int) -> Checked:
    low, high = exponents()
    return Checked(
        ONLY,
        f"an exponent of {low:.2f} or {high:.2f}, as the 106x was at 3.5 or 66 million, which is"
        " not told: two points leave no interval, and the 152x of another of the three is above"
        " 147x",
        "a seed of fixed size has 1 with nothing learnt; a fixed rate a weight has 0",
        low,
        beside=1.0,
        but="two points chosen of four, and no interval",
    )


def models(seed: int) -> Checked:
    least = min(TESTED.values())
    return Checked(
        holds_if(len(TESTED) == 5 and least >= 4.4),
        f"{len(TESTED)} models are named, of {least:g} to {max(TESTED.values()):g} million",
        "MobileNetV2 is the smallest; of four baselines named, figures of three are given",
        least,
        4.4,
    )


CHECKS: dict[str, Run] = {
    "toy ratios": toys,
    "projection to 1M": million,
    "projection to 110M": hundred_million,
    "projection to 175B": largest,
    "seven times gzip": gzip_seven,
    "expected sizes": per_byte,
    "26 times quantisation": quantisation,
    "CNNs against transformers": convolutions,
    "two points of scale": improves,
    "models tested": models,
}
