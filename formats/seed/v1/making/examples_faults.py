"""Examples of one fault each, of all and of texts: examples_*, limit_examples_* (SPEC 5.7)."""

from __future__ import annotations

from typing import Any

from making import examples_packed as packed
from making.build import Made
from making.examples import THREE, TWO
from making.examples_blocks import classes, examples, texts
from making.register import vector


def changed(**params: Any) -> Made:
    """Three texts of two classes with other params."""
    return examples(3, THREE, classes(1, 2), **{"names": TWO, **params})


@vector("MalformedError", "examples: parameters are missing or unknown")
def examples_key_unknown() -> Made:
    """A key that the codec does not have."""
    return changed(path="/etc/passwd")


@vector("MalformedError", "examples: parameters are missing or unknown")
def examples_key_missing() -> Made:
    """No labels."""
    return changed(labels=None)


@vector("MalformedError", "examples: parameter 'inputs' is missing or no dict")
def examples_inputs_array() -> Made:
    """Inputs that are an array."""
    return changed(inputs=[1])


@vector("MalformedError", "examples: the section states another count than it has")
def examples_count_other() -> Made:
    """A head that counts one more."""
    return changed(counted=4)


@vector("MalformedError", "examples: parameter 'count' is not in 1..2147483647")
def examples_count_inner_0() -> Made:
    """No examples by params, where the head has some."""
    return changed(inner=0)


@vector("MalformedError", "examples: parameter 'count' is missing or no int")
def examples_count_float() -> Made:
    """A count that is a float."""
    return changed(inner=3.0)


@vector("LimitError", "4194305 examples, the limit is 4194304")
def limit_examples_count() -> Made:
    """2^22 + 1 examples."""
    return changed(inner=(1 << 22) + 1, counted=(1 << 22) + 1)


@vector("MalformedError", "examples: the check is missing or no 8 bytes")
def examples_check_short() -> Made:
    """A check of seven bytes."""
    return changed(check=bytes(7))


@vector("MalformedError", "examples: the check is missing or no 8 bytes")
def examples_check_missing() -> Made:
    """No check."""
    return changed(check=None)


@vector("DigestError", "examples: what was decoded is not what was coded")
def digest_examples() -> Made:
    """A check of other examples."""
    return changed(check=bytes(8))


@vector("MalformedError", "examples: the classes are no array")
def examples_classes_text() -> Made:
    """Classes that are a text."""
    return changed(names="bad good")


@vector("MalformedError", "examples: a class's name appears twice")
def examples_class_twice() -> Made:
    """A class that comes twice."""
    return changed(names=("good", "good"))


@vector("MalformedError", "a class's name is not a non-empty string")
def examples_class_number() -> Made:
    """A class that is a number."""
    return changed(names=("bad", 1))


@vector("MalformedError", "a class's name 'a\\u202eb' holds a control character")
def examples_class_bidi() -> Made:
    """A name that turns the direction of writing."""
    return changed(names=("bad", "a\u202eb"))


@vector("LimitError", "a class's name is 513 bytes long, the limit is 512")
def limit_examples_class() -> Made:
    """A name of 513 bytes."""
    return changed(names=("bad", "n" * 513))


@vector("LimitError", "examples: 4097 classes, the limit is 4096")
def limit_examples_classes() -> Made:
    """4097 classes."""
    return changed(names=tuple(map(chr, range(0x4E00, 0x5E01))))


@vector("MalformedError", "examples: parts are left over")
def examples_parts_left() -> Made:
    """A part that belongs to nothing."""
    return changed(left=[b""])


@vector("MalformedError", "examples, labels: parameter 'parts' is not in 0..1")
def examples_parts_more() -> Made:
    """Labels that state a part more than there is."""
    return examples(3, THREE, classes(1, 2).but(parts=2), names=TWO)


@vector("MalformedError", "examples, inputs: parameter 'parts' is missing or no int")
def examples_parts_boolean() -> Made:
    """A number of parts that is true."""
    return examples(3, THREE.but(parts=True))


@vector("MalformedError", "examples, inputs: parameter 'kind' is not images or numbers or texts")
def examples_inputs_kind() -> Made:
    """Sounds."""
    return examples(3, THREE.but(kind="sounds"))


# ---- Texts


@vector("MalformedError", "examples, inputs: parameter 'form' is not zstd or xz or bzip2")
def examples_texts_form() -> Made:
    """Texts by gzip."""
    return examples(3, THREE.but(form="gzip"))


