"""Examples: the independent decoder makes the same of them, and refuses the same, as seedtool."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

import seedtool
from seedtool.codecs.base import Coded
from seedtool.errors import DigestError, SeedError, TruncatedError
from seedtool.examples import coding, section
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from tests.vectors import SOUND, data_of, reference

reference_examples = importlib.import_module("reference_examples")
pytestmark = pytest.mark.filterwarnings("error")
VECTORS = [name for name in SOUND if name.startswith("ok_examples_") and name[12:] != "alone"]
EVERY = 96  # bytes of a part up to which each is changed; of a longer one some of them
HOSTILE: list[Any] = [None, True, -1, 0, 1, 7, 1 << 17, 1 << 63, 0.5, "x", b"\0", [], [1 << 13] * 2]
PEAK = 80 << 20  # bytes: what inputs may take decoded, and a little


def parts_of(coded: Coded) -> list[bytes]:
    return [bytes(part.data) for part in coded.parts]


def digest_by_reference(params: dict[str, Any], parts: list[bytes]) -> bytes | None:
    """What the reference decodes, whatever the check; None if it refuses."""
    try:
        made = reference_examples.decode_examples(params, parts)
    except reference.RuleError:
        return None
    return hashlib.sha256(b"".join(map(reference_examples.described, made))).digest()


def same(params: dict[str, Any], parts: list[bytes]) -> bool:
    """Whether both decode this to the same or both refuse it."""
    found = digest_by_reference(params, parts)
    stated = params.get("check")
    if found is not None:
        params = {**params, "check": found[:8]}
    try:
        made = coding.decode(params, parts)
    except SeedError as e:
        if "\n" in e.message:
            return False
        return found is None and not (isinstance(e, DigestError) and type(stated) is bytes)
    return made.digest() == found


# ---- What the encoder writes

WORDS = st.sampled_from(["the", "film", "was", "good", "a\u0301", "\u96f6", "\u2003", "\U0001f331"])
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def inputs(draw: st.DrawFn, count: int) -> Any:
    kind = draw(st.sampled_from(["texts", "numbers", "images"]))
    if kind == "texts":
        ends = st.sampled_from(["", "", "\n"])
        return tuple(" ".join(draw(st.lists(WORDS, max_size=5))) + draw(ends) for _ in range(count))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if kind == "numbers":
        shape = (count, *draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
        values = rng.standard_normal(shape) * 10 ** rng.uniform(-3, 3)
        return values.astype(np.float32)
    size = draw(st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 0, 1, 2, 3])))
    shape = (count, *(n for n in size if n))
    smooth = np.cumsum(rng.integers(-20, 21, shape), axis=-1) + 128
    return np.clip(smooth, 0, 255).astype(np.uint8)


@st.composite
def examples(draw: st.DrawFn) -> Examples:
    count = draw(st.integers(1, 30))
    given_inputs = draw(inputs(count))
    kinds = [
        "none",
        "class",
        "value",
        "vector",
        *(["tags"] if isinstance(given_inputs, tuple) else []),
    ]
    kind = draw(st.sampled_from(kinds))
    names = tuple(f"class {i}" for i in range(draw(st.integers(1, 5))))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    labels: Any = None
    if kind == "class":
        labels = rng.integers(0, len(names), count)
    elif kind == "value":
        labels = np.array([draw(FLOATS) for _ in range(count)], np.float32)
    elif kind == "vector":
        shape = (count, draw(st.integers(1, 40)))
        labels = (rng.standard_normal(shape) * 10 ** rng.uniform(-3, 3)).astype(np.float32)
    elif kind == "tags":
        words = [len(text.split()) for text in given_inputs]
        labels = tuple(rng.integers(0, len(names), many) for many in words)
    soft = None
    if draw(st.booleans()):
        soft = rng.dirichlet([draw(st.sampled_from([0.01, 1.0]))] * len(names), count)
        soft = soft.astype(np.float32)
    return Examples(given_inputs, labels, soft, names)


QUALITIES = st.builds(
    Quality,
    step=st.sampled_from([0, 1, 8, 40]),
    bits=st.sampled_from([0.0, 0.0, 3.0]),
    vector_bits=st.sampled_from([0.0, 1.0, 3.5, 12.0]),
    keep=st.integers(1, 5),
    fine=st.integers(1, 8),
    levels=st.integers(2, 160),
)


@given(examples(), QUALITIES)
@settings(max_examples=50, deadline=None)
def test_the_reference_decodes_what_is_written(found: Examples, quality: Quality) -> None:
    coded = coding.encode(found, quality)
    made = coding.decode(coded.params, parts_of(coded))
    head = {"params": coded.params, "count": len(found)}
    assert reference_examples.read_examples(head, parts_of(coded)) == made.digest().hex()


def test_the_reference_decodes_images_of_digits_and_texts_of_every_form() -> None:
    digits = load_digits()
    images, labels = digits.images[:300] * 15.9375, digits.target[:300]
    names = tuple(map(str, range(10)))
    soft = (np.eye(10)[labels] * 0.9 + 0.01).astype(np.float32)
    whole = Examples(images.astype(np.uint8), labels.astype(np.int64), soft, names)
    drawn = tuple(f"sentence {i} of {i * 7919 % 997} of the film" for i in range(400))
    counted = tuple(map(str, range(3000)))
    forms = set()
    for one, step in [
        *((whole, 24), (whole, 0), (Examples(("good", "bad")), 0)),
        *((Examples(drawn), 0), (Examples(counted), 0)),
    ]:
        coded = coding.encode(one, Quality(step=step))
        made = coding.decode(coded.params, parts_of(coded))
        head = {"params": coded.params, "count": len(one)}
        assert reference_examples.read_examples(head, parts_of(coded)) == made.digest().hex()
        forms.add(coded.params["inputs"]["form"])
    assert forms == {"cosines", "plain", "zstd", "xz", "bzip2"}


# ---- Damage


def examples_of(name: str) -> tuple[dict[str, Any], list[bytes]]:
    found = seedtool.load(io.BytesIO(data_of(name))).examples("movies")
    return dict(found.fields["params"]), [bytes(part.data) for part in found.parts]


def damaged(parts: list[bytes]) -> Iterator[list[bytes]]:
    """Each part cut anywhere, and each of its bytes changed."""
    for index, part in enumerate(parts):
        for at in range(0, len(part), max(1, -(-len(part) // EVERY))):
            for other in (part[:at], part[:at] + bytes([part[at] ^ 1 + at % 255]) + part[at + 1 :]):
                yield [*parts[:index], other, *parts[index + 1 :]]


@pytest.mark.parametrize("name", VECTORS)
def test_both_say_the_same_of_damaged_parts(name: str) -> None:
    params, parts = examples_of(name)
    assert same(params, parts)
    for other in damaged(parts):
        assert same(params, other), other


def changed(params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each key with each hostile value in its place, or gone, and one key more."""
    yield {**params, "path": "/etc/passwd"}
    for key, held in params.items():
        yield {k: v for k, v in params.items() if k != key}
        for value in HOSTILE:
            yield {**params, key: value}
        if isinstance(held, dict):
            for inner in changed(held):
                yield {**params, key: inner}


