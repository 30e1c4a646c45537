"""Finite numbers, coded with loss or without: inputs that are numbers, labels that are vectors."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import codecs
from seedtool.codecs import base
from seedtool.codecs.base import Buffers, Coded, Params
from seedtool.errors import LimitError, MalformedError
from seedtool.examples.labelled import F32
from seedtool.examples.sizes import DECODED_MAX
from seedtool.seed import Entry

CODECS = ("lossless", "trellis")

Array = npt.NDArray[Any]


def encode(values: Array, bits: float) -> Coded:
    """``values`` [n, ...] as float32 at ``bits`` a number; 0 keeps every bit.

    Those that can't be coded at so many bits, being too few or too far apart, keep every bit too.
    """
    plain = np.ascontiguousarray(values, "<f4")
    entry = Entry("numbers", "F32", plain.shape)
    if bits:
        codec = codecs.load("trellis")
        with contextlib.suppress(base.NotCodableError):
            return _named("trellis", codec.encode(entry, plain, codec.Options(bits=bits)))
    return _named("lossless", codecs.load("lossless").encode(entry, plain, None))


def _named(name: str, coded: Coded) -> Coded:
    return Coded({"codec": name, "values": coded.params}, coded.parts)


def decode(shape: tuple[int, ...], name: str, params: Params, parts: Buffers, what: str) -> F32:
    """float32 of ``shape``, all finite, by the codec ``name``; MalformedError, LimitError."""
    entry = Entry(what, "F32", shape)
    if entry.nbytes > DECODED_MAX:
        raise LimitError(f"examples: the {what} take over {DECODED_MAX} bytes")
    values: F32 = codecs.load(name).decode(entry, params, parts).view(np.float32)
    if not np.isfinite(values).all():
        raise MalformedError(f"examples: the {what} are not all finite")
    return values
