"""``quant``: the entropy asked for is met, steps are honoured, decoding is one multiplication."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import codecs, integers
from seedtool.codecs.base import Params, coded_bytes
from seedtool.codecs.quant import Options
from seedtool.errors import UsageError
from seedtool.seed import Entry

CODEC = codecs.load("quant")


def through(data: np.ndarray[Any, Any], **options: Any) -> tuple[Any, np.ndarray[Any, Any]]:
    entry = Entry("a", "F32", data.shape)
    coded = CODEC.encode(entry, data, Options(**options))
    parts = [bytes(p.data) for p in coded.parts]
    return coded, CODEC.decode(entry, Params(coded.params, "test"), parts)


def normal(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).normal(0, 0.05, shape).astype(np.float32)


@pytest.mark.parametrize("bits", [1.0, 2.5, 4.0, 8.0])
@pytest.mark.parametrize("per_row", [False, True])
def test_the_entropy_asked_for_is_what_it_takes(bits: float, per_row: bool) -> None:
    data = normal((600, 700)) * np.linspace(0.3, 3, 600, dtype=np.float32)[:, None]
    coded, out = through(data, bits=bits, per_row=per_row)
    assert 8 * coded_bytes(coded) / data.size == pytest.approx(bits, rel=0.04)
    error = np.sqrt(np.mean((out - data) ** 2)) / np.sqrt(np.mean(data**2))
    assert error < 2.0 ** (1 - bits)


def test_a_step_of_rows_costs_a_byte_at_most() -> None:
    data = normal((500, 384))
    one, _ = through(data, bits=2.5)
    rows, _ = through(data, bits=2.5, per_row=True)
    assert len(rows.parts) == 3
    assert coded_bytes(rows) - coded_bytes(one) < 1500


def test_steps_of_rows_may_lie_far_apart() -> None:
    data = normal((5, 200)) * (10.0 ** np.array([-30, -10, 0, 3, -np.inf]))[:, None]
    _, out = through(data.astype(np.float32), bits=5.0, per_row=True)
    assert np.allclose(
        out[2:4], data[2:4], rtol=0, atol=np.abs(data[2:4]).max(1, keepdims=True) / 20
    )
    assert not out[4].any()


@pytest.mark.parametrize("deadzone", [1.0, 1.5, 2.0])
def test_every_value_is_within_its_bin(deadzone: float) -> None:
    data = normal((50, 60))
    step = np.float32(0.02)
    coded, out = through(data, step=float(step), deadzone=deadzone)
    assert coded.params["step"] == float(step)
    indices = np.rint(out / step)
    assert np.array_equal(out, indices.astype(np.float32) * step)
    zero = indices == 0
    assert np.all(np.abs(data[zero]) <= deadzone / 2 * step * 1.0001)
    assert np.all(np.abs(data - out)[~zero] <= step * max(deadzone / 2, 0.5) * 1.0001)


def test_outliers_are_escaped() -> None:
    data = normal((100, 100))
    data[5, 5], data[50, 50] = 400.0, -300.0
    coded, out = through(data, step=0.01)
    assert len(coded.parts) == 3
    assert np.max(np.abs(out - data)) <= 0.00501


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(2**30), 2**30), max_size=50), st.lists(st.integers(-5, 5)))
def test_integers_come_back(far: list[int], near: list[int]) -> None:
    values = np.array(near * 8 + far, np.int32)
    params, parts = integers.encode(values)
    out = integers.decode(
        Params(params, "test"), [bytes(p.data) for p in parts], values.size, np.float32(1)
    )
    assert np.array_equal(out, values.astype(np.float32))


@pytest.mark.parametrize("bad", [{"bits": 0.0}, {"bits": 17}, {"step": 1e-40}, {"deadzone": 3}])
def test_options_are_checked(bad: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Options(**bad)
