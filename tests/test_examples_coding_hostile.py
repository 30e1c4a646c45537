"""What hostile bytes of examples get, and what callers get who give what no section holds."""

from __future__ import annotations

import bz2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import container
from seedtool.errors import (
    DigestError,
    LimitError,
    MalformedError,
    SeedError,
    UnknownCodecError,
    UsageError,
)
from seedtool.examples import coding, section
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.seed import Header, Section
from tests.digits import digits


def back(coded):
    return coding.decode(coded.params, [bytes(part.data) for part in coded.parts])


def change(coded, index, data):
    parts = [bytes(part.data) for part in coded.parts]
    parts[index] = data
    return parts


def test_what_no_section_holds_is_refused():
    with pytest.raises(UsageError):
        coding.encode(Examples(np.zeros((0, 4, 4), np.uint8)))
    with pytest.raises(UsageError):
        Quality(step=-1)
    with pytest.raises(MalformedError):
        coding.encode(Examples(("a\0b",)))


SOFT = np.full((2, 2), 0.5, np.float32)


@pytest.mark.parametrize(
    ("labels", "soft", "names"),
    [
        (None, None, ("a", "a")),
        (None, None, ("a", "")),
        (None, None, ("a", "b\n")),
        (np.array([0, 2]), None, ("a", "b")),
        (np.array([0, -1]), None, ("a", "b")),
        (np.array([0, 1]), SOFT, ("a", "b", "c")),
        (None, SOFT[:, 0], ("a", "b")),
        ((np.array([0, 1]), np.array([2])), None, ("a", "b")),
        ((np.array([0]), np.array([0, 1])), None, ("a", "b")),
    ],
)
def test_what_a_caller_gave_wrong_is_a_usage_error(labels, soft, names):
    with pytest.raises(UsageError):
        coding.encode(Examples(("two words", "one"), labels, soft, names))


def test_tags_of_what_are_no_texts_are_a_usage_error():
    tags = (np.array([0]), np.array([0]))
    tagged = Examples(np.zeros((2, 3), np.float32), tags, None, ("a",))
    with pytest.raises(UsageError):
        coding.encode(tagged)


@pytest.fixture(scope="module")
def coded():
    return coding.encode(digits(), Quality(step=24))


def test_a_wrong_check(coded):
    with pytest.raises(DigestError):
        coding.decode({**coded.params, "check": bytes(8)}, [p.data for p in coded.parts])


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("count", 0, MalformedError),
        ("count", 1 << 40, MalformedError),
        ("count", 1 << 22, LimitError),
        ("count", 2.0, MalformedError),
        ("classes", ["a"] * 10, MalformedError),
        ("classes", ["a"], MalformedError),
        ("classes", [str(i) for i in range(5000)], LimitError),
        ("classes", 7, MalformedError),
        ("check", b"short", MalformedError),
        ("inputs", {}, MalformedError),
        ("more", 1, MalformedError),
    ],
)
def test_hostile_parameters(coded, key, value, error):
    with pytest.raises(error):
        coding.decode({**coded.params, key: value}, [p.data for p in coded.parts])


@pytest.mark.parametrize(
    ("inner", "key", "value", "error"),
    [
        ("inputs", "shape", [1 << 14, 1 << 14], LimitError),
        ("inputs", "shape", [8], MalformedError),
        ("inputs", "shape", [8, 8, 99], MalformedError),
        ("inputs", "form", "pickle", MalformedError),
        ("inputs", "parts", 99, MalformedError),
        ("inputs", "path", "/etc/passwd", MalformedError),
        ("labels", "form", "value", MalformedError),
        ("soft", "fine", 0, MalformedError),
        ("soft", "levels", 3, MalformedError),
        ("soft", "ordered", 9, MalformedError),
    ],
)
def test_hostile_parameters_within(coded, inner, key, value, error):
    params = {**coded.params, inner: {**coded.params[inner], key: value}}
    with pytest.raises(error):
        coding.decode(params, [p.data for p in coded.parts])


def test_large_coefficients_are_refused(coded):
    huge = np.full(4 * 64, 0x7F, np.uint8).tobytes()
    with pytest.raises(MalformedError):
        coding.decode(coded.params, change(coded, 1, huge))


def test_a_bomb_of_text_ends_at_its_stated_length():
    given = Examples(("word " * 50,))
    coded = coding.encode(given)
    bomb = bz2.compress(b"a" * (16 << 20))
    params = {**coded.params["inputs"], "form": "bzip2", "bytes": 100}
    with pytest.raises(MalformedError):
        coding.decode({**coded.params, "inputs": params}, [bomb])


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_damage_is_an_error_of_ours(coded, data):
    """Whatever byte changes or goes: an error of the library's, or the very same examples."""
    parts = [bytearray(part.data) for part in coded.parts]
    at = data.draw(st.integers(0, len(parts) - 1))
    if parts[at] and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(parts[at]) - 1))
        parts[at][place] ^= data.draw(st.integers(1, 255))
    else:
        parts[at] = parts[at][: data.draw(st.integers(0, len(parts[at])))]
    try:
        made = coding.decode(coded.params, parts)
    except SeedError:
        return
    assert made.digest() == back(coded).digest()


def test_a_section_goes_through_a_seed(tmp_path):
    given = digits()
    made = section.make("digits", given, Quality(step=24))
    path = tmp_path / "data.seed"
    with path.open("wb") as file:
        container.write(
            file, Header(()), [container.document_section("meta", {"tool": "tests"}), made]
        )
    with path.open("rb") as file:
        found = [s for s in container.Reader(file).sections() if s.kind == "examples"]
    assert section.read(found[0]).digest() == back(coding.encode(given, Quality(step=24))).digest()
    assert found[0].stored < coding.size(made) + 700
    other = Section("examples", {**made.fields, "codec": "other"}, made.parts)
    with pytest.raises(UnknownCodecError):
        section.read(other)
    many = Section("examples", {**made.fields, "count": 7}, made.parts)
    with pytest.raises(MalformedError):
        section.read(many)
    names = tuple(f"{i} {'x' * 100}" for i in range(900))
    with pytest.raises(LimitError):
        section.make("many", Examples(given.inputs, given.labels, None, names), Quality())
