"""trellis keeps its own promises: near the limit, the rate asked, the best path."""

from __future__ import annotations

import io
import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seedtool
from seedtool import codecs, integers, tcq, viterbi
from seedtool.codecs.base import Coded, NotCodableError, Params, coded_bytes
from seedtool.errors import UsageError
from seedtool.seed import Entry

TRELLIS = codecs.load("trellis")


def code(data: np.ndarray, **options: object) -> tuple[Coded, np.ndarray]:
    entry = Entry("w", "F32", data.shape)
    coded = TRELLIS.encode(entry, data, TRELLIS.Options(**options))
    parts = [p.data for p in coded.parts]
    return coded, TRELLIS.decode(entry, Params(coded.params, "w"), parts)


def over_the_limit(data: np.ndarray, **options: object) -> float:
    """Bits a weight, real bytes, above a Gaussian source's R(D)."""
    coded, back = code(data, **options)
    noise = np.mean(np.square(data - back, dtype=np.float64))
    limit = 0.5 * math.log2(float(np.var(data)) / float(noise))
    return 8 * coded_bytes(coded) / data.size - limit


@pytest.mark.parametrize("bits", [2, 3])
@pytest.mark.parametrize(("states", "most"), [(8, 0.10), (32, 0.08)])
def test_a_gaussian_source_is_coded_near_its_limit(bits: int, states: int, most: float) -> None:
    data = np.random.default_rng(bits).standard_normal((1024, 512), np.float32) * 0.02
    assert over_the_limit(data, bits=bits, states=states) <= most


@pytest.mark.parametrize("bits", [0.5, 1, 2.5, 4, 6])
def test_the_rate_is_what_was_asked(bits: float) -> None:
    data = np.random.default_rng(9).laplace(size=(512, 512)).astype(np.float32)
    coded, _ = code(data, bits=bits)
    assert abs(8 * coded_bytes(coded) / data.size - bits) <= 0.02 * bits + 0.03


def test_it_beats_quant_at_the_same_noise() -> None:
    data = np.random.default_rng(4).standard_normal((1024, 512), np.float32)
    quant = codecs.load("quant")
    entry = Entry("w", "F32", data.shape)
    uniform = quant.encode(entry, data, quant.Options(bits=3))
    plain = quant.decode(entry, Params(uniform.params, "w"), [p.data for p in uniform.parts])
    noise = np.mean(np.square(data - plain, dtype=np.float64))
    limit = 0.5 * math.log2(float(np.var(data)) / float(noise))
    ahead = 8 * coded_bytes(uniform) / data.size - limit - over_the_limit(data, bits=3)
    assert ahead > 0.15


@pytest.mark.parametrize("states", viterbi.FEEDBACK)
def test_two_ways_lead_into_each_state(states: int) -> None:
    before, subset = viterbi.predecessors(states)
    assert before.shape == subset.shape == (states, 2)
    assert sorted(before.reshape(-1)) == sorted([*range(states)] * 2)
    assert np.array_equal(subset & 1, before & 1)  # odd states offer odd points
    ways = {*zip(before.reshape(-1).tolist(), (subset.reshape(-1) >> 1).tolist(), strict=True)}
    assert len(ways) == 2 * states
    if states > 1:
        assert np.all(before[:, 0] != before[:, 1])


@pytest.mark.parametrize("states", viterbi.FEEDBACK)
def test_the_path_is_the_cheapest_of_all(states: int) -> None:
    steps, reach = 7, 12
    rng = np.random.default_rng(states)
    values = (rng.standard_normal((steps, 1)) * 2).astype(np.float32)
    rates = rng.uniform(0, 3, (3, 2 * reach + 1)).astype(np.float32)
    classes = rng.integers(0, 3, (steps, 1)).astype(np.uint8)
    points = viterbi.search(values, rates, reach, states, classes)

    odd, branch = viterbi.turns(states)

    def cost(turns: tuple[int, ...]) -> float:
        state, total = 0, 0.0
        for value, turn, of in zip(values[:, 0], turns, classes[:, 0], strict=True):
            kind = state & 1
            subset = 2 * turn + kind
            near = np.rint((value - subset) / 4) * 4 + subset
            total += min(
                float((r - value) ** 2 + rates[of, int(r) + reach])
                for r in (near, near - 4 * np.sign(near))
            )
            state = (state >> 1) ^ (odd * kind) ^ (branch * turn)
        return total

    found = sum(
        float((r - v) ** 2 + rates[of, r + reach])
        for r, v, of in zip(points[:, 0], values[:, 0], classes[:, 0], strict=True)
    )
    best = min(cost(turns) for turns in itertools.product((0, 1), repeat=steps))
    assert found == pytest.approx(best, rel=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.sampled_from([*viterbi.FEEDBACK]))
