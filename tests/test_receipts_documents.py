"""Receipts as documents: what is one comes back, and what is none is refused."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool.errors import LimitError, MalformedError, SeedError, VersionError
from seedtool.receipts import document, section
from seedtool.receipts.schema import Figure
from seedtool.recipes.schema import Data, Training
from tests.growing import RECIPE

BRIEF = replace(
    RECIPE, data=Data(held_out=0.0), training=Training(steps=15, rate=1e-2), seeds=(0, 1)
)
PLACE = section.placeholder(BRIEF)
GOOD = document.write(PLACE)


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=64),
    st.none() | st.floats(0, 1),
    st.integers(0, 10**7),
)
def test_documents_come_back(values, error, steps):
    seeds = tuple(range(len(values)))
    figure = Figure(tuple(v + 0.0 for v in values), error)
    made = replace(
        PLACE,
        seeds=seeds,
        done=(0,) * len(seeds),
        steps=steps,
        figures=dict.fromkeys(("zero_shot", "grown", "random"), figure),
    )
    assert document.read(document.write(made)) == made


BAD = [
    ("version", 2, VersionError),
    ("more", 1, MalformedError),
    ("recipe", "os.system", MalformedError),
    ("recipe", "a/b", MalformedError),
    ("recipe", "x" * 65, LimitError),
    ("content_sha256", "A" * 64, MalformedError),
    ("metric", "wow", MalformedError),
    ("start", "coded; rm -rf ~", MalformedError),
    ("start", "--force", MalformedError),
    ("grower", "magic", MalformedError),
    ("steps", 10**9, MalformedError),
    ("steps", 5, MalformedError),  # of which more were done
    ("seeds", [0], MalformedError),
    ("seeds", [0, 0], MalformedError),
    ("seeds", list(range(65)), LimitError),
    ("seeds", "01", MalformedError),
    ("held_out", 1, MalformedError),
    ("seconds", float("nan"), MalformedError),
    ("peak_bytes", 10**30, MalformedError),
    ("figures", {}, MalformedError),
    ("figures", {**GOOD["figures"], "best": {"values": [1.0]}}, MalformedError),
    ("figures", {**GOOD["figures"], "grown": {"values": [0.5]}}, MalformedError),
    ("figures", {**GOOD["figures"], "grown": {"values": [0.5, 1.5]}}, MalformedError),
    ("figures", {**GOOD["figures"], "grown": {"values": [0.5, None]}}, MalformedError),
    ("figures", {**GOOD["figures"], "grown": [0.5, 0.5]}, MalformedError),
    ("environment", {"PATH": "x"}, MalformedError),
    ("environment", {"torch": "\x1b[2J"}, MalformedError),
    ("device", "", MalformedError),
]


@pytest.mark.parametrize(("key", "value", "error"), BAD, ids=lambda v: str(v)[:24])
def test_what_is_no_receipt_is_refused(key, value, error):
    with pytest.raises(error, match="receipt"):
        document.read({**GOOD, key: value})


def test_every_key_is_needed():
    for key in GOOD:
        with pytest.raises(MalformedError, match=f"{key} is missing"):
            document.read({k: v for k, v in GOOD.items() if k != key})


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
ANYTHING = st.recursive(
    LEAVES, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(), x, max_size=4)
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(GOOD)), ANYTHING)
def test_anything_at_a_key_is_read_or_refused(key, value):
    try:
        read = document.of_fidelity({"receipts": [{**copy.deepcopy(GOOD), key: value}]})
    except SeedError:
        return
    assert document.read(document.write(read[0])) == read[0]


def test_receipts_are_an_array_of_different_recipes():
    assert document.of_fidelity({"weights": {}}) == ()
    with pytest.raises(MalformedError, match="not an array"):
        document.of_fidelity({"receipts": GOOD})
    with pytest.raises(MalformedError, match="same recipe"):
        document.of_fidelity({"receipts": [GOOD, GOOD]})
    with pytest.raises(LimitError):
        document.of_fidelity({"receipts": [GOOD] * 65})
