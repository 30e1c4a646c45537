"""A base, the same model tuned, and differences between them in memory."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

import seedtool


def base() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "w": (rng.standard_normal((96, 64)) * 0.05).astype(np.float32),
        "half": rng.standard_normal((64, 64)).astype(np.float16),
        "norm": np.ones(64, np.float32),
        "ids": np.arange(9),
    }


def tuned() -> dict[str, np.ndarray]:
    """The base moved by 2 %, with one tensor as it was, one of another shape and one new."""
    rng = np.random.default_rng(2)
    out = base()
    out["w"] = out["w"] + (rng.standard_normal((96, 64)) * 0.001).astype(np.float32)
    out["half"] = (out["half"] * np.float16(1.02)).astype(np.float16)
    out["ids"] = np.arange(8)
    out["head"] = rng.standard_normal((2, 64)).astype(np.float32)
    return out


def whole(seed: seedtool.Seed) -> bytes:
    out = io.BytesIO()
    seed.save(out)
    return out.getvalue()


def as_bytes(data: bytes, given: Any) -> dict[str, np.ndarray]:
    return dict(seedtool.load(io.BytesIO(data), base=given).tensors())


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
