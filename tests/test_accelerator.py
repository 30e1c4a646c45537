"""With the kernels and without: the same points, the same words, the same errors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seedtool
from seedtool import accelerator, codecs, feedback, rans, viterbi
from seedtool.codecs.base import Coded, Params
from seedtool.errors import MalformedError
from seedtool.seed import Entry
from seedtool.walk import walk

ROOT = Path(seedtool.__file__).parent.parent
TRELLIS = codecs.load("trellis")
Made = TypeVar("Made")

built = pytest.mark.skipif(accelerator.kernels() is None, reason="the kernels are not built here")
seeds = st.integers(0, 2**32 - 1)
states_of_trellises = st.sampled_from(sorted(viterbi.FEEDBACK))


def without(work: Callable[[], Made]) -> Made:
    """What numpy alone makes of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(accelerator.OFF, "1")
        assert accelerator.kernels() is None
        return work()


def outcome(work: Callable[[], Any]) -> Any:
    """What comes of it, be it an error."""
    try:
        return work()
    except MalformedError as e:
        return str(e)


def assert_alike(work: Callable[[], Any]) -> Any:
    """The outcome of both."""
    ours, plain = outcome(work), without(lambda: outcome(work))
    assert type(ours) is type(plain)
    np.testing.assert_array_equal(ours, plain)
    return ours


@built
@settings(max_examples=150, deadline=None)
@given(
    seeds,
    st.integers(0, 150),
    st.integers(1, 70),
    states_of_trellises,
    st.integers(1, 5),
    st.sampled_from([0.0, 0.3, 2.0, 500.0]),
    st.booleans(),
)
def test_the_same_points(
    seed: int, steps: int, lanes: int, states: int, many: int, spread: float, ties: bool
) -> None:
    rng = np.random.default_rng(seed)
    values = (rng.standard_normal((steps, lanes)) * spread).astype(np.float32)
    if ties:  # between points, and between ways
        values = np.rint(2 * values) / np.float32(2)
    reach = int(np.max(np.abs(values), initial=0)) + 6
    rates = rng.uniform(0, 8, (many, 2 * reach + 1)).astype(np.float32)
    if ties:
        rates = np.rint(rates)
    classes = rng.integers(0, many, values.shape).astype(np.uint8) if many > 1 else None
    assert_alike(lambda: viterbi.search(values, rates, reach, states, classes))


@built
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -1e9])
def test_no_value_makes_the_search_read_elsewhere(value: float) -> None:
    rates = np.ones((2, 13), np.float32)
    classes = np.full((3, 5), 255, np.uint8)  # of two
    values = np.full((3, 5), value, np.float32)
    assert viterbi.search(values, rates, 6, 8, classes).shape == values.shape


@built
@settings(max_examples=60, deadline=None)
@given(
    seeds,
    st.integers(1, 20),
    st.integers(1, 150),
    states_of_trellises,
    st.integers(1, 3),
    st.booleans(),
)
def test_the_same_points_after_the_errors_before_them(
    seed: int, rows: int, columns: int, states: int, many: int, ties: bool
) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 2, (rows, columns)).astype(np.float32)
    steps = np.exp(rng.normal(0, 0.2, weights.shape)).astype(np.float32)
    rates = rng.uniform(0, 8, (many, 61)).astype(np.float32)
    classes = rng.integers(0, many, weights.shape).astype(np.uint8) if many > 1 else None
    inputs = rng.normal(0, 1, (2 * columns, columns))
    upper = feedback.factor(inputs.T @ inputs)
    if ties:
        weights, rates, steps = np.rint(weights), np.rint(rates), np.ones_like(steps)
        upper = np.eye(columns, dtype=np.float32)
    coded = slice(0, int(rng.integers(1, columns + 1)))
    before = weights.copy()

    def quantise() -> Any:
        made = feedback.quantise(weights, steps, upper, classes, rates, states, coded)
        return np.concatenate([made.points.reshape(-1), made.targets.reshape(-1).view(np.int32)])

    assert_alike(quantise)
    np.testing.assert_array_equal(weights, before)


@built
@settings(max_examples=100, deadline=None)
@given(
    seeds,
    st.integers(0, 4000),
    st.integers(1, 90),
    st.floats(0, 40),
    st.sampled_from([np.uint8, np.int16, np.float32, np.int64]),
)
def test_the_same_words_and_what_they_say(
    seed: int, count: int, lanes: int, spread: float, dtype: type
) -> None:
    rng = np.random.default_rng(seed)
    drawn = np.abs(np.rint(rng.normal(0, spread, count))).astype(np.uint16)
    table = rans.normalise(np.bincount(drawn)) if count else np.ones(1, np.uint16)
    coded = []
    words = assert_alike(lambda: coded.append(rans.encode(drawn, table, lanes)) or coded[-1][0])
    tail = coded[0][1]
    values = rng.permutation(table.size).astype(dtype)

    def decode() -> Any:
        out = np.zeros(count, dtype)
        rans.decode(words, table, lanes, tail, values, out)
        return out

    np.testing.assert_array_equal(assert_alike(decode), values[drawn])


