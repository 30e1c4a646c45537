"""Examples of one fault each, of numbers and of labels: examples_*, limit_examples_* (SPEC 5.7)."""

from __future__ import annotations

from making.build import Made
from making.examples import NUMBERS, THREE, TWO
from making.examples_blocks import (
    Block,
    classes,
    examples,
    f32,
    numbers,
    planes,
    soft,
    tags,
    texts,
    trellis,
    values,
)
from making.register import vector

WORDS = texts("a b", "c")
HALVES = soft([[1, 1], [1, 7]], [[0.5, 0.5]] * 2)
ORDERED = soft([[1, 2], [2, 1]], [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], ([0, 1], [1, 0]), (0, 1))


def softly(block: Block) -> Made:
    return examples(2, NUMBERS, classes(1, 1), soft=block, names=TWO)


# ---- Numbers


@vector("MalformedError", "examples, inputs: parameter 'codec' is not lossless or trellis")
def examples_numbers_codec() -> Made:
    """Numbers by a codec that examples do not take."""
    return examples(2, NUMBERS.but(codec="raw", values={}))


@vector("MalformedError", "examples: inputs are not of 1 to 3 dimensions")
def examples_numbers_no_shape() -> Made:
    """Numbers without a dimension of their own."""
    return examples(6, NUMBERS.but(shape=[]))


@vector("MalformedError", "examples: inputs are not of 1 to 3 dimensions")
def examples_numbers_rank_4() -> Made:
    """Numbers of four dimensions."""
    return examples(2, NUMBERS.but(shape=[1, 1, 1, 3]))


@vector(
    "MalformedError", "examples, inputs: parameter 'shape' is not all in 1..18446744073709551615"
)
def examples_numbers_size_0() -> Made:
    """Numbers of a size of 0."""
    return examples(2, NUMBERS.but(b"", shape=[3, 0]))


@vector("MalformedError", "plain data has 20 bytes, not 6 x 4")
def examples_numbers_short() -> Made:
    """A number less than there should be."""
    return examples(2, NUMBERS.but(NUMBERS.parts[0][:-4]))


@vector("MalformedError", "examples: the inputs are not all finite")
def examples_numbers_nan() -> Made:
    """NaN among the numbers."""
    return examples(1, numbers(1, [2], 1.0, float("nan")))


@vector("MalformedError", "examples: the inputs are not all finite")
def examples_numbers_infinite() -> Made:
    """Numbers by the codec trellis that overflow."""
    params, parts, _ = trellis([8.0], 1.0)
    more = {"row_step": 1800, "step": 2.0**100}
    block = numbers(1, [1], 0.0).but(*parts, b"\0", codec="trellis", values={**params, **more})
    return examples(1, block)


@vector("LimitError", "examples: the inputs take over 67108864 bytes")
def limit_examples_numbers() -> Made:
    """Numbers that take 2^26 + 4 bytes."""
    return examples(1, NUMBERS.but(shape=[(1 << 24) + 1]))


@vector("LimitError", "examples: the inputs take over 67108864 bytes")
def limit_examples_numbers_2_63() -> Made:
    """A size of 2^63."""
    return examples(2, NUMBERS.but(shape=[1 << 63, 2]))


# ---- Labels


@vector(
    "MalformedError",
    "examples, labels: parameter 'form' is not none or class or value or tags or vectors",
)
def examples_labels_form() -> Made:
    """Labels of a form that there is not."""
    return examples(3, THREE, classes(1, 2).but(form="names"), names=TWO)


@vector("MalformedError", "examples: 1 parts where 0 belong")
def examples_labels_none_part() -> Made:
    """No labels, in a part."""
    return examples(3, THREE, classes(1, 2).but(form="none"), names=TWO)


@vector("MalformedError", "examples: the classes do not count to the examples")
def examples_labels_sum() -> Made:
    """Classes of four examples, where there are three."""
    return examples(3, THREE, classes(2, 2), names=TWO)


@vector("MalformedError", "examples: the classes do not count to the examples")
def examples_labels_last_0() -> Made:
    """A last class of no example."""
    return examples(3, THREE, classes(3, 0), names=TWO)


@vector("MalformedError", "examples: there are labels of more classes than have names")
def examples_labels_unnamed() -> Made:
    """A class without a name."""
    return examples(3, THREE, classes(1, 1, 1), names=TWO)


