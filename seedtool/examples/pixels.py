"""Images coded small: coefficients by the trellis codec, or what is smaller at no more error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import codecs
from seedtool.codecs import base
from seedtool.codecs.base import Buffers, Coded, Params
from seedtool.errors import LimitError, MalformedError
from seedtool.examples import cosines, mosaics
from seedtool.examples.sizes import DECODED_MAX, written
from seedtool.seed import Entry, Part

SIDE_MAX = 1 << 14
CHANNELS_MAX = 16
BLOCK = 1 << 20  # coefficients taken back at a time
STEP_MAX = 1 << 12
LEFT_OUT = 0.4  # steps of a coefficient's deviation below which none of it is kept
RATE_WEIGHT = 0.35  # squared steps a bit is worth: least error at equal bytes among 0.1 to 0.8
FORMS = ("cosines", "plain", *mosaics.ENDINGS)

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]


def encode(pixels: U8, step: int) -> Coded:
    """uint8 [n, height, width] or [n, height, width, channels] in the smallest form.

    ``step``: of the coefficients, in values of a pixel (1 to 4096); 0 keeps every bit. Other
    forms than coefficients count where their mean squared error is no more; those of Pillow are
    tried where it is installed.
    """
    found = [_plain(pixels)]
    most = 0.0
    if step and max(pixels.shape[1:]) <= cosines.SIDE_MAX:
        coded = _cosines(pixels, step)
        most = error(pixels, decode(len(pixels), Params(coded.params, ""), buffers(coded)))
        found.append(coded)
    found += [
        Coded({"form": form, "shape": list(pixels.shape[1:])}, (Part(data, packed=True),))
        for form, data in mosaics.candidates(pixels, most)
    ]
    return min(found, key=lambda coded: written(coded.parts))


def decode(count: int, params: Params, parts: Buffers) -> U8:
    """``count`` images; MalformedError or LimitError for what :func:`encode` would not write."""
    form = params.choice("form", FORMS)
    shape = tuple(params.integers("shape", 1, SIDE_MAX))
    if len(shape) not in (2, 3) or shape[2:] > (CHANNELS_MAX,):
        raise MalformedError("examples: images are not of height, width and few channels")
    if count * math.prod(shape) > DECODED_MAX:
        raise LimitError(f"examples: the images take over {DECODED_MAX} bytes")
    if form == "cosines":
        return _from_cosines(count, shape, params, parts)
    if form == "plain":
        return _from_plain(Entry("inputs", "U8", (count, *shape)), params, parts)
    params.done()
    base.expect_parts(parts, 1, "examples")
    return mosaics.decode(form, bytes(parts[0]), (count, *shape))


def error(pixels: U8, other: U8) -> float:
    """Mean squared difference, in squared values of a pixel."""
    return float(np.mean(np.square(pixels.astype(np.float64) - other)))


def buffers(coded: Coded) -> list[bytes | bytearray | memoryview]:
    return [part.data for part in coded.parts]


def _plain(pixels: U8) -> Coded:
    """Every bit: differences along no axis, the width, or height and width."""
    found = []
    for axes in range(3):
        entry = Entry("inputs", "U8", pixels.shape)
        coded = codecs.load("lossless").encode(entry, _differences(pixels, axes), None)
        params = {"axes": axes, "form": "plain", "shape": list(pixels.shape[1:])}
        found.append(Coded({**params, "values": coded.params}, coded.parts))
    return min(found, key=lambda coded: written(coded.parts))


def _differences(pixels: U8, axes: int) -> U8:
    made = pixels
    for axis in (2, 1)[:axes]:
        made = np.diff(made, axis=axis, prepend=np.uint8(0))
    return np.ascontiguousarray(made)


def _from_plain(entry: Entry, params: Params, parts: Buffers) -> U8:
    axes = params.integer("axes", 0, 2)
    inner = params.map("values")
    params.done()
    made: U8 = codecs.load("lossless").decode(entry, inner, parts).view(np.uint8)
    for axis in (1, 2)[2 - axes :]:
        made = np.cumsum(made, axis=axis, dtype=np.uint8)
    return made


def _cosines(pixels: U8, step: int) -> Coded:
    made = cosines.forward(pixels).reshape(len(pixels), -1)
    mean = np.rint(made.mean(axis=0))
    centred = (made - mean).astype(np.float32)
    spread = np.sqrt(np.mean(np.square(centred, dtype=np.float64), axis=0))
    kept = spread > LEFT_OUT * step
    params: dict[str, Any] = {"form": "cosines", "shape": list(pixels.shape[1:])}
    parts: tuple[Part, ...] = (
        Part(np.packbits(kept, bitorder="little").tobytes()),
        Part(mean.astype("<i4").view("<u1").reshape(-1, 4).T.tobytes()),  # bytes of alike weight
    )
    if kept.any():
        values = np.ascontiguousarray(centred[:, kept])
        codec = codecs.load("trellis")
        entry = Entry("inputs", "F32", values.shape)
        options = codec.Options(step=float(step), states=1, rate_weight=RATE_WEIGHT)
        coded = codec.encode(entry, values, options)
        params["values"] = coded.params
        parts += coded.parts
    return Coded(params, parts)


def _from_cosines(count: int, shape: tuple[int, ...], params: Params, parts: Buffers) -> U8:
    if max(shape) > cosines.SIDE_MAX:
        raise LimitError(f"examples: a side is over {cosines.SIDE_MAX} pixels")
    size = math.prod(shape)
    if len(parts) < 2:
        raise MalformedError("examples: parts are missing")
    flags = np.unpackbits(base.view(parts[0], "|u1", -(-size // 8), "a mask"), bitorder="little")
    if flags[size:].any():
        raise MalformedError("examples: a mask has bits after its last")
    kept = flags[:size].astype(bool)
    mean = base.view(parts[1], "|u1", 4 * size, "a mean").reshape(4, size).T
    centre = np.ascontiguousarray(mean).view("<i4").reshape(-1).astype(np.float64)
    values = np.empty((count, 0), np.float32)
    if kept.any():
        inner = params.map("values")
        entry = Entry("inputs", "F32", (count, int(kept.sum())))
        values = codecs.load("trellis").decode(entry, inner, parts[2:]).view(np.float32)
    else:
        base.expect_parts(parts, 2, "examples")
    params.done()
    out = np.empty((count, *shape), np.uint8)
    rows = max(1, BLOCK // size)
    for at in range(0, count, rows):
        block = values[at : at + rows]
        if not np.all(np.rint(block) == block):
            raise MalformedError("examples: a coefficient is no integer")
        made = np.tile(centre, (len(block), 1))
        made[:, kept] += block
        out[at : at + rows] = cosines.inverse(made.reshape(-1, *shape))
    return out
