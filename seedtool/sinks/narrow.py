"""Weights stored narrower than they compute: float16 with a Cast, int8 with a DequantizeLinear.

Weight-only: a node widens each weight to float32 again, so any runtime of the
opset runs the graph, and activations stay float32. int8 is symmetric, with one
scale for each output channel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool import modelproto as mp
from seedtool.assemble import Array
from seedtool.errors import UnsupportedError, UsageError
from seedtool.floats import to_float32
from seedtool.seed import Entry
from seedtool.sinks.channels import Channels
from seedtool.tensorproto import CODES

PRECISIONS = {"fp32": 0, "fp16": 9, "int8": 10}  # and the opset that each needs
PER_AXIS = 13  # the opset that gave DequantizeLinear its axis
SMALLEST = 1 << 10  # elements of a tensor that is narrowed
BLOCK = 1 << 20  # elements converted at a time
LEVELS = np.float32(127)
NARROWED: Mapping[str, frozenset[str]] = {
    "fp32": frozenset(),
    "fp16": frozenset({"F32"}),
    "int8": frozenset({"F32", "F16", "BF16"}),
}
TINY = np.finfo(np.float32).tiny
Blocks = Iterator[npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Stored:
    """An initializer to write: ``blocks`` are its bytes in order, together of its exact size."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    blocks: Iterable[memoryview]


class Form:
    """A tensor stored as it is, under the initializer's own name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def size(self, entry: Entry) -> int:
        """Bytes of the stored values, unless they turn out not to fit the form."""
        return entry.nbytes

    def nodes(self) -> bytes:
        """Fields of a graph: the nodes that make the initializer of what is stored."""
        return b""

    def store(self, entry: Entry, array: Array) -> Iterator[Stored]:
        """What to write for ``array`` (storage dtype of ``entry``, any order of axes)."""
        yield Stored(self.name, entry.dtype, array.shape, map(_raw, _blocks(array)))


class HalfForm(Form):
    """float16 values and a Cast to float32."""

    def __init__(self, name: str, suffix: str) -> None:
        super().__init__(name)
        self._narrow = f"{name}{suffix}.fp16"

    def size(self, entry: Entry) -> int:
        return 2 * entry.size

    def nodes(self) -> bytes:
        return mp.node("Cast", [self._narrow], self.name, {"to": CODES["F32"]})

    def store(self, entry: Entry, array: Array) -> Iterator[Stored]:
        # The Cast stands in the file already; from float32 it does nothing, so
        # a tensor with values beyond float16 can stay as it is.
        if any(np.any(np.isfinite(b) & np.isinf(_half(b))) for b in _blocks(array)):
            yield Stored(self._narrow, "F32", array.shape, map(_raw, _blocks(array)))
        else:
            halves = (_raw(_half(b)) for b in _blocks(array))
            yield Stored(self._narrow, "F16", array.shape, halves)


class ByteForm(Form):
    """int8 values, float32 scales and a DequantizeLinear; a Cast back for 2-byte floats."""

    def __init__(self, name: str, suffix: str, dtype: str, axis: int | None) -> None:
        super().__init__(name)
        self._narrow = f"{name}{suffix}.int8"
        self._scale = f"{name}{suffix}.scale"
        self._wide = name if dtype == "F32" else f"{name}{suffix}.fp32"
        self._dtype = dtype
        self._axis = axis

    def size(self, entry: Entry) -> int:
        return entry.size + 4 * max(entry.shape)

    def nodes(self) -> bytes:
        inputs = [self._narrow, self._scale]
        ints = {} if self._axis is None else {"axis": self._axis}
        made = mp.node("DequantizeLinear", inputs, self._wide, ints)
        if self._wide != self.name:
            made += mp.node("Cast", [self._wide], self.name, {"to": CODES[self._dtype]})
        return made

    def store(self, entry: Entry, array: Array) -> Iterator[Stored]:
        largest = self._largest(entry, array)
        if not np.all(np.isfinite(largest)):
            raise UnsupportedError(
                f"the tensor {entry.name!a} holds values that int8 can't: NaN or infinity",
                hint="write the model as fp16 or fp32",
            )
        scale = np.where(largest < TINY * LEVELS, np.float32(1), largest / LEVELS)
        flat = scale.reshape(-1)
        shape = () if self._axis is None else flat.shape
        yield Stored(self._scale, "F32", shape, [_raw(flat)])
        yield Stored(self._narrow, "I8", array.shape, self._levels(entry, array, scale))

    def _largest(self, entry: Entry, array: Array) -> npt.NDArray[np.float32]:
        """Largest magnitudes, all axes but the channels' kept as 1; NaN where one is."""
        axis = self._axis
        others = tuple(i for i in range(array.ndim) if i != axis)
        made: list[npt.NDArray[np.float32]] = []
        for block in _blocks(array):
            found = np.max(np.abs(to_float32(block, entry.dtype)), axis=others, keepdims=True)
            if axis == 0 or not made:
                made.append(found)
            else:
                made[0] = np.maximum(made[0], found)
        return np.concatenate(made)

    def _levels(
        self, entry: Entry, array: Array, scale: npt.NDArray[np.float32]
    ) -> Iterator[memoryview]:
        row = 0
        for block in _blocks(array):
            by = scale[row : row + len(block)] if self._axis == 0 else scale
            row += len(block)
            yield _raw(np.rint(to_float32(block, entry.dtype) / by).astype(np.int8))


class Forms:
    """Chooses the form of each initializer of a graph.

    UsageError for a ``precision`` of another name, UnsupportedError where the
    graph is too old for it.
    """

    def __init__(self, survey: mp.Survey, skeleton: bytes, precision: str) -> None:
        if precision not in PRECISIONS:
            known = ", ".join(PRECISIONS)
            raise UsageError(f"the precision {precision!a} is none of {known}")
        old = survey.ir_version < mp.FREE_INITIALIZERS or survey.opset < PRECISIONS[precision]
        if old and precision != "fp32":
            raise UnsupportedError(
                f"{precision} needs opset {PRECISIONS[precision]} and IR version"
                f" {mp.FREE_INITIALIZERS}; the graph has {survey.opset} and {survey.ir_version}",
                hint="write the model as fp32",
            )
        self._survey = survey
        self._precision = precision
        self._channels = Channels(survey)
        self._suffix = "/seed"
        while self._suffix.encode() in skeleton:  # then no name of ours is one of the graph's
            self._suffix += "_"

    def form(self, name: str, entry: Entry, rank: int) -> Form:
        """The form of the initializer ``name``; one that callers may override stays wide."""
        small = len(entry.shape) < 2 or entry.size < SMALLEST
        if small or entry.dtype not in NARROWED[self._precision] or name in self._survey.inputs:
            return Form(name)
        if self._precision == "fp16":
            return HalfForm(name, self._suffix)
        per_axis = self._survey.opset >= PER_AXIS
        axis = self._channels.axis(name, rank) if per_axis else None
        return ByteForm(name, self._suffix, entry.dtype, axis)


def _blocks(array: Array) -> Blocks:
    """The array in C order, cut along its first axis into blocks of about :data:`BLOCK`."""
    if not array.ndim:
        yield np.ascontiguousarray(array)
        return
    rows = max(1, BLOCK // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), rows):
        yield np.ascontiguousarray(array[start : start + rows])


def _raw(array: npt.NDArray[np.generic]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _half(block: npt.NDArray[np.generic]) -> npt.NDArray[np.float16]:
    with np.errstate(over="ignore"):
        return block.astype(np.float16)
