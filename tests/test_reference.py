"""What the encoders really write, the independent decoder reads to the same bits."""

from __future__ import annotations

import io

import numpy as np
import pytest

import seedtool
from seedtool import codecs, grid, scaleclasses, tcq
from seedtool.codecs import trellis
from seedtool.codecs.base import Coded, Params
from seedtool.seed import Entry
from tests.vectors import reference, reference_codecs, sha

OPTIONS: dict[str, list[dict[str, object]]] = {
    "quant": [{"bits": 3}, {"bits": 2, "per_row": True}, {"bits": 5, "deadzone": 1.5}],
    "trellis": [{"bits": b, "states": s} for b in (0.5, 3) for s in (1, 8, 16, 32)],
    "pca": [{"rank": 3}, {"ratio": 4, "residual_bits": 2}],
}


def model() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    pruned = rng.standard_normal((40, 60)).astype(np.float32)
    pruned[np.abs(pruned) < 1] = 0
    return {
        "a.weight": rng.standard_normal((96, 128)).astype(np.float32),
        "b.weight": rng.laplace(size=(64, 8, 3, 3)).astype(np.float16),
        "c.weight": pruned,
        "d.weight": rng.standard_normal((33, 40)),
        "e.bias": rng.standard_normal(17).astype(np.float32),
        "f.count": np.arange(5),
    }


@pytest.mark.parametrize("codec", codecs.names())
def test_the_reference_decodes_what_is_written(codec: str) -> None:
    for options in OPTIONS.get(codec, [{}]):
        out = io.BytesIO()
        seedtool.extract(model(), codec=codec, **options).save(out)
        seed = seedtool.load(io.BytesIO(out.getvalue()))
        found = {name: sha(values) for name, values in seed.tensors()}
        assert reference.read(out.getvalue())["tensors"] == found, options


def by_both(entry: Entry, coded: Coded) -> np.ndarray:
    """A trellis tensor, decoded by seedtool; the reference makes the same of it."""
    parts = [bytes(part.data) for part in coded.parts]
    made = codecs.load("trellis").decode(entry, Params(coded.params, "w"), parts)
    again = reference_codecs.CODECS["trellis"](entry.dtype, list(entry.shape), coded.params, parts)
    assert made.tobytes() == again
    return made


def scaled(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix whose rows and columns have scales of their own, and these."""
    rng = np.random.default_rng(11)
    row, column = (np.exp2(rng.uniform(-2, 2, n)) for n in (rows, columns))
    values = rng.standard_normal((rows, columns)) * row[:, None] * column
    return values.astype(np.float32), row, column


@pytest.mark.parametrize("dtype", ["F32", "F16"])
def test_the_reference_decodes_the_classes_that_an_encoder_chooses(dtype: str) -> None:
    values, _, _ = scaled(256, 384)
    entry = Entry("w", dtype, values.shape)
    coder = codecs.load("trellis")
    coded = coder.encode(entry, values.astype(f"f{entry.nbytes // values.size}"), coder.Options())
    assert len(coded.params["low"]) > 2
    assert len(coded.parts) == 4
    by_both(entry, coded)


@pytest.mark.parametrize("order", trellis.ORDERS)
@pytest.mark.parametrize("stepped", [(), ("row",), ("column",), ("row", "column")], ids=str)
@pytest.mark.parametrize("count", [1, 5])
def test_the_reference_decodes_every_order_and_all_steps(
    order: str, stepped: tuple[str, ...], count: int
) -> None:
    values, row, column = scaled(90, 160)
    codes = {"row": grid.codes_of(row), "column": grid.codes_of(column)}
    steps = trellis.Steps(np.float32(0.3), **{key: codes[key] for key in stepped})
    cut = scaleclasses.Classes(count, 430, 3, *scaleclasses.fit(values)) if count > 1 else None

    def flat(matrix: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(matrix.T if order == "columns" else matrix).reshape(-1)

    stream, layout, _ = tcq.code(
        flat(steps.divide(values)),
        flat(cut.matrix()) if cut else None,
        np.zeros((count, 13), np.float32),
        4.0,
        rate_weight=0.0,
        states=16,
    )
    coded = trellis.assembled(stream, layout, steps, cut, 16, order)
    width = np.full_like(values, steps.step)
    steps.scale(width)
    back = by_both(Entry("w", "F32", values.shape), coded)
    assert np.max(np.abs(back - values) / width) <= 2.001
