"""Which tensor of a seed an exported initializer is: by name, then by its values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool.floats import CODABLE, to_float32
from seedtool.seed import DTYPES, Entry

Array = npt.NDArray[np.generic]
Read = Callable[[Entry], Array]


@dataclass(frozen=True)
class Match:
    """The tensor ``entry`` with its axes permuted; cast to float32 if ``dtype`` differs."""

    entry: Entry
    perm: tuple[int, ...]


class Matcher:
    """Finds tensors by name and values. Values always decide: equal to the bit."""

    def __init__(self, entries: Sequence[Entry], read: Read) -> None:
        self._entries = [e for e in entries if e.same is None]
        self._alias = {e.name: entries[e.same] if e.same is not None else e for e in entries}
        self._read = read
        self._hashed: dict[tuple[int, ...], dict[bytes, Match]] = {}

    def find(self, name: str, dtype: str, values: Array) -> Match | None:
        """The tensor that holds ``values`` (storage of ``dtype``), or None.

        ``name`` is the one in the module that was exported. The seed's may
        lack, or have, the name of a part that holds the whole model.
        """
        akin = [name] if name in self._alias else self._akin(name)
        for entry in (self._alias[known] for known in akin):
            fits = entry.shape == values.shape and _may_be(entry, dtype)
            if fits and np.array_equal(_bits(self._widened(entry, dtype)), _bits(values)):
                return Match(entry, ())
        return self._by_values(dtype, values)

    def _akin(self, name: str) -> list[str]:
        return [k for k in self._alias if k.endswith(f".{name}") or name.endswith(f".{k}")]

    def _widened(self, entry: Entry, dtype: str) -> Array:
        array = self._read(entry)
        return array if entry.dtype == dtype else to_float32(array, entry.dtype)

    def _by_values(self, dtype: str, values: Array) -> Match | None:
        """Also transposed: matrices are hashed both ways, each tensor once for a form."""
        form = tuple(sorted(values.shape))
        key = (*form, DTYPES[dtype].itemsize, int(DTYPES[dtype].is_float))
        if key not in self._hashed:
            found: dict[bytes, Match] = {}
            for entry in self._entries:
                if tuple(sorted(entry.shape)) != form or not _may_be(entry, dtype):
                    continue
                array = self._widened(entry, dtype)
                if array.ndim == 2:
                    found.setdefault(_digest(array.T), Match(entry, (1, 0)))
                found[_digest(array)] = Match(entry, ())
            self._hashed[key] = found
        return self._hashed[key].get(_digest(values))


def _may_be(entry: Entry, dtype: str) -> bool:
    return entry.dtype == dtype or (dtype == "F32" and entry.dtype in CODABLE)


def _bits(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _digest(array: Array) -> bytes:
    shape = repr(array.shape).encode()
    return hashlib.sha256(shape + _bits(array).tobytes()).digest()
