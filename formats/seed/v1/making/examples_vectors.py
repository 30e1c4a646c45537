"""Examples whose labels are vectors: ok_examples_vectors_*, and those of one fault (SPEC 5.7)."""

from __future__ import annotations

from making.build import Made
from making.coder import numbers as drawn
from making.examples import NUMBERS, THREE
from making.examples_blocks import Block, examples, f32, trellis, vectors
from making.register import vector

HALVES = vectors([0.5, -0.5], [1.5, 0.0])


def labelled(block: Block) -> Made:
    return examples(2, NUMBERS, block)


@vector()
def ok_examples_vectors() -> Made:
    """A vector for each text, every bit of it, of numbers of every kind that is finite."""
    rows = [1.5, -0.0], [1e-45, 3.4028234663852886e38], [-7.25, 2.0**-126]
    return examples(3, THREE, vectors(*rows))


@vector()
def ok_examples_vectors_of_one() -> Made:
    """Vectors of one number, which are no values: their digest has another shape."""
    return labelled(vectors([0.5], [0.75]))


@vector()
def ok_examples_vectors_trellis() -> Made:
    """Vectors by the codec trellis."""
    params, parts, made = trellis([n - 6.5 for n in drawn(21, 13, 9)], 0.25)
    block = vectors(made[:7], made[7:14], made[14:])
    return examples(3, THREE, block.but(*parts, codec="trellis", values=params))


@vector("MalformedError", "examples, labels: parameter 'codec' is not lossless or trellis")
def examples_vectors_codec() -> Made:
    """Vectors by a codec that examples do not take."""
    return labelled(HALVES.but(codec="quant"))


@vector("MalformedError", "examples, labels: parameter 'size' is not in 1..18446744073709551615")
def examples_vectors_size_0() -> Made:
    """Vectors of no numbers."""
    return labelled(HALVES.but(b"", size=0))


@vector("MalformedError", "examples, labels: parameter 'size' is missing or no int")
def examples_vectors_size_missing() -> Made:
    """Vectors of no stated size."""
    return labelled(HALVES.but(size=None))


@vector("MalformedError", "examples, labels: unknown parameters 'shape'")
def examples_vectors_key_unknown() -> Made:
    """Vectors with a key that is of inputs."""
    return labelled(HALVES.but(shape=[2]))


@vector("MalformedError", "plain data has 12 bytes, not 4 x 4")
def examples_vectors_short() -> Made:
    """A number less than there should be."""
    return labelled(HALVES.but(HALVES.parts[0][:-4]))


@vector("MalformedError", "examples: the vectors are not all finite")
def examples_vectors_nan() -> Made:
    """NaN in a vector."""
    return labelled(HALVES.but(f32(0.5, float("nan"), 0.0, 0.0)))


@vector("MalformedError", "examples: the vectors are not all finite")
def examples_vectors_infinite() -> Made:
    """Vectors by the codec trellis that overflow."""
    params, parts, _ = trellis([8.0] * 2, 1.0)
    more = {"row_step": 1800, "step": 2.0**100}
    block = vectors([0.0], [0.0]).but(*parts, b"\0\0", codec="trellis", values={**params, **more})
    return labelled(block)


@vector("LimitError", "examples: the vectors take over 67108864 bytes")
def limit_examples_vectors() -> Made:
    """Vectors that take 2^26 + 8 bytes."""
    return labelled(HALVES.but(size=(1 << 23) + 1))


@vector("LimitError", "examples: the vectors take over 67108864 bytes")
def limit_examples_vectors_2_63() -> Made:
    """A size of 2^63."""
    return labelled(HALVES.but(size=1 << 63))
