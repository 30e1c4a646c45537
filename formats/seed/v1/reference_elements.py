"""Elements, shapes and params (SPEC 6, 6.1, 6.2) for reference.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from reference_blocks import need

WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2}
WIDTHS |= {"U64": 8, "U32": 4, "U16": 2}  # all others: 1
FLOATS = ("F64", "F32", "F16", "BF16")


def width_of(dtype: str) -> int:
    return WIDTHS.get(dtype, 1)


def check_params(params: dict[str, Any], **types: type) -> None:
    need(params.keys() == types.keys(), "params: keys")
    need(all(type(params[k]) is t for k, t in types.items()), "params: types")


def check_scale(value: Any) -> np.float32:
    need(type(value) is float and 2.0**-100 <= value <= 2.0**100, "scale: range")
    need(float(np.float32(value)) == value, "scale: no float32")
    return np.float32(value)


def rows_and_columns(shape: list[int]) -> tuple[int, int]:
    if len(shape) > 1:
        return shape[0], math.prod(shape[1:])
    return 1, math.prod(shape)


def store(values: np.ndarray, dtype: str) -> bytes:
    """6.1: float32 values as elements of ``dtype``."""
    with np.errstate(over="ignore"):
        if dtype == "BF16":
            bits = values.view("<u4").astype(np.uint64)
            rounded = bits + (bits >> np.uint64(16) & np.uint64(1)) + np.uint64(0x7FFF)
            return ((rounded & np.uint64(0xFFFFFFFF)) >> np.uint64(16)).astype("<u2").tobytes()
        return values.astype({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]).tobytes()