@pytest.mark.parametrize("name", VECTORS)
def test_both_say_the_same_of_other_params(name: str) -> None:
    params, parts = examples_of(name)
    for other in changed(params):
        assert same(other, parts), other


@pytest.mark.parametrize("name", VECTORS)
def test_hostile_params_take_little_memory(name: str) -> None:
    params, parts = examples_of(name)
    tracemalloc.start()
    try:
        for other in changed(params):
            with contextlib.suppress(SeedError):
                coding.decode(other, parts)
        assert tracemalloc.get_traced_memory()[1] < PEAK
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["ok_examples_soft_ordered", "ok_examples_cosines_channels"])
def test_a_file_that_is_cut_or_changed_anywhere_is_refused(name: str) -> None:
    data = data_of(name)
    for at in range(len(data)):
        with pytest.raises(SeedError):
            seedtool.load(io.BytesIO(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])).verify()
        if at:
            with pytest.raises(TruncatedError):
                seedtool.load(io.BytesIO(data[:at])).verify()


def test_a_section_whose_head_counts_otherwise_is_refused_by_both() -> None:
    found = seedtool.load(io.BytesIO(data_of("ok_examples_texts"))).examples("movies")
    parts = [bytes(part.data) for part in found.parts]
    fields = {**found.fields, "count": 4}
    with pytest.raises(SeedError, match="another count"):
        section.read(type(found)("examples", fields, found.parts))
    with pytest.raises(reference.RuleError, match="another count"):
        reference_examples.read_examples(fields, parts)
