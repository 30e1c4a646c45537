"""Differences to a base: ok_delta_* (SPEC 4.2, 6.11)."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from making.build import Made, Piece, meta, pack, seal, section, sha, table, tensor
from making.codec_quant import STEP, f32
from making.coder import numbers, stream, table_of, u16
from making.register import vector

LABELS = b"cat\ndog\n"


def floats(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


# Name -> dtype, shape, elements. The last F32 of w is the largest that is finite, its first a
# negative zero; h is BF16: 1, -2, 3 and a NaN.
BASE: dict[str, tuple[str, list[int], bytes]] = {
    "w": ("F32", [2, 2], floats(-0.0, 1.0, -2.5, 3.4028234663852886e38)),
    "h": ("BF16", [4], struct.pack("<4H", 0x3F80, 0xC000, 0x4040, 0x7FC1)),
    "f": ("F16", [2], np.array([1.5, -65504], "<f2").tobytes()),
    "d": ("F64", [2], struct.pack("<2d", 0.1, 1e300)),
    "n": ("U8", [3], bytes([0, 200, 255])),
    "q": ("F32", [20, 20], np.arange(400, dtype="<f4").tobytes()),
}
TIE = "t"  # of w


def named(
    nesting: int = 1, model: dict[str, tuple[str, list[int], bytes]] = BASE
) -> dict[str, Any]:
    """How a header names a model that has w tied."""
    full = {**model, TIE: model["w"]}
    rows = [[n, full[n][0], full[n][1], sha(full[n][2])[:8]] for n in sorted(full)]
    size = sum(len(elements) for _, _, elements in model.values())
    return {"digest": sha(pack(rows)), "nesting": nesting, "size": size}


def delta(*pieces: Piece, rows: list[list[Any]], base: Any = None, **holds: bytes) -> Made:
    made = seal(table(*rows, base=named() if base is None else base), meta(), *pieces)
    return made.holds(**holds)


def changed(
    codec: str = "raw",
    kind: str | None = "sum",
    change: bytes | None = None,
    after: bytes | None = None,
    **fields: Any,
) -> Piece:
    """A section of w as a difference; by default what is added is 1 everywhere."""
    change = floats(1, 1, 1, 1) if change is None else change
    after = floats(1, 2, -1.5, 3.4028234663852886e38) if after is None else after
    parts = [] if codec == "same" else [change]
    named_kind = {} if kind is None else {"delta": kind}
    return tensor(codec, parts, after, **named_kind, **fields)


def one(piece: Piece, row: list[Any] | None = None, base: Any = None) -> Made:
    return delta(piece, rows=[row or ["w", "F32", [2, 2]]], base=base)


@vector()
def ok_delta_base() -> Made:
    """The base of the vectors called delta, with a tie and a file."""
    rows: list[list[Any]] = [[n, d, s] for n, (d, s, _) in BASE.items()]
    pieces = [tensor("raw", [e], e) for _, _, e in BASE.values()]
    file = section("asset", [LABELS], name="labels.txt", role="labels")
    made = seal(table(*rows, [TIE, 0]), meta(), file, *pieces)
    return made.holds(**{n: e for n, (_, _, e) in BASE.items()}, t=BASE["w"][2])


@vector(base=("ok_delta_base",))
def ok_delta_same() -> Made:
    """Tensors that are the base's, a NaN and a negative zero among them; one by its tie's name."""
    rows: list[list[Any]] = [[n, d, s] for n, (d, s, _) in BASE.items()] + [["t", "F32", [2, 2]]]
    held = {n: e for n, (_, _, e) in BASE.items()} | {"t": BASE["w"][2]}
    return delta(*(tensor("same", [], held[r[0]]) for r in rows), rows=rows, **held)


@vector(base=("ok_delta_base",))
def ok_delta_sum() -> Made:
    """Sums: of zeros of either sign, rounded to F16, F64 and BF16 once, over to infinity."""
    f16 = np.array([1.5 + 2**-10, -np.inf], "<f2").tobytes()
    f64 = np.array([np.float32(0.1) + np.float32(2**-27), np.inf], "<f8").tobytes()
    w = floats(-0.0, 1.0000001192092896, -2.5, np.inf)
    pieces = [
        changed(change=floats(-0.0, 2**-23, -(2**-25), 3e38), after=w),
        changed(change=floats(2**-10, -16), after=f16),
        changed(change=floats(2**-27, -1), after=f64),
    ]
    rows: list[list[Any]] = [["w", "F32", [2, 2]], ["f", "F16", [2]], ["d", "F64", [2]]]
    return delta(*pieces, rows=rows, w=w, f=f16, d=f64)


@vector(base=("ok_delta_base",))
def ok_delta_sum_other_dtype() -> Made:
    """A sum in BF16 to a tensor that is F32 in the base; halves go to even."""
    after = struct.pack("<4H", 0x3B80, 0x3F80, 0xC020, 0x7F80)
    piece = changed(change=floats(2**-8, 2**-8, 2**-30, 0), after=after)
    return delta(piece, rows=[["w", "BF16", [2, 2]]], w=after)


@vector(base=("ok_delta_base",))
def ok_delta_sum_quant() -> Made:
    """What a lossy codec makes, added."""
    integers = numbers(400, 9)
    frequencies = table_of(integers, 9)
    parts = [u16(frequencies), stream(integers, frequencies, 4, 0)]
    params = {"lanes": 4, "tail": 0, "low": -4, "step": STEP}
    before = np.frombuffer(BASE["q"][2], "<f4")
    after = (before + f32([i - 4 for i in integers], STEP)).tobytes()
    piece = tensor("quant", parts, after, params, delta="sum")
    return delta(piece, rows=[["q", "F32", [20, 20]]], q=after)


@vector(base=("ok_delta_base",))
def ok_delta_words() -> Made:
    """Words added mod 2^8 and 2^16: a NaN to begin with, and over the top."""
    h = struct.pack("<4H", 0x3F81, 0xBFFF, 0x4040, 0)
    change = struct.pack("<4H", 1, 0xFFFF, 0, 0x803F)
    pieces = [
        tensor("raw", [change], h, delta="words"),
        tensor("raw", [bytes([1, 100, 2])], bytes([1, 44, 1]), delta="words"),
    ]
    rows: list[list[Any]] = [["h", "BF16", [4]], ["n", "U8", [3]]]
    return delta(*pieces, rows=rows, h=h, n=bytes([1, 44, 1]))


@vector(base=("ok_delta_base",))
def ok_delta_whole() -> Made:
    """Beside differences a tensor that the base lacks, and one of another shape, each whole."""
    pieces = [
        tensor("same", [], BASE["w"][2]),
        tensor("raw", [b"new"], b"new"),
        tensor("raw", [b"four"], b"four"),
    ]
    rows: list[list[Any]] = [["w", "F32", [2, 2]], ["x", "U8", [3]], ["n", "U8", [4]]]
    return delta(*pieces, rows=rows, w=BASE["w"][2], x=b"new", n=b"four")


@vector(base=("ok_delta_base",))
def ok_delta_asset() -> Made:
    """A file that is the base's."""
    piece = section("asset", [], name="labels.txt", role="labels", base=sha(LABELS))
    return delta(piece, rows=[])


SECOND = {**BASE, "w": ("F32", [2, 2], floats(1, 2, -1.5, 3.4028234663852886e38))}


@vector(base=("ok_delta_base",))
def ok_delta_all() -> Made:
    """A whole model as a difference of one tensor, for another difference to be to."""
    rows: list[list[Any]] = [[n, d, s] for n, (d, s, _) in SECOND.items()]
    others = [tensor("same", [], e) for n, (_, _, e) in SECOND.items() if n != "w"]
    held = {n: e for n, (_, _, e) in SECOND.items()} | {"t": SECOND["w"][2]}
    return delta(changed(), *others, rows=[*rows, [TIE, 0]], **held)


@vector(base=("ok_delta_all", "ok_delta_base"))
def ok_delta_nested() -> Made:
    """A difference to a seed that is a difference."""
    after = floats(2, 3, -0.5, 3.4028234663852886e38)
    base = named(2, SECOND)
    return delta(changed(after=after), rows=[["w", "F32", [2, 2]]], base=base, w=after)
