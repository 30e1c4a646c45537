"""What a codec is: a file in this folder with a class ``Codec`` that does this.

A codec turns one tensor into parameters and parts, and those back into the
tensor, bit-exactly on every machine (SPEC 6). It sees nothing else: no file,
no clock, no other tensor.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from seedtool import chacha
from seedtool.errors import LimitError, MalformedError, UsageError
from seedtool.seed import DTYPES, SCALE_MAX, SCALE_MIN, Entry, Part

FALLBACK = "lossless"  # the codec that holds every tensor

Array = npt.NDArray[np.generic]
Buffers = Sequence[bytes | bytearray | memoryview]


@dataclass(frozen=True)
class Coded:
    """A tensor as a codec wrote it."""

    params: dict[str, Any]
    parts: tuple[Part, ...]


class NotCodableError(Exception):
    """This codec cannot hold this tensor (a NaN, say): ``instead`` takes it, with ``settings``."""

    def __init__(self, reason: str, instead: str = FALLBACK, **settings: float) -> None:
        super().__init__(reason)
        self.instead = instead
        self.settings = settings


@dataclass(frozen=True)
class NoOptions:
    """Options of a codec that has none."""


@dataclass(frozen=True)
class SeedOptions:
    """``seed``: any 64-bit number; each tensor's own is made of it and the tensor's name."""

    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= chacha.SEED_MAX:
            raise UsageError("seed lies in 0..2^64-1")


class Codec(ABC):
    """One way to code a tensor. The file's name is the codec's id."""

    Options: ClassVar[type] = NoOptions  # a frozen dataclass of what a user may set
    lossless: ClassVar[bool] = False
    vectors_too: ClassVar[bool] = False  # codes biases, norms and tiny tensors as well

    def accepts(self, entry: Entry) -> bool:
        """True if tensors of this dtype and shape can be coded at all."""
        return True

    @abstractmethod
    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        """Code ``data`` (C order, the entry's storage dtype and shape).

        Raises NotCodableError if these values can't be held.
        """

    @abstractmethod
    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        """The tensor again, in storage dtype and shape.

        Everything in ``params`` and ``parts`` is hostile: MalformedError for
        what breaks the codec's section of the spec, before allocating by it.
        """


class Params:
    """A tensor section's ``params``, read key by key; :meth:`done` refuses leftovers."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = dict(values)
        self._where = where

    def _take(self, key: str, kind: type) -> Any:
        value = self._values.pop(key, None)
        if type(value) is not kind:
            raise MalformedError(
                f"{self._where}: parameter {key!a} is missing or no {kind.__name__}"
            )
        return value

    def has(self, key: str) -> bool:
        return key in self._values

    def integer(self, key: str, low: int, high: int) -> int:
        value = int(self._take(key, int))
        if not low <= value <= high:
            raise MalformedError(f"{self._where}: parameter {key!a} is not in {low}..{high}")
        return value

    def integers(self, key: str, low: int, high: int) -> list[int]:
        """An array of integers, each in low..high."""
        values = self._take(key, list)
        if not all(type(value) is int and low <= value <= high for value in values):
            raise MalformedError(f"{self._where}: parameter {key!a} is not all in {low}..{high}")
        return list(values)

    def text(self, key: str) -> str:
        return str(self._take(key, str))

    def choice(self, key: str, known: Sequence[str]) -> str:
        """One of the texts ``known``."""
        value = self.text(key)
        if value not in known:
            raise MalformedError(f"{self._where}: parameter {key!a} is not {' or '.join(known)}")
        return value

    def map(self, key: str) -> Params:
        """The parameters of a map within this one."""
        return Params(self._take(key, dict), f"{self._where}, {key}")

    def number(self, key: str) -> float:
        """A finite float64."""
        value = float(self._take(key, float))
        if not math.isfinite(value):
            raise MalformedError(f"{self._where}: parameter {key!a} is not finite")
        return value

    def scale(self, key: str) -> np.float32:
        """A float32 in [2^-100, 2^100] (SPEC 6.2)."""
        value = float(self._take(key, float))
        if not SCALE_MIN <= value <= SCALE_MAX or float(np.float32(value)) != value:
            raise MalformedError(f"{self._where}: parameter {key!a} is no legal scale")
        return np.float32(value)

    def done(self) -> None:
        if self._values:
            keys = ", ".join(sorted(map(ascii, self._values)))[:200]
            raise MalformedError(f"{self._where}: unknown parameters {keys}")


def view(
    part: bytes | bytearray | memoryview, dtype: str, count: int, what: str
) -> npt.NDArray[Any]:
    """``part`` as a read-only array of exactly ``count`` items, MalformedError otherwise."""
    kind = np.dtype(dtype)
    nbytes = memoryview(part).nbytes
    if nbytes != count * kind.itemsize:
        raise MalformedError(f"{what} has {nbytes} bytes, not {count} x {kind.itemsize}")
    return np.frombuffer(part, kind)


def allocate(shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An uninitialised array; LimitError if the machine has no room for it."""
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError):
        raise LimitError(f"a tensor of shape {shape} does not fit in memory") from None


def plain_bytes(data: Array) -> memoryview | bytes:
    """The bytes of an array in C order."""
    flat = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
    return flat.data if flat.size else b""


def coded_bytes(coded: Coded) -> int:
    """Bytes of all parts, before zstd."""
    return sum(memoryview(p.data).nbytes for p in coded.parts)


def check_accepted(codec: Codec, entry: Entry, name: str) -> None:
    """MalformedError if a file states a codec for a tensor that it can't hold."""
    if not codec.accepts(entry):
        raise MalformedError(f"{name} can't hold a tensor of {entry.dtype} and {entry.shape}")


def fits(coded: Coded, entry: Entry) -> bool:
    """True if the parts are no more than a section may hold (SPEC 5.1)."""
    return coded_bytes(coded) <= entry.nbytes + entry.nbytes // 8 + (1 << 16)


def check_size(coded: Coded, entry: Entry) -> None:
    """NotCodableError if the parts are more than a section may hold."""
    if not fits(coded, entry):
        raise NotCodableError("takes more bytes coded than plain")


def expect_parts(parts: Buffers, count: int, codec: str) -> None:
    if len(parts) != count:
        raise MalformedError(f"{codec}: {len(parts)} parts where {count} belong")


def storage(entry: Entry) -> np.dtype[Any]:
    return np.dtype(DTYPES[entry.dtype].storage)


def rows_of(entry: Entry) -> int:
    """Rows of the tensor as a matrix: its first dimension, or 1."""
    return entry.shape[0] if len(entry.shape) > 1 else 1


def columns_of(entry: Entry) -> int:
    """Columns of the tensor as a matrix (a convolution's kernel unfolded)."""
    return math.prod(entry.shape[1:]) if len(entry.shape) > 1 else entry.size