def test_without_a_rate_no_weight_is_off_by_more_than_its_subset(
    seed: int, count: int, states: int
) -> None:
    data = np.random.default_rng(seed).standard_normal((count,)).astype(np.float32)
    _, back = code(data, step=0.125, states=states, rate_weight=0.0)
    assert np.max(np.abs(back - data)) <= 2 * 0.125 + 1e-6


def test_one_state_rounds_to_the_nearest_of_twice_the_step() -> None:
    data = np.random.default_rng(6).standard_normal((256, 200)).astype(np.float32)
    coded, back = code(data, step=0.125, states=1, rate_weight=0.0)
    assert np.array_equal(back, np.rint(data / 0.25) * np.float32(0.25))
    assert coded.params["size"][1::2] == [1] * (len(coded.params["size"]) // 2)
    entropy = integers.entropy(np.rint(data / 0.25).astype(np.int32))
    assert 8 * coded_bytes(coded) / data.size < entropy + 0.03


def test_rows_and_columns_of_other_scales_cost_less_than_their_mixture() -> None:
    rng = np.random.default_rng(3)
    rows, columns = (np.exp2(rng.uniform(-2, 2, n)) for n in (512, 384))
    data = (rng.standard_normal((512, 384)) * rows[:, None] * columns).astype(np.float32)
    shuffled = rng.permutation(data.reshape(-1)).reshape(data.shape)  # the same mixture, unscaled
    coded, control = (code(d, step=0.1)[0] for d in (data, shuffled))
    assert len(coded.params["low"]) > 2
    assert len(control.params["low"]) == 2
    assert coded_bytes(coded) < 0.9 * coded_bytes(control)


@given(st.integers(0, 2**32 - 1), st.integers(0, 500), st.integers(1, 5), st.integers(1, 4000))
def test_each_table_spans_the_points_of_its_class_and_type(
    seed: int, size: int, count: int, reach: int
) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-reach, reach + 1, size).astype(np.int16)
    classes = rng.integers(0, count, size).astype(np.uint8)
    layout = tcq.Layout(3, 0)
    stream = tcq.pack(points, classes if count > 1 else None, count, layout)
    assert stream
    assert len({int(table.sum()) for table in stream.tables}) == 1
    for kind, (low, table) in enumerate(zip(stream.lows, stream.tables, strict=True)):
        mine = points[(classes == kind // 2) & (points & 1 == kind % 2)] >> 1
        found = np.unique(mine) if mine.size else np.zeros(1, int)
        assert np.array_equal(np.flatnonzero(table) + low, found)


def test_zeros_cost_nothing_and_stay_zero() -> None:
    data = np.zeros((512, 512), np.float32)
    coded, back = code(data, bits=2)
    assert not back.any()
    assert coded_bytes(coded) < 256


def test_an_outlier_too_far_goes_to_quant_at_the_same_rate() -> None:
    data = np.random.default_rng(2).standard_normal((64, 64)).astype(np.float32)
    data[0, 0] = 1e6
    seed = seedtool.extract({"w": data}, codec="trellis", bits=4)
    written = seed.save(io.BytesIO())
    (measure,) = seed.ledger.measures
    assert measure.codec == "quant"
    assert "spans more than" in measure.note
    assert 8 * written / data.size < 6  # the sparse table and all framing included


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (np.eye(1024, dtype=np.float32), {"bits": 12}),
        (np.eye(512, dtype=np.float32), {"bits": 4}),
        (np.sign(np.random.default_rng(1).standard_normal((256, 256), np.float32)), {"bits": 4}),
        (np.full((64, 64), 0.3, np.float32), {"bits": 4}),
        (np.random.default_rng(1).standard_normal((64, 64), np.float32), {"step": 2.0**-100}),
    ],
    ids=["identity", "identity-4", "signs", "constant", "tiny-step"],
)
def test_no_search_for_a_step_outgrows_the_grid(
    data: np.ndarray, options: dict[str, float]
) -> None:
    tracemalloc.start()
    with pytest.raises(NotCodableError, match="spans more than"):
        code(data, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_what_it_cannot_hold_it_says() -> None:
    data = np.zeros((32, 32), np.float32)
    data[0, 0], data[0, 1] = 1e6, 1.0
    with pytest.raises(NotCodableError, match="spans more than"):
        code(data, step=1.0)
    data[0, 0] = np.nan
    with pytest.raises(NotCodableError, match="NaN"):
        code(data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bits": 0}, "bits must lie in"),
        ({"bits": 13}, "bits must lie in"),
        ({"step": -1.0}, "step must lie in"),
        ({"states": 4}, "states are 1, 8, 16 or 32"),
        ({"rate_weight": 11.0}, "rate_weight must lie in"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TRELLIS.Options(**options)
