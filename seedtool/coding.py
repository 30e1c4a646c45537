"""One tensor <-> one section: coded, decoded again and measured; decoded and checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seedtool import codecs, difference
from seedtool.codecs import base, pca
from seedtool.codecs.base import Array, Coded, NotCodableError, Params, storage
from seedtool.codecs.pca import LowRank
from seedtool.difference import Namesake
from seedtool.errors import DigestError, LimitError, MalformedError
from seedtool.floats import CODABLE, to_float32
from seedtool.plan import Choice
from seedtool.seed import SAME, SUM, WORDS, Entry, Section, needs_base
from seedtool.tensors import Tensors

BLOCK = 1 << 20  # elements compared at a time
TENSOR_MAX = 16 << 30  # bytes of a decoded tensor, unless the caller says otherwise


@dataclass(frozen=True)
class Measure:
    """What coding one tensor cost and kept.

    ``plain`` and ``coded`` are bytes, ``signal`` and ``error`` sums of squares
    (0 for integers); ``note`` says why another codec was taken than asked.
    ``delta`` is the kind of difference to the base ("" for none), ``moved`` the
    sum of squares that the base's own tensor would have lost, None without one.
    """

    name: str
    codec: str
    elements: int
    plain: int
    coded: int
    signal: float
    error: float
    note: str = ""
    delta: str = ""
    moved: float | None = None


@dataclass(frozen=True)
class _Written:
    """A tensor as it will stand in its section."""

    codec: str
    coded: Coded
    delta: str = ""
    note: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        fields = {"codec": self.codec, "params": self.coded.params}
        return {**fields, "delta": self.delta} if self.delta else fields

    @property
    def nbytes(self) -> int:
        return base.coded_bytes(self.coded)


def encode(
    entry: Entry,
    data: Array,
    choice: Choice,
    model: Tensors | None = None,
    product: LowRank | None = None,
) -> tuple[Section, Measure]:
    """A tensor's section, decoded once to prove and measure it.

    ``model``: the base, if the seed has one: a tensor that is equal to the base's takes no
    bytes, and others are differences to it where the choice says so. ``product``
    is that difference as the source knows it, which the codec ``pca`` keeps so.
    """
    other = difference.find(entry, model)
    if choice.codec == SAME or (other and other.equals(entry, data)):
        written = _Written(SAME, Coded({}, ()))
    elif choice.coded:
        written = _Written(choice.codec, choice.coded, SUM if other and choice.delta else "")
    elif other and product and choice.codec == "pca":
        written = _Written("pca", pca.encode_product(entry, product, choice.options), SUM)
    elif other and choice.delta:
        written = _code_difference(entry, data, choice, other)
    else:
        written = _code(entry, data, choice)
    bare = Section("tensor", written.fields, written.coded.parts)
    back = _decode(entry, bare, other)
    signal, error = _energies(entry, data, back)
    moved = None
    if other and other.takes(entry, WORDS):
        moved = _energies(entry, data, other.values)[1]
    sizes = (entry.size, entry.nbytes, written.nbytes)
    measure = Measure(
        entry.name, written.codec, *sizes, signal, error, written.note, written.delta, moved
    )
    return Section("tensor", {**written.fields, "check": check(back)}, bare.parts), measure


def _code_difference(entry: Entry, data: Array, choice: Choice, other: Namesake) -> _Written:
    """A tensor as a difference to the base's if that can be and pays, else whole."""
    exact = codecs.load(choice.codec).lossless
    if exact and other.takes(entry, WORDS):
        whole = _code(entry, data, choice)
        words = _code(entry, difference.subtract(entry, data, other, WORDS), choice)
        return replace(words, delta=WORDS) if words.nbytes < whole.nbytes else whole
    if exact or not other.takes(entry, SUM):
        return _code(entry, data, choice)
    inner = difference.coded_entry(entry, SUM)
    summed = _code(inner, difference.subtract(entry, data, other, SUM), choice)
    if not codecs.load(summed.codec).lossless and base.fits(summed.coded, entry):
        return replace(summed, delta=SUM)
    kept = Choice(base.FALLBACK, codecs.load(base.FALLBACK).Options(), delta=True)
    return replace(_code_difference(entry, data, kept, other), note=summed.note)


def _code(entry: Entry, data: Array, choice: Choice) -> _Written:
    """A tensor by the codec chosen, or by the one that this names for what it can't hold."""
    note = ""
    while True:
        try:
            coded = codecs.load(choice.codec).encode(entry, data, choice.options)
            return _Written(choice.codec, coded, note=note)
        except NotCodableError as e:
            note = note or str(e)
            choice = Choice(e.instead, codecs.load(e.instead).Options(**e.settings))


def decode(
    entry: Entry, section: Section, *, limit: int = TENSOR_MAX, model: Tensors | None = None
) -> Array:
    """The values of a tensor section, in storage dtype and shape.

    ``limit``: bytes of the largest tensor that the caller takes. ``model``: the base.
    LimitError above the limit, DigestError if the values are not those that were measured.
    """
    if entry.nbytes > limit:
        raise LimitError(
            f"tensor {entry.name!a} would take {entry.nbytes} bytes, over the limit of {limit}",
            hint="--max-tensor raises the limit",
        )
    other = difference.find(entry, model) if needs_base(section.kind, section.fields) else None
    data = _decode(entry, section, other)
    if check(data) != section.fields["check"]:
        raise DigestError(f"tensor {entry.name!a} decodes to other values than were measured")
    return data


def _decode(entry: Entry, section: Section, other: Namesake | None) -> Array:
    if not needs_base(section.kind, section.fields):
        return _decode_alone(entry, section)
    kind = section.fields.get("delta", WORDS)
    if other is None or not other.takes(entry, kind):
        raise MalformedError(
            f"tensor {entry.name!a} is a difference to what the base does not have"
        )
    if section.fields["codec"] == SAME:
        return other.values
    alone = _decode_alone(difference.coded_entry(entry, kind), section)
    return difference.add(entry, alone, other, kind)


def _decode_alone(entry: Entry, section: Section) -> Array:
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
