"""The kernels in C that do what numpy does, several times faster: same points, words and errors.

``seedtool/kernels`` is compiled when the package is installed where there is a
compiler, GCC or clang. Without them, or with SEED_NO_ACCELERATOR=1, numpy does
everything. They are called through ctypes: nothing in them depends on Python.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedtool.errors import MalformedError

OFF: Final = "SEED_NO_ACCELERATOR"
VERSION = 2  # of what the kernels are given; kernels/module.c has it too
LANES = 32  # that the search takes at a time, BLOCK in kernels/viterbi.c
COLUMNS_MAX = 64  # that a block of feedback may have; kernels/feedback.c has it too
WIDTHS = (1, 2, 4)  # of elements that decoding can write, bytes
SYMBOLS_MAX = 1 << 15

Array = npt.NDArray[Any]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
Ints = npt.NDArray[np.intp] | I32
U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]

_ARRAY, _SIZE, _INT, _FLOAT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32, ctypes.c_float
_STREAM = (_ARRAY, _SIZE, _SIZE, _ARRAY, _INT)
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "seedtool_search": (_ARRAY, _ARRAY, _SIZE, _SIZE, _ARRAY, *3 * [_INT], *5 * [_ARRAY]),
    "seedtool_feedback": (*4 * [_ARRAY], _INT, _SIZE, _ARRAY, _INT, _INT, *5 * [_ARRAY]),
    "seedtool_walk": (*_STREAM, *3 * [_ARRAY], _SIZE, _FLOAT, _ARRAY, _SIZE),
    "seedtool_decode": (*_STREAM, _ARRAY, _SIZE, _ARRAY, _ARRAY, _INT, _SIZE),
    "seedtool_encode": (_ARRAY, _SIZE, *2 * [_ARRAY], _SIZE, _INT, _ARRAY, _SIZE, _ARRAY),
}
_COUNTING = ("seedtool_walk", "seedtool_decode", "seedtool_encode")  # words


def kernels() -> Kernels | None:
    """The kernels, or None if they are switched off or not built."""
    return None if os.environ.get(OFF, "0") not in ("", "0") else _built()


@cache
def _built() -> Kernels | None:
    found = find_spec("seedtool._kernels")
    return load(found.origin) if found and found.origin else None


def load(path: str) -> Kernels | None:
    """The kernels of a library; None if it is another machine's, another version's or no such."""
    try:
        library = ctypes.CDLL(path)
        if library.seedtool_kernels_version() != VERSION:
            return None
        for name, arguments in _ARGUMENTS.items():
            function = getattr(library, name)
            function.argtypes = arguments
            function.restype = ctypes.c_int64 if name in _COUNTING else None
    except (OSError, AttributeError):
        return None
    return Kernels(library)


def slots(frequencies: U16 | U32, symbols: Array, turns: Array) -> U64:
    """Tables as decoding wants them, one element a slot, tables one after the other.

    ``frequencies``, ``symbols`` and ``turns``: one an entry of the tables. A symbol is what
    a kernel knows it by, modulo 2^16; turns are of a trellis's state, below 2^16.
    """
    start = np.cumsum(frequencies, dtype=np.uint64) - frequencies.astype(np.uint64)
    entry = frequencies.astype(np.uint64)
    entry |= symbols.astype(np.uint16).astype(np.uint64) << np.uint64(32)
    entry |= turns.astype(np.uint64) << np.uint64(48)
    entry -= start << np.uint64(16)  # may wrap, until each slot's place is added
    every: U64 = np.repeat(entry, frequencies)
    every += np.arange(every.size, dtype=np.uint64) << np.uint64(16)
    return every


class Kernels:
    """Each method is the kernel of its name; what it does is told where numpy does it."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def search(self, values: F32, rates: F32, before: I32, subset: I32, classes: U8 | None) -> I16:
        """:func:`seedtool.viterbi.search`, with ``before`` and ``subset`` of its states."""
        values, rates = _whole(values, np.float32), _whole(rates, np.float32)
        before, subset = _whole(before, np.int32), _whole(subset, np.int32)
        classes = None if classes is None else _whole(classes, np.uint8)
        steps, lanes = values.shape
        second = np.empty((steps, LANES), np.uint32)
        near = np.empty((steps, 4, LANES), np.int16)
        points = np.empty(values.shape, np.int16)
        self._library.seedtool_search(
            values.ctypes.data,
            None if classes is None else classes.ctypes.data,
            steps,
            lanes,
            rates.ctypes.data,
            *rates.shape,
            len(before),
            before.ctypes.data,
            subset.ctypes.data,
            second.ctypes.data,
            near.ctypes.data,
            points.ctypes.data,
        )
        return points

    def feed_back(
        self,
        left: F32,
        steps: F32,
        upper: F32,
        rates: F32,
        place: Ints,
        state: Ints,
        before: Ints,
        subset: Ints,
    ) -> tuple[I16, F32, npt.NDArray[np.intp]]:
        """A block of :mod:`seedtool.feedback`, at most COLUMNS_MAX columns."""
        columns, rows = left.shape
        if columns > COLUMNS_MAX:
            raise ValueError(f"a block of {columns} columns")
        left, steps = _whole(left, np.float32), _whole(steps, np.float32)
        place = _whole(np.broadcast_to(place, left.shape), np.int32)
        spread = np.zeros((columns, COLUMNS_MAX), np.float32)
        spread[:, :columns] = upper
        rates = _whole(rates, np.float32)
        before, subset = _whole(before, np.int32), _whole(subset, np.int32)
        last = np.array(state, np.int32)
        points = np.empty(left.shape, np.int16)
        errors = np.empty(left.shape, np.float32)
        self._library.seedtool_feedback(
            left.ctypes.data,
            steps.ctypes.data,
            place.ctypes.data,
            spread.ctypes.data,
            columns,
            rows,
            rates.ctypes.data,
            rates.size,
            len(before),
            before.ctypes.data,
            subset.ctypes.data,
            last.ctypes.data,
            points.ctypes.data,
            errors.ctypes.data,
        )
        return points, errors, last.astype(np.intp)

    def walk(
        self,
        words: U16,
        places: U64,
        bits: int,
        classes: U8 | None,
        states: U32,
        step: np.float32,
        out: F32,
    ) -> int:
        """One stream after its first states, which become the last ones; the words used.

        ``places``: :func:`slots`, of half points and turns; ``classes`` choose among their tables.
        MalformedError if the words end too early.
        """
        words = _whole(words, np.uint16)
        walkers = np.zeros(states.size, np.uint16)
        if classes is not None:
            classes = _whole(classes, np.uint8)
            if int(classes.max(initial=0)) >= places.size >> (bits + 1):
                raise IndexError("a class without tables")
        used: int = self._library.seedtool_walk(
            words.ctypes.data,
            words.size,
            2 * states.size,
            places.ctypes.data,
            bits,
            None if classes is None else classes.ctypes.data,
            states.ctypes.data,
            walkers.ctypes.data,
            states.size,
            float(step),
            out.ctypes.data,
            out.size,
        )
        return _enough(used)

    @staticmethod
    def decodes(frequencies: U16, values: Array, out: Array) -> bool:
        """Whether :meth:`decode` has a loop for these arrays."""
        return (
            frequencies.size <= min(values.size, SYMBOLS_MAX)
            and values.dtype == out.dtype
            and out.dtype.itemsize in WIDTHS
            and out.flags.c_contiguous
        )

    def decode(
        self, words: U16, places: U64, bits: int, states: U32, values: Array, out: Array
    ) -> int:
        """As :meth:`walk`, without a trellis: ``out`` takes ``values`` of the symbols."""
        words = _whole(words, np.uint16)
        values = _whole(values, values.dtype)
        used: int = self._library.seedtool_decode(
            words.ctypes.data,
            words.size,
            2 * states.size,
            places.ctypes.data,
            bits,
            states.ctypes.data,
            states.size,
            values.ctypes.data,
            out.ctypes.data,
            out.itemsize,
            out.size,
        )
        return _enough(used)

    def encode(self, symbols: Array, table: U32, start: U32, bits: int, states: U32) -> U16 | None:
        """The words of ``symbols`` but for the last states, which ``states`` become.

        None for a symbol that the table lacks.
        """
        symbols = _whole(symbols, np.uint32)
        table, start = _whole(table, np.uint32), _whole(start, np.uint32)
        room = np.empty(symbols.size, np.uint16)
        at: int = self._library.seedtool_encode(
            symbols.ctypes.data,
            symbols.size,
            table.ctypes.data,
            start.ctypes.data,
            table.size,
            bits,
            states.ctypes.data,
            states.size,
            room.ctypes.data,
        )
        return None if at < 0 else room[at:]


def _enough(used: int) -> int:
    if used < 0:
        raise MalformedError("a coded stream ends too early")
    return used


def _whole(array: Array, dtype: npt.DTypeLike) -> Array:
    """The array as C reads it: contiguous, aligned, this machine's bytes."""
    return np.require(array, dtype, ["C", "A"])