@vector("MalformedError", "class counts has 9 bytes, not 8 x 1")
def examples_labels_odd() -> Made:
    """Counts of nine bytes."""
    return examples(3, THREE, classes(1, 2).but(bytes(9)), names=(*TWO, "other"))


@vector("MalformedError", "examples: the classes do not count to the examples")
def examples_labels_wrap() -> Made:
    """Counts whose sum is right modulo 2^32."""
    return examples(3, THREE, classes(1, 2).but(planes(1 << 31, (1 << 31) + 3)), names=TWO)


@vector("MalformedError", "examples: a label is not finite")
def examples_values_nan() -> Made:
    """NaN for a label."""
    return examples(2, NUMBERS, values(0.5, 0.5).but(f32(0.5, float("nan"))))


@vector("MalformedError", "plain data has 4 bytes, not 2 x 4")
def examples_values_short() -> Made:
    """One value for two examples."""
    return examples(2, NUMBERS, values(0.5))


@vector("MalformedError", "examples: there are tags, but no texts")
def examples_tags_of_numbers() -> Made:
    """Tags of numbers."""
    return examples(2, NUMBERS, tags([0], [0]), names=TWO)


@vector("MalformedError", "plain data has 4 bytes, not 3 x 2")
def examples_tags_short() -> Made:
    """Two tags of three words."""
    return examples(2, WORDS, tags([0], [0]), names=TWO)


@vector("MalformedError", "examples: a tag is no class")
def examples_tags_unnamed() -> Made:
    """A tag of no class."""
    return examples(2, WORDS, tags([0, 2], [0]), names=TWO)


# ---- Soft labels


@vector("MalformedError", "examples, soft: parameter 'fine' is not in 1..8")
def examples_soft_fine_9() -> Made:
    """Ninths of an octave."""
    return softly(HALVES.but(fine=9))


@vector("MalformedError", "examples, soft: parameter 'levels' is not in 2..160")
def examples_soft_levels_161() -> Made:
    """161 levels."""
    return softly(HALVES.but(levels=161))


@vector("MalformedError", "examples: a soft label is beyond the last level")
def examples_soft_level_over() -> Made:
    """A level of 7 where there are seven."""
    return softly(HALVES.but(levels=7))


@vector("MalformedError", "an order has 4 bytes, not 0 x 1")
def examples_soft_no_order() -> Made:
    """Soft labels without a part for their order, of which there is none."""
    return softly(HALVES.but(HALVES.parts[1]))


@vector("MalformedError", "plain data has 3 bytes, not 4 x 1")
def examples_soft_short() -> Made:
    """A level less than there should be."""
    return softly(HALVES.but(b"", b"\1\1\1"))


@vector("MalformedError", "examples: soft labels have an order for other classes")
def examples_soft_ordered_3() -> Made:
    """An order of three classes, where there are two."""
    return softly(ORDERED.but(ordered=3))


@vector("MalformedError", "examples: soft labels have an order for other classes")
def examples_soft_ordered_of_none() -> Made:
    """An order by labels that are not there."""
    return examples(2, NUMBERS, soft=ORDERED, names=TWO)


@vector("MalformedError", "examples: soft labels have an order for other classes")
def examples_soft_ordered_of_values() -> Made:
    """An order by labels that are values."""
    return examples(2, NUMBERS, values(0.5, 0.5), ORDERED, TWO)


@vector("MalformedError", "examples: an order of classes is none")
def examples_soft_ordered_twice() -> Made:
    """An order that has a class twice."""
    return softly(ORDERED.but(b"\0\1\1\1", ORDERED.parts[1]))


@vector("MalformedError", "examples: soft labels have no probability at all")
def examples_soft_nothing() -> Made:
    """An example whose levels all weigh nothing, with no other class."""
    return softly(HALVES.but(b"", bytes([26, 1, 26, 1]), levels=160))


@vector("LimitError", "examples: the soft labels take over 67108864 bytes")
def limit_examples_soft() -> Made:
    """Soft labels that take 2^26 + 2^13 bytes."""
    given = texts(*[""] * ((1 << 13) + 1))
    names = tuple(map(chr, range(0x4E00, 0x5600)))
    return examples((1 << 13) + 1, given, soft=HALVES, names=names)
