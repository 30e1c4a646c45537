"""Integers coded with a table of their own: what the lossy codecs share (SPEC 6.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import rans
from seedtool.codecs import base
from seedtool.codecs.base import Buffers, Params
from seedtool.errors import MalformedError
from seedtool.floats import F32
from seedtool.seed import Part

LARGEST = 1 << 30  # magnitude of an integer

I32 = npt.NDArray[np.int32]


def entropy(indices: I32) -> float:
    """Order-0 entropy in bits per index; 24 if they span more than 2^24."""
    low = int(indices.min(initial=0))
    if int(indices.max(initial=0)) - low > 1 << 24:
        return 24.0
    return _entropy(np.bincount(indices.reshape(-1) - low))


def _entropy(counts: npt.NDArray[Any]) -> float:
    share = counts[counts > 0] / max(int(counts.sum()), 1)
    return float(-(share * np.log2(share)).sum())


def encode(indices: I32) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Integers of magnitude up to 2^30, one-dimensional, as (params, parts).

    The parts are the table, the words and, if any, the escapes: integers
    further from the median than a table reaches.
    """
    low, high = (int(indices.min()), int(indices.max())) if indices.size else (0, 0)
    escapes = np.empty(0, np.int32)
    symbols = indices
    if high - low >= rans.SYMBOLS_MAX:
        centre = int(np.median(indices))
        low = max(centre - rans.SYMBOLS_MAX // 2 + 1, -LARGEST)
        high = low + rans.SYMBOLS_MAX - 2
        outside = (indices < low) | (indices > high)
        escapes = indices[outside]
        symbols = np.where(outside, np.int32(high + 1), indices)
    short = (symbols - np.int32(low)).astype(np.uint16)
    counts = np.bincount(short, minlength=1) if short.size else np.ones(1, np.int64)
    table = rans.normalise(counts)
    lanes = rans.lanes_for(short.size, _entropy(counts))
    words, tail = rans.encode(short, table, lanes)
    parts = [Part(table.astype("<u2").tobytes()), Part(words.astype("<u2").tobytes(), packed=True)]
    if escapes.size:
        parts.append(Part(escapes.astype("<i4").tobytes()))
    return {"lanes": lanes, "low": low, "tail": tail}, tuple(parts)


def decode(params: Params, parts: Buffers, count: int, step: np.float32) -> F32:
    """``count`` coded integers, each as float32 times ``step``, one-dimensional float32.

    Takes every parameter that is left in ``params``. MalformedError for what
    :func:`encode` would not write.
    """
    lanes = params.integer("lanes", 1, rans.LANES_MAX)
    low = params.integer("low", -LARGEST, LARGEST)
    tail = params.integer("tail", 0, count)
    params.done()
    if len(parts) not in (2, 3):
        raise MalformedError(f"coded integers have {len(parts)} parts, not 2 or 3")
    symbols = memoryview(parts[0]).nbytes // 2
    if not 1 <= symbols <= rans.SYMBOLS_MAX:
        raise MalformedError("coded integers have a table of no or too many symbols")
    table = base.view(parts[0], "<u2", symbols, "a frequency table").astype(np.uint16)
    words = base.view(parts[1], "<u2", memoryview(parts[1]).nbytes // 2, "coded words")
    values = base.allocate(count, np.float32)
    with np.errstate(over="ignore"):
        alphabet = np.arange(low, low + symbols, dtype=np.int64).astype(np.float32) * step
        if len(parts) == 2:
            rans.decode(words, table, lanes, tail, alphabet, values)
            return values
        alphabet[-1] = np.nan
        rans.decode(words, table, lanes, tail, alphabet, values)
        escaped = np.flatnonzero(np.isnan(values))
        raw = base.view(parts[2], "<i4", escaped.size, "escaped integers")
        values[escaped] = raw.astype(np.float32) * step
    return values
