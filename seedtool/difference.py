"""A tensor as a difference to its namesake in the base (SPEC 6.11).

``sum``: float32 values that are added to the base's, for lossy codecs.
``words``: the elements' bits as unsigned integers, less the base's: nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.codecs import base
from seedtool.codecs.base import Array
from seedtool.errors import MalformedError
from seedtool.floats import BLOCK, CODABLE, F32, from_float32, to_float32
from seedtool.seed import SUM, WORDS, Entry
from seedtool.tensors import Tensors

Words = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Namesake:
    """The base's tensor of a name, and its values in storage dtype."""

    entry: Entry
    values: Array

    def takes(self, entry: Entry, kind: str) -> bool:
        """True if ``entry``, which has this one's shape, can be a difference of that kind."""
        if kind == SUM:
            return {entry.dtype, self.entry.dtype} <= CODABLE
        return self.entry.dtype == entry.dtype

    def equals(self, entry: Entry, data: Array) -> bool:
        """True if a tensor of that form and values agrees with this one in every bit."""
        return self.takes(entry, WORDS) and np.array_equal(_words(data), _words(self.values))


def find(entry: Entry, model: Tensors | None) -> Namesake | None:
    """The base's tensor of the same name and shape, None if it has none."""
    other = model.entries.get(entry.name) if model else None
    if model is None or other is None or other.shape != entry.shape:
        return None
    return Namesake(other, model.read(entry.name))


def coded_entry(entry: Entry, kind: str) -> Entry:
    """The tensor that a codec codes for ``entry``."""
    return replace(entry, dtype="F32") if kind == SUM else entry


def subtract(entry: Entry, data: Array, other: Namesake, kind: str) -> Array:
    """The difference of ``data`` to the base's tensor, of the form of :func:`coded_entry`."""
    if kind == WORDS:
        words: Words = _words(data) - _words(other.values)
        return words.view(base.storage(entry)).reshape(entry.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        return to_float32(data, entry.dtype) - to_float32(other.values, other.entry.dtype)


def add(entry: Entry, difference: Array, other: Namesake, kind: str) -> Array:
    """The tensor of its difference, in the entry's storage dtype.

    MalformedError if a sum is not a number, whose bits no two machines agree on.
    """
    if kind == WORDS:
        words: Words = _words(difference) + _words(other.values)
        return words.view(base.storage(entry)).reshape(entry.shape)
    out: F32 = base.allocate(entry.shape, np.float32)
    sums, before, change = out.reshape(-1), other.values.reshape(-1), difference.reshape(-1)
    for at in range(0, entry.size, BLOCK):
        block = sums[at : at + BLOCK]
        with np.errstate(over="ignore", invalid="ignore"):
            block[...] = to_float32(before[at : at + BLOCK], other.entry.dtype)
            block += to_float32(change[at : at + BLOCK], "F32")
        if np.isnan(block).any():
            raise MalformedError(f"tensor {entry.name!a} adds up to what is no number")
    with np.errstate(over="ignore"):
        return from_float32(out, entry.dtype)


def _words(values: Array) -> Words:
    flat = np.ascontiguousarray(values).reshape(-1)
    return flat.view(f"<u{flat.dtype.itemsize}")
