"""Bad input to the Python API: one of our own errors, whatever it is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seedtool
from seedtool import container, errors
from tests.test_api import arrays, whole


@pytest.fixture(scope="module")
def plain() -> bytes:
    return whole(seedtool.extract(arrays()))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("missing.seed", errors.FileError),
        ("", errors.FileError),
        (".", errors.FileError),
        ("a\0b", errors.FileError),
        ("x" * 5000, errors.FileError),
    ],
)
def test_paths_that_are_no_seed(tmp_path, monkeypatch, name, error):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        seedtool.load(name)


@pytest.mark.parametrize("model", [3, None, [1, 2], np.ones(3), {}, {"a": "text"}, "missing.npz"])
def test_models_that_are_none(model):
    with pytest.raises(errors.SeedError):
        seedtool.extract(model)


def read_all(data: bytes) -> None:
    seed = seedtool.load(io.BytesIO(data))
    for _ in seed.tensors():
        pass


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes(data):
    """Nothing but the errors that are ours, with and without the magic in front."""
    for tried in (data, container.MAGIC + b"\x01\x00" + data):
        with pytest.raises(errors.SeedError):
            read_all(tried)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_changed_byte(plain, data):
    changed = bytearray(plain)
    at = data.draw(st.integers(0, len(plain) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(errors.SeedError):
        read_all(bytes(changed))


@given(st.integers(0, 1 << 20))
@settings(max_examples=100, deadline=None)
def test_any_truncation(plain, size):
    with pytest.raises(errors.MalformedError):
        read_all(plain[: size % len(plain)])
