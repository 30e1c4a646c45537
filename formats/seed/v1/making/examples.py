"""Examples by the codec `examples`: ok_examples_* (SPEC 5.7)."""

from __future__ import annotations

from making import examples_packed as packed
from making.build import Made
from making.coder import numbers as drawn
from making.coder import stream, table_of, u16
from making.examples_blocks import (
    array,
    classes,
    examples,
    f32,
    numbers,
    soft,
    tags,
    texts,
    trellis,
    values,
)
from making.register import vector

TWO = ("bad", "good")
THREE = texts("good", "bad", "worse")
NUMBERS = numbers(2, [3], 1.5, -0.0, 1e-45, 3.4028234663852886e38, 2.0, -7.25)


@vector()
def ok_examples_texts() -> Made:
    """Three texts, as they are, of two classes."""
    return examples(3, THREE, classes(1, 2), names=TWO)


@vector()
def ok_examples_texts_lines() -> Made:
    """Texts that end with a zero byte, for they hold line feeds; one is empty."""
    return examples(3, texts("a\nb\n", "", "\u96f6 \U0001f331", end=1))


@vector()
def ok_examples_texts_xz() -> Made:
    """Texts as an .xz stream without check, with the largest dictionary there may be."""
    return examples(3, THREE.but(packed.xz(THREE.parts[0], dictionary=27), form="xz"))


@vector()
def ok_examples_texts_bzip2() -> Made:
    """Texts as a bzip2 stream."""
    return examples(3, THREE.but(packed.BZIP2, form="bzip2"))


@vector()
def ok_examples_tags() -> Made:
    """A tag for each word of each text; one text has no word, and one class no tag."""
    given = texts("Anna met Bob", " ", "in Paris.")
    return examples(3, given, tags([1, 0, 1], [], [0, 3]), names=("O", "PER", "ORG", "LOC"))


@vector()
def ok_examples_tags_blanks() -> Made:
    """Every character that divides words, and some that do not."""
    blanks = "\t\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    blanks += "".join(map(chr, range(0x2000, 0x200B)))
    given = texts("a" + "".join(blank + "a" for blank in blanks) + "\u200b\u180e\ufeffa")
    return examples(1, given, tags([0] * (len(blanks) + 1)), names=("O",))


@vector()
def ok_examples_tags_of_no_word() -> Made:
    """Tags where there is no word and no class."""
    return examples(2, texts("", " "), tags([], []))


@vector()
def ok_examples_numbers() -> Made:
    """Numbers of every kind that is finite, and values for labels."""
    return examples(2, NUMBERS, values(-0.0, 1e-45))


@vector()
def ok_examples_numbers_shape() -> Made:
    """Numbers of three dimensions, as indices into two values."""
    symbols = [min(n, 1) for n in drawn(48, 4, 3)]
    table = table_of(symbols, 2)
    data = f32(*([0.0, -1.0][s] for s in symbols))
    lossless = {"form": "values", "lanes": 1, "tail": 0}
    parts = (f32(0.0, -1.0), u16(table), stream(symbols, table, 1))
    block = numbers(4, [2, 3, 2], *[0.0] * 48).but(*parts, values=lossless)
    block = type(block)(block.params, block.parts, array("float32", [4, 2, 3, 2], data))
    return examples(4, block)


@vector()
def ok_examples_numbers_trellis() -> Made:
    """Numbers by the codec trellis."""
    params, parts, made = trellis([n - 6.5 for n in drawn(30, 13, 9)], 0.25)
    block = numbers(5, [6], *made).but(*parts, codec="trellis", values=params)
    return examples(5, block)


@vector()
def ok_examples_classes() -> Made:
    """Two classes of which there are none, and 300 of one, as a count of two bytes."""
    given = texts(*map(str, range(301)))
    return examples(301, given, classes(0, 300, 0, 1), names=("\u00e9", "b", "B", "a/b.c", "last"))


# ---- Soft labels: with fine 1 level l weighs 2^-l


@vector()
def ok_examples_soft() -> Made:
    """The two likeliest of four classes, and the others, which share what is left."""
    levels = [[1, 2, 7, 7], [7, 7, 1, 1], [0, 7, 7, 7], [7, 7, 7, 7]]
    # Where nothing is left for them the others have 2^-24 together; 2^-24 + 1 is rounded.
    rest = (1 << 12) // 3
    least = [n / ((1 << 36) + 3 * rest) for n in (1 << 36, rest, rest, rest)]
    half = (1 << 12) // 2
    two = [n / ((1 << 36) + 2 * half) for n in (half, half, 1 << 35, 1 << 35)]
    shares = [[0.5, 0.25, 0.125, 0.125], two, least, [0.25] * 4]
    return examples(4, texts("a", "b", "c", "d"), soft=soft(levels, shares), names=tuple("wxyz"))


@vector()
def ok_examples_soft_ordered() -> Made:
    """Soft labels in the order of the classes that are likely where a label is given."""
    levels = [[1, 2, 2], [2, 1, 2], [2, 2, 1]]
    shares = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]]
    orders = ([0, 2, 1], [1, 0, 2], [2, 1, 0])
    block = soft(levels, shares, orders, (0, 0, 2))
    return examples(3, texts("a", "b", "c"), classes(2, 0, 1), block, tuple("xyz"))


@vector()
def ok_examples_soft_whole() -> Made:
    """Levels of a third of an octave whose weights are of over 1 together; nothing is left."""
    # 2^24 / 2^(1/3) and 2^24 / 2^(2/3) to the nearest integers.
    weights = [16777216, 13316085, 10568984]
    share = [w / sum(weights) for w in weights]
    block = soft([[0, 1, 2]], [share], fine=3, levels=4)
    return examples(1, numbers(1, [1], 0.0), soft=block, names=tuple("xyz"))


@vector()
def ok_examples_soft_half() -> Made:
    """The level of 25 octaves, which weighs half of 2^-24 and so nothing, and that before it."""
    block = soft([[24, 25]], [[1.0, 0.0]], levels=160)
    return examples(1, numbers(1, [1], 0.0), soft=block, names=TWO)


@vector()
def ok_examples_soft_of_values() -> Made:
    """Soft labels beside values, which have no order."""
    block = soft([[1, 1], [7, 7]], [[0.5, 0.5]] * 2)
    return examples(2, NUMBERS, values(0.5, 0.75), block, TWO)
