"""An ONNX file against the model that it came from: both run on the same made-up inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import NoGraphError, SeedError
from seedtool.models.session import Session
from seedtool.sources.base import Run

Inputs = dict[str, npt.NDArray[Any]]

# Open batch and length, tried in this order; speech models take no 8 samples.
SIZES = ((2, 8), (1, 8), (2, 576), (1, 576))
IDS = (100, 8, 2)  # bounds of ids, tried in this order
RATE = 16000  # samples a second, where an input asks for it
LENGTHS = ("seq", "len", "time", "frame")
TYPES = {
    "tensor(float)": "f4",
    "tensor(float16)": "f2",
    "tensor(double)": "f8",
    "tensor(int64)": "i8",
    "tensor(int32)": "i4",
    "tensor(int16)": "i2",
    "tensor(int8)": "i1",
    "tensor(uint8)": "u1",
    "tensor(bool)": "?",
}


@dataclass(frozen=True)
class Difference:
    """How far an ONNX model's outputs are from the source model's.

    ``max_abs``: the largest absolute difference of any output value, ``max_rel``
    the largest of an output's over its largest magnitude; infinite where a NaN
    or an infinity stands in one of the two only. ``outputs``: the absolute one by
    output name. ``inputs``: what both were run on, in words.
    """

    max_abs: float
    max_rel: float
    outputs: dict[str, float]
    inputs: str


def compare(model: Path | bytes, run: Run, *, seed: int = 0) -> Difference:
    """Run an ONNX model and ``run`` on the same inputs, random by ``seed``.

    MissingExtraError without onnxruntime, NoGraphError if no inputs are found
    that both take, or if their outputs differ in form.
    """
    session = Session(model)
    reason: SeedError | None = None
    for sizes in SIZES:
        for top in IDS:
            inputs = make_inputs(session.inputs, sizes, top, seed)
            try:
                return _measure(session.outputs, session(inputs), run(inputs), inputs)
            except SeedError as error:
                reason = reason or error
    raise NoGraphError(f"the two could not be compared: {reason}")


def make_inputs(
    wanted: Mapping[str, tuple[str, Sequence[Any]]], sizes: tuple[int, int], top: int, seed: int
) -> Inputs:
    """Random inputs by their types and shapes (:attr:`Session.inputs`), of a batch and a length.

    ``top``: bound of ids. NoGraphError for types of which no example is known.
    """
    rng = np.random.default_rng(seed)
    made: Inputs = {}
    for name, (kind, dims) in wanted.items():
        if kind not in TYPES:
            raise NoGraphError(f"the input {name!a} is a {kind}, for which no example is known")
        shape = _shape(dims, sizes)
        dtype = np.dtype(TYPES[kind])
        made[name] = _values(name, shape, dtype, top, rng)
    return made


def _shape(dims: Sequence[Any], sizes: tuple[int, int]) -> tuple[int, ...]:
    """The first open axis is the batch and others the length, unless their names say otherwise."""
    batch, length = sizes
    shape: list[int] = []
    taken = False
    for dim in dims:
        if isinstance(dim, int):
            shape.append(dim)
            continue
        is_length = isinstance(dim, str) and any(word in dim.lower() for word in LENGTHS)
        shape.append(length if is_length or taken else batch)
        taken = taken or not is_length
    return tuple(shape)


def _values(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], top: int, rng: np.random.Generator
) -> npt.NDArray[Any]:
    if dtype.kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    if dtype.kind == "b" or "mask" in name.lower():
        return np.ones(shape, dtype)
    if "type" in name.lower():
        return np.zeros(shape, dtype)
    if "position" in name.lower():
        return np.broadcast_to(np.arange(shape[-1] if shape else 1), shape).astype(dtype)
    if not shape:
        return np.array(RATE if name in ("sr", "sample_rate", "sampling_rate") else 1, dtype)
    return rng.integers(0, top, shape).astype(dtype)


def _measure(
    names: Sequence[str], got: Sequence[Any], want: Sequence[Any], inputs: Inputs
) -> Difference:
    shapes = [[np.shape(a) for a in outputs] for outputs in (got, want)]
    if shapes[0] != shapes[1]:
        raise NoGraphError(f"the outputs have the shapes {shapes[0]}, the model's {shapes[1]}")
    outputs: dict[str, float] = {}
    relative = 0.0
    for name, a, b in zip(names, got, want, strict=True):
        outputs[name], largest = _largest(np.asarray(a), np.asarray(b))
        if outputs[name]:
            relative = max(relative, outputs[name] / largest if largest else math.inf)
    words = ", ".join(f"{n} {'x'.join(map(str, a.shape)) or a}" for n, a in inputs.items())
    return Difference(max(outputs.values(), default=0.0), relative, outputs, words)


def _largest(got: npt.NDArray[Any], want: npt.NDArray[Any]) -> tuple[float, float]:
    """The largest difference, and the largest finite magnitude of ``want``."""
    a, b = got.astype(np.float64), want.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return math.inf, 1.0
    difference = np.max(np.abs(a[finite] - b[finite]), initial=0.0)
    return float(difference), float(np.max(np.abs(b[finite]), initial=0.0))