@vector("MalformedError", "examples, inputs: unknown parameters 'encoding'")
def examples_texts_key_unknown() -> Made:
    """A key that texts do not have."""
    return examples(3, THREE.but(encoding="latin-1"))


@vector("MalformedError", "examples, inputs: parameter 'end' is not in 0..1")
def examples_texts_end_2() -> Made:
    """An end of 2."""
    return examples(3, THREE.but(end=2))


@vector("MalformedError", "examples: the texts have another length than stated")
def examples_texts_bytes() -> Made:
    """A byte more than there is."""
    return examples(3, THREE.but(bytes=16))


@vector("LimitError", "examples: the texts take over 67108864 bytes")
def limit_examples_texts() -> Made:
    """Texts of 2^26 + 1 bytes."""
    return examples(3, THREE.but(packed.BZIP2, form="bzip2", bytes=(1 << 26) + 1))


@vector("LimitError", "examples: the texts take over 67108864 bytes")
def limit_examples_texts_2_63() -> Made:
    """Texts of 2^63 bytes."""
    return examples(3, THREE.but(packed.BZIP2, form="bzip2", bytes=1 << 63))


@vector("MalformedError", "examples: the texts are not 3")
def examples_texts_two() -> Made:
    """Two texts where three belong."""
    return examples(3, texts("good", "bad"))


@vector("MalformedError", "examples: the texts are not 3")
def examples_texts_open() -> Made:
    """A last text that does not end."""
    return examples(3, THREE.but(b"a\nb\n\nc", bytes=6))


@vector("MalformedError", "examples: the texts are not UTF-8")
def examples_texts_not_utf8() -> Made:
    """A byte that is no UTF-8."""
    return examples(3, THREE.but(b"a\nb\n\xff\n", bytes=6))


@vector("MalformedError", "examples: the texts are not UTF-8")
def examples_texts_surrogate() -> Made:
    """Half of a pair, in three bytes."""
    return examples(1, texts("abc").but(b"\xed\xa0\x80\n"))


@vector("MalformedError", "examples: a text holds a zero character")
def examples_texts_zero() -> Made:
    """A zero character in a text that ends with a line feed."""
    return examples(3, texts("a", "b\0c", "d"))


@vector("MalformedError", "examples: 2 parts where 1 belong")
def examples_texts_two_parts() -> Made:
    """Texts in two parts."""
    return examples(3, THREE.but(THREE.parts[0], b""))


@vector("MalformedError", "examples: the texts have a check of xz's own")
def examples_texts_xz_checked() -> Made:
    """An .xz stream with a CRC of its own."""
    return examples(3, THREE.but(packed.xz(THREE.parts[0], checked=True), form="xz"))


@vector("MalformedError", "examples: the texts can't be unpacked: Memory usage limit exceeded")
def examples_texts_xz_dictionary() -> Made:
    """An .xz stream with a dictionary of 64 MiB."""
    return examples(3, THREE.but(packed.xz(THREE.parts[0], dictionary=28), form="xz"))


@vector("MalformedError", "examples: the texts end too early, or other bytes follow them")
def examples_texts_xz_short() -> Made:
    """An .xz stream without its last byte."""
    return examples(3, THREE.but(packed.xz(THREE.parts[0])[:-1], form="xz"))


@vector("MalformedError", "examples: the texts end too early, or other bytes follow them")
def examples_texts_xz_padded() -> Made:
    """An .xz stream and four zero bytes."""
    return examples(3, THREE.but(packed.xz(THREE.parts[0]) + bytes(4), form="xz"))


@vector("MalformedError", "examples: the texts end too early, or other bytes follow them")
def examples_texts_bzip2_bomb() -> Made:
    """16 MiB in 45 bytes, where 15 are stated."""
    return examples(3, THREE.but(packed.BOMB, form="bzip2"))


@vector("MalformedError", "examples: the texts end too early, or other bytes follow them")
def examples_texts_bzip2_twice() -> Made:
    """Two bzip2 streams."""
    return examples(6, THREE.but(packed.BZIP2 * 2, form="bzip2", bytes=30))


@vector("MalformedError", "examples: the texts can't be unpacked: Invalid data stream")
def examples_texts_bzip2_damaged() -> Made:
    """A bzip2 stream of another check sum."""
    data = packed.BZIP2[:10] + b"\x5c" + packed.BZIP2[11:]
    return examples(3, THREE.but(data, form="bzip2"))
