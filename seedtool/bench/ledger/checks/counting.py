"""Parameters, bits and bytes counted from the shapes that the notes name."""

from __future__ import annotations

import math

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import ONLY

BERT = (12, 768, 3072, 30522, 512, 2)  # layers, width, inner, words, places, segments
DISTILBERT = (6, 768, 3072, 30522, 512, 0)


def dense(inputs: int, outputs: int) -> int:
    """Weights and biases."""
    return inputs * outputs + outputs


def block(width: int, inner: int) -> int:
    """A transformer's layer: four projections, two dense layers, two norms."""
    return 4 * dense(width, width) + dense(width, inner) + dense(inner, width) + 4 * width


def encoder(layers: int, width: int, inner: int, words: int, places: int, segments: int) -> int:
    """Parameters of BERT without its head; segments come with a pooler."""
    embeddings = (words + places + segments) * width + 2 * width
    return embeddings + layers * block(width, inner) + (dense(width, width) if segments else 0)


def interpreter(seed: int) -> Checked:
    value = 4 * block(512, 2048) + dense(640, 512) + dense(512, 1000)
    needed = (50e6 - dense(640, 512) - dense(512, 1000)) / block(512, 2048)
    return Checked(
        holds_if(math.isclose(value, 50e6, rel_tol=0.1)),
        f"640 inputs, 4 layers of width 512 with inner layers of 2048, and 1000 classes have"
        f" {value / 1e6:.1f} million parameters",
        f"50 million would take {needed:.0f} such layers; heads add nothing",
        float(value),
        50e6,
        needed,
    )


def distilbert(seed: int) -> Checked:
    large, small = encoder(*BERT), encoder(*DISTILBERT)
    return Checked(
        holds_if(math.isclose(small / large, 0.4, abs_tol=0.05)),
        f"{small / 1e6:.1f} of BERT-base's {large / 1e6:.1f} million parameters:"
        f" {100 * small / large:.0f} % of its size",
        f"it is smaller by {100 * (1 - small / large):.0f} %, which is where the 40 comes from",
        small / large,
        0.4,
        1 - small / large,
    )


def lenet(seed: int) -> Checked:
    convolutions = 6 * (25 + 1) + 16 * (6 * 25 + 1)
    value = convolutions + dense(400, 120) + dense(120, 84) + dense(84, 10)
    return Checked(
        holds_if(math.isclose(math.log10(value), 6, abs_tol=0.5)),
        f"LeNet-5 has {value:,} parameters: 10^{math.log10(value):.1f}",
        f"its convolutions, which find the features, are {convolutions:,} of them",
        float(value),
        1e6,
        float(convolutions),
    )


def filters(seed: int) -> Checked:
    first = {"3 x 3 of colour": 27 + 1, "7 x 7 of colour": 147 + 1, "5 x 5 of grey": 25 + 1}
    value = 100 * first["7 x 7 of colour"]
    words = ", ".join(f"{name}: {n}" for name, n in first.items())
    return Checked(
        holds_if(math.isclose(math.log10(value), 6, abs_tol=0.5)),
        f"a filter on an image has as many parameters as it sees: {words}; 100 of the largest are"
        f" {value:,}",
        "10^4 a filter takes 1,100 channels of 3 x 3 below it, which are no detectors of edges",
        float(value),
        1e6,
    )


def entropy(seed: int) -> Checked:
    value = 1e6 / 32
    return Checked(
        ONLY,
        f"a million bits fit into {value:,.0f} parameters of 32 bits, and the language example's"
        f" 6.4 million into {6.4e6 / 32:,.0f}",
        "the entropies themselves are assumed, not measured, in the note",
        value,
        1e6,
        6.4e6 / 32,
        but="one bit a parameter, which the note puts in as its ratio of 1.0",
    )


def factor(seed: int) -> Checked:
    value = 175e9 / 1.5e9
    return Checked(
        holds_if(90 <= value <= 120),
        f"175 over 1.5 billion is {value:.0f}",
        "that abilities jumped is another claim",
        value,
        100.0,
    )


def stored(seed: int) -> Checked:
    value = 1000 * 640 * 2
    return Checked(
        holds_if(value >= 2.2e6),
        f"1000 vectors of 640 float16 are {value / 1e6:.2f} MB before gzip makes them less",
        f"as float32 they are {2 * value / 1e6:.2f} MB: the file has twice what its format needs",
        float(value),
        2.5e6,
        2.0 * value,
    )


def sparsity(seed: int) -> Checked:
    value = 1 - 0.997
    return Checked(
        holds_if(value > 0.5),
        f"99.7 % of values that are not zero leave a sparsity of {100 * value:.1f} %",
        "outputs of a ReLU are 50 % zeros with no training",
        value,
        beside=0.5,
    )


def sparse_vector(seed: int) -> Checked:
    native, plain = 3 * (32 + 32), 10 * 32
    break_even = 32 / (32 + 32)
    return Checked(
        ONLY if native < plain else holds_if(False),
        f"the example's 3 of 10 values with 32-bit indices take {native} bits in place of {plain}",
        f"above {100 * break_even:.0f} % of values that are not zero it takes more than the plain"
        " vector; stage 0's activations are 99.7 % not zero",
        float(native),
        float(plain),
        break_even,
        but=f"fewer than {100 * break_even:.0f} % of values not zero",
    )


CHECKS: dict[str, Run] = {
    "interpreter counted": interpreter,
    "DistilBERT counted": distilbert,
    "LeNet counted": lenet,
    "filters counted": filters,
    "bits into parameters": entropy,
    "GPT-2 to GPT-3": factor,
    "float16 stored": stored,
    "sparsity of activations": sparsity,
    "sparse vector": sparse_vector,
}