@built
def test_a_symbol_without_a_frequency_is_not_divided_by() -> None:
    table = np.array([2, 0, 2], np.uint16)
    one = rans.model(table)
    states = np.full(1, rans.FIRST)
    for symbols in ([0, 1], [3], [1 << 31]):
        kernels = accelerator.kernels()
        assert kernels
        assert kernels.encode(np.array(symbols), one.table, one.start, one.bits, states) is None


@built
@settings(max_examples=200, deadline=None)
@given(
    seeds,
    st.integers(1, 60),
    st.integers(0, 900),
    st.integers(0, 1200),
    states_of_trellises,
    st.integers(1, 4),
    st.integers(3, 15),
)
def test_whatever_the_words_the_walk_is_the_same(
    seed: int, lanes: int, count: int, size: int, states: int, many: int, bits: int
) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, 2 * many)
    tables = [rans.normalise(rng.integers(1, 1000, n), bits) for n in sizes]
    lows = rng.integers(-(1 << 14), 1 << 14, 2 * many).tolist()
    words = rng.integers(0, 1 << 16, size).astype(np.uint16)
    words[rng.random(size) < 0.1] = 0  # states below what an encoder leaves
    classes = rng.integers(0, many, count).astype(np.uint8) if many > 1 else None

    def read() -> Any:
        out = np.zeros(count, np.float32)
        used, last = walk(tables, lows, states, np.float32(0.37)).run(classes, words, lanes, out)
        return np.concatenate([[used], last, out.view(np.uint32)])

    assert_alike(read)


def code(data: np.ndarray, **options: Any) -> Coded:
    return TRELLIS.encode(Entry("w", "F32", data.shape), data, TRELLIS.Options(**options))


@built
@pytest.mark.parametrize("bits", [0.6, 2, 5])
def test_the_same_file_and_the_same_weights_of_it(bits: float) -> None:
    rng = np.random.default_rng(7)
    scale = np.exp(rng.normal(0, 0.7, (300, 1)))
    data = (rng.standard_normal((300, 400)) * scale).astype(np.float32)
    ours, plain = code(data, bits=bits), without(lambda: code(data, bits=bits))
    assert ours.params == plain.params
    assert len(ours.params["low"]) > 2  # more than one class
    assert [bytes(p.data) for p in ours.parts] == [bytes(p.data) for p in plain.parts]
    parts = [p.data for p in ours.parts]
    entry = Entry("w", "F32", data.shape)
    assert_alike(lambda: TRELLIS.decode(entry, Params(ours.params, "w"), parts))
    for at in rng.integers(0, len(bytes(parts[1])), 40):
        bad = bytearray(bytes(parts[1]))
        bad[at] ^= int(rng.integers(1, 256))
        wrong = [parts[0], bytes(bad), *parts[2:]]
        assert_alike(lambda parts=wrong: TRELLIS.decode(entry, Params(ours.params, "w"), parts))


@built
def test_a_class_without_tables_is_not_looked_up() -> None:
    tables = [np.array([1, 1], np.uint16)] * 2
    with pytest.raises(IndexError):
        walk(tables, [0, 0], 8, np.float32(1)).run(
            np.ones(4, np.uint8), np.zeros(8, np.uint16), 4, np.zeros(4, np.float32)
        )


def test_other_libraries_are_not_called(tmp_path: Path) -> None:
    import _ctypes

    (tmp_path / "text.so").write_text("no library")
    for path in (_ctypes.__file__, tmp_path / "text.so", tmp_path / "missing.so"):
        assert accelerator.load(str(path)) is None


@pytest.mark.parametrize("compiler", [None, "/no/such/compiler"])
def test_the_build_does_without_a_compiler(tmp_path: Path, compiler: str | None) -> None:
    pytest.importorskip("setuptools")
    usual = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if compiler is None and not shutil.which(usual):
        pytest.skip("no compiler here")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    unbuilt = shutil.ignore_patterns("__pycache__", "*.so", "data")
    shutil.copytree(ROOT / "seedtool", tmp_path / "seedtool", ignore=unbuilt)
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=tmp_path,
        env={**os.environ, **({"CC": compiler} if compiler else {})},
        check=True,
        capture_output=True,
    )
    made = list((tmp_path / "seedtool").glob("_kernels*"))
    assert len(made) == (compiler is None)
    assert all(accelerator.load(str(path)) for path in made)
