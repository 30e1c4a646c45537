"""Finite numbers, coded with loss or without: inputs that are numbers, labels that are vectors."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import codecs, grid
from seedtool.codecs import base
from seedtool.codecs.base import Buffers, Coded, Params
from seedtool.errors import LimitError, MalformedError
from seedtool.examples.labelled import F32
from seedtool.examples.sizes import DECODED_MAX
from seedtool.seed import Entry, Part

CODECS = ("lossless", "trellis")

Array = npt.NDArray[Any]


def encode(values: Array, bits: float, *, directions: bool = False) -> Coded:
    """``values`` [n, ...] as float32 at ``bits`` a number; 0 keeps every bit.

    ``directions``: each example is coded in steps of its own length, so that a short one has no
    larger angle to what it was. Those that can't be coded at so many bits, being too few or too
    far apart, keep every bit too.
    """
    plain = np.ascontiguousarray(values, "<f4")
    entry = Entry("numbers", "F32", plain.shape)
    if bits:
        codec = codecs.load("trellis")
        options = codec.Options(bits=bits)
        with contextlib.suppress(base.NotCodableError):
            if not directions:
                return _named("trellis", codec.encode(entry, plain, options))
            steps = _lengths(plain)
            unit = plain / grid.steps_of(steps)[:, None]
            return _named("trellis", _in_steps(codec.encode(entry, unit, options), steps))
    return _named("lossless", codecs.load("lossless").encode(entry, plain, None))


def _lengths(values: F32) -> grid.Codes:
    """The root mean square of each row as a step's code; of a row of zeros the largest."""
    power = np.sqrt(np.mean(np.square(values, dtype=np.float64), axis=1))
    return grid.codes_of(np.where(power > 0, power, power.max() or 1.0))


def _in_steps(coded: Coded, steps: grid.Codes) -> Coded:
    """What the codec `trellis` made of rows, which were divided by these steps (SPEC 6.10)."""
    low = int(steps.min())
    part = Part((steps - np.uint32(low)).astype(np.uint8).tobytes())
    return Coded({**coded.params, "row_step": low}, (*coded.parts, part))


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
