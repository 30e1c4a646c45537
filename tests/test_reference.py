"""What the encoders really write, the independent decoder reads to the same bits."""

from __future__ import annotations

import io

import numpy as np
import pytest

import seedtool
from seedtool import codecs
from tests.vectors import reference, sha

OPTIONS: dict[str, list[dict[str, object]]] = {
    "quant": [{"bits": 3}, {"bits": 2, "per_row": True}, {"bits": 5, "deadzone": 1.5}],
    "trellis": [{"bits": b, "states": s} for b in (0.5, 3) for s in (8, 16, 32)],
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
