"""One tensor <-> one section: coded, decoded again and measured; decoded and checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from seedtool import codecs
from seedtool.codecs.base import Array, NotCodableError, Params, storage
from seedtool.errors import DigestError, LimitError, MalformedError
from seedtool.floats import CODABLE, to_float32
from seedtool.plan import Choice
from seedtool.seed import Entry, Section

BLOCK = 1 << 20  # elements compared at a time
TENSOR_MAX = 16 << 30  # bytes of a decoded tensor, unless the caller says otherwise


@dataclass(frozen=True)
class Measure:
    """What coding one tensor cost and kept.

    ``plain`` and ``coded`` are bytes, ``signal`` and ``error`` sums of squares
    (0 for integers); ``note`` says why another codec was taken than asked.
    """

    name: str
    codec: str
    elements: int
    plain: int
    coded: int
    signal: float
    error: float
    note: str = ""


def encode(entry: Entry, data: Array, choice: Choice) -> tuple[Section, Measure]:
    """A tensor's section, decoded once to prove and measure it."""
    note = ""
    while True:
        codec = codecs.load(choice.codec)
        try:
            coded = codec.encode(entry, data, choice.options)
            break
        except NotCodableError as e:
            note = note or str(e)
            choice = Choice(e.instead, codecs.load(e.instead).Options(**e.settings))
    back = codec.decode(entry, Params(coded.params, entry.name), [p.data for p in coded.parts])
    signal, error = _energies(entry, data, back)
    fields = {"check": check(back), "codec": choice.codec, "params": coded.params}
    size = sum(memoryview(p.data).nbytes for p in coded.parts)
    measure = Measure(entry.name, choice.codec, entry.size, entry.nbytes, size, signal, error, note)
    return Section("tensor", fields, coded.parts), measure


def decode(entry: Entry, section: Section, *, limit: int = TENSOR_MAX) -> Array:
    """The values of a tensor section, in storage dtype and shape.

    ``limit``: bytes of the largest tensor that the caller takes. LimitError
    above it, DigestError if the values are not those that were measured.
    """
    if entry.nbytes > limit:
        raise LimitError(
            f"tensor {entry.name!a} would take {entry.nbytes} bytes, over the limit of {limit}",
            hint="--max-tensor raises the limit",
        )
    codec = codecs.load(section.fields["codec"])
    if not codec.accepts(entry):
        raise MalformedError(
            f"tensor {entry.name!a}: codec {section.fields['codec']} can't hold {entry.dtype}"
        )
    params = Params(section.fields["params"], f"tensor {entry.name!a}")
    try:
        data = codec.decode(entry, params, [p.data for p in section.parts])
    except MemoryError:
        raise LimitError(f"tensor {entry.name!a} does not fit in memory") from None
    if data.dtype != storage(entry) or data.shape != entry.shape:
        raise MalformedError(f"tensor {entry.name!a} decodes to another dtype or shape")
    if check(data) != section.fields["check"]:
        raise DigestError(f"tensor {entry.name!a} decodes to other values than were measured")
    return data


def check(data: Array) -> bytes:
    """The first 8 bytes of the SHA-256 of a decoded tensor (SPEC 6)."""
    flat = np.ascontiguousarray(data).reshape(-1)
    return hashlib.sha256(flat.view(np.uint8).data).digest()[:8]


def _energies(entry: Entry, data: Array, back: Array) -> tuple[float, float]:
    """Sums of squares of a tensor's finite values and of what was lost of them."""
    if entry.dtype not in CODABLE:
        return 0.0, 0.0
    signal = error = 0.0
    before, after = data.reshape(-1), back.reshape(-1)
    for at in range(0, entry.size, BLOCK):
        x = to_float32(before[at : at + BLOCK], entry.dtype).astype(np.float64)
        y = to_float32(after[at : at + BLOCK], entry.dtype).astype(np.float64)
        finite = np.isfinite(x)
        signal += float(np.sum(np.square(x[finite])))
        error += float(np.sum(np.square(x[finite] - y[finite])))
    return signal, error
