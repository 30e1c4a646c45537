"""Bases and differences (SPEC 4.2, 6.11) for reference.py."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import msgpack
import numpy as np
from reference_blocks import need
from reference_elements import FLOATS, store, width_of

Model = dict[str, tuple[str, list[int], bytes]]  # name -> dtype, shape, elements


def name_model(model: Model) -> tuple[bytes, int]:
    """4.2: the digest and the size of a model."""
    rows, sizes = [], {}
    for name in sorted(model, key=str.encode):
        dtype, shape, elements = model[name]
        check = hashlib.sha256(elements).digest()[:8]
        rows.append([name, dtype, shape, check])
        sizes[dtype, tuple(shape), check] = math.prod(shape) * width_of(dtype)
    return hashlib.sha256(msgpack.packb(rows)).digest(), sum(sizes.values())


def find_base(reference: dict[str, Any], models: list[tuple[Model, int]]) -> Model:
    """4.2: the model that a header names, among (model, nesting of its seed)."""
    alike = [(m, n) for m, n in models if name_model(m)[0] == reference["digest"]]
    need(bool(alike), "base: another model", "digest")
    need(name_model(alike[0][0])[1] == reference["size"], "base: size")
    fit = [m for m, n in alike if n < reference["nesting"]]
    need(bool(fit), "base: nesting")
    return fit[0]


def needs_base(head: dict[str, Any]) -> bool:
    """5.1"""
    if head["kind"] == "tensor":
        return "delta" in head or head["codec"] == "same"
    return head["kind"] == "asset" and "base" in head


def namesake(row: dict[str, Any], base: Model, delta: str) -> tuple[str, bytes]:
    """6.11: the dtype and the elements of the base's tensor."""
    need(row["name"] in base, "no namesake")
    dtype, shape, elements = base[row["name"]]
    need(shape == row["shape"], "namesake: shape")
    if delta == "sum":
        need(dtype in FLOATS and row["dtype"] in FLOATS, "sum: dtype")
    else:
        need(dtype == row["dtype"], "namesake: dtype")
    return dtype, elements


def add_words(dtype: str, before: bytes, change: bytes) -> bytes:
    kind = f"<u{width_of(dtype)}"
    return (np.frombuffer(before, kind) + np.frombuffer(change, kind)).tobytes()


def add_floats(of_base: str, before: bytes, change: bytes, dtype: str) -> bytes:
    if of_base == "BF16":
        values = (np.frombuffer(before, "<u2").astype("<u4") << np.uint32(16)).view("<f4")
    else:
        kind = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[of_base]
        with np.errstate(over="ignore"):
            values = np.frombuffer(before, kind).astype("<f4")
    with np.errstate(over="ignore", invalid="ignore"):
        sums = values + np.frombuffer(change, "<f4")
    need(not np.isnan(sums).any(), "sum: NaN")
    return store(sums, dtype)
