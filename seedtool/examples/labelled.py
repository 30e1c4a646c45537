"""Labelled examples as plain values, whose content a digest names, and their division."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seedtool import chacha
from seedtool.errors import UsageError
from seedtool.seed import MIB

EXAMPLES_MAX = 1 << 22  # of one data set
BYTES_MAX = 4096 * MIB  # of its inputs in memory
CLASSES_MAX = 4096
RANK_MAX = 4  # of an array of inputs, the examples' axis among them

Kind = Literal["class", "value", "vector", "tags", "none"]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
Inputs = npt.NDArray[Any] | tuple[str, ...]
Labels = I64 | F32 | tuple[I64, ...] | None


@dataclass(frozen=True)
class Examples:
    """``inputs`` with one label each.

    ``inputs``: images, uint8 [n, height, width] or [n, height, width, channels]; numbers,
    float32 [n, ...]; or n texts. ``labels``: int64 [n], classes; float32 [n], values; float32
    [n, d], vectors; int64 [words] for each text, tags of its words, which white space
    divides; or None, where the inputs are all there is. ``soft``: float32 [n, classes], a
    teacher's probabilities, or None. ``classes``: names of classes or of tags, in the order of
    the outputs.
    """

    inputs: Inputs
    labels: Labels = None
    soft: F32 | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.inputs)
        if self.labels is not None and len(self.labels) != count:
            raise UsageError(f"there are {count} examples, but {len(self.labels)} labels")
        if self.soft is not None and self.soft.shape[:1] != (count,):
            raise UsageError(f"there are {count} examples, but {len(self.soft)} soft labels")

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def kind(self) -> Kind:
        """What a label is."""
        if self.labels is None:
            return "none"
        if isinstance(self.labels, tuple):
            return "tags"
        if self.labels.dtype == np.int64:
            return "class"
        return "value" if self.labels.ndim == 1 else "vector"

    def take(self, rows: Sequence[int] | I64) -> Examples:
        """The examples of these rows, in their order."""
        index = np.asarray(rows, np.int64)
        return replace(
            self,
            inputs=_rows(self.inputs, index),
            labels=None if self.labels is None else _rows(self.labels, index),
            soft=None if self.soft is None else self.soft[index],
        )

    def digest(self) -> bytes:
        """SHA-256 of the content: the same wherever and in whatever file it was.

        Of a line of text that states kinds, dtypes and shapes, then the inputs, labels, soft
        labels and class names; numbers little-endian and in C order, texts as UTF-8 with
        their length in bytes before them as a u32.
        """
        hashed = hashlib.sha256()
        for value in (self.inputs, self.labels, self.soft, self.classes):
            _hash(hashed, value)
        return hashed.digest()


def divide(count: int, share: float, seed: int) -> tuple[I64, I64]:
    """Rows to learn from and rows held out, ``share`` of all, disjoint and ascending.

    Drawn by ChaCha8 from ``seed``, alike everywhere. UsageError if either would be empty.
    """
    held = round(count * share)
    if share and not 0 < held < count:
        raise UsageError(f"{share:.0%} of {count} examples can't be held out")
    order = shuffled(count, seed)
    return np.sort(order[held:]), np.sort(order[:held])


def shuffled(count: int, seed: int) -> I64:
    """The numbers 0 to ``count`` - 1 in an order that ``seed`` draws."""
    order: I64 = np.argsort(chacha.words(seed, b"examples", 0, count), kind="stable")
    return order


def _rows(values: Any, index: I64) -> Any:
    return tuple(values[i] for i in index) if isinstance(values, tuple) else values[index]


def _hash(hashed: Any, value: Any) -> None:
    match value:
        case None:
            hashed.update(b"none\n")
        case np.ndarray():
            hashed.update(f"array {value.dtype.name} {list(value.shape)}\n".encode())
            hashed.update(np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes())
        case tuple():
            hashed.update(f"list {len(value)}\n".encode())
            for item in value:
                if isinstance(item, str):
                    data = item.encode("utf-8", "surrogatepass")
                    hashed.update(struct.pack("<I", len(data)) + data)
                else:
                    _hash(hashed, item)
