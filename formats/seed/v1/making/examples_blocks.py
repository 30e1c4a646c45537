"""What a section of the codec `examples` is put together from (SPEC 5.7), sound or not."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import product
from math import cos, pi, prod, sqrt
from typing import Any

from making.build import Made, Piece, meta, seal, section, sha, table
from making.codec_trellis import params_of
from making.codec_trellis_coder import joined, stream, tables_of, walk

PLAIN = {"form": "plain"}


@dataclass(frozen=True)
class Block:
    """Inputs, labels or soft labels: params without `parts`, parts, their share of the digest."""

    params: dict[str, Any]
    parts: list[bytes]
    content: bytes

    def but(self, *parts: bytes, **params: Any) -> Block:
        """The same with other params, of which None are left out, and parts if there are any."""
        found = {k: v for k, v in {**self.params, **params}.items() if v is not None}
        return replace(self, params=found, parts=list(parts) or self.parts)


def array(dtype: str, shape: list[int], data: bytes) -> bytes:
    return f"array {dtype} [{', '.join(map(str, shape))}]\n".encode() + data


def listed(texts: list[str]) -> bytes:
    raw = [text.encode() for text in texts]
    return b"list %d\n" % len(raw) + b"".join(struct.pack("<I", len(r)) + r for r in raw)


def f32(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


# ---- Inputs


def texts(*given: str, end: int = 0) -> Block:
    data = "".join(text + "\n\0"[end] for text in given).encode()
    params = {"kind": "texts", "form": "zstd", "bytes": len(data), "end": end}
    return Block(params, [data], listed([*given]))


def numbers(count: int, shape: list[int], *given: float) -> Block:
    data = f32(*given)
    params = {"kind": "numbers", "codec": "lossless", "shape": shape, "values": PLAIN}
    return Block(params, [data], array("float32", [count, *shape], data))


def images(
    shape: list[int], pixels: bytes, form: str = "plain", *parts: bytes, **params: Any
) -> Block:
    """Of `plain` along no axis the one part is the pixels."""
    if form == "plain":
        params = {"axes": 0, "values": PLAIN, **params}
        parts = parts or (pixels,)
    whole = [len(pixels) // prod(shape), *shape]
    params = {"kind": "images", "form": form, "shape": shape, **params}
    return Block(params, list(parts), array("uint8", whole, pixels))


def trellis(aims: list[float], step: float) -> tuple[dict[str, Any], list[bytes], list[float]]:
    """Params and parts of 1 state, and the elements: the multiples of 2 step nearest to them."""
    points = walk([aim / step for aim in aims], 1, states=1)
    made, lows = tables_of(points, 8)
    params = {**params_of(points, [len(t) for t in made], lows), "step": step}
    elements = [number * step for number in points.numbers]
    return params, [joined(made), stream(points, made, lows)], elements


def cosines(shape: list[int], mean: list[int], rows: list[dict[int, float]], step: float) -> Block:
    """Coefficients of their mean and, for each image, what it has more of those that are kept."""
    kept = sorted({index for row in rows for index in row})
    mask = bytearray(-(-len(mean) // 8))
    for index in kept:
        mask[index // 8] |= 1 << index % 8
    raw = struct.pack(f"<{len(mean)}i", *mean)
    parts = [bytes(mask), b"".join(raw[byte::4] for byte in range(4))]
    values: dict[str, Any] = {}
    elements = []
    if kept:
        aims = [row.get(index, 0.0) for row in rows for index in kept]
        params, more, elements = trellis(aims, step)
        values, parts = {"values": params}, parts + more
    pixels = b""
    for at in range(len(rows)):
        made = [*mean]
        for index, element in zip(kept, elements[at * len(kept) :], strict=False):
            made[index] += int(element)
        pixels += pixels_of(shape, made)
    return images(shape, pixels, "cosines", *parts, **values)


def pixels_of(shape: list[int], coefficients: list[int]) -> bytes:
    bases = [
        [
            [
                round(2048 * sqrt((2 if k else 1) / n) * cos(pi * (2 * j + 1) * k / 2 / n))
                for j in range(n)
            ]
            for k in range(n)
        ]
        for n in shape
    ]
    places = list(product(*map(range, shape)))
    out = []
    for place in places:
        total = 1 << 11 * len(shape) - 1
        for number, at in zip(coefficients, places, strict=True):
            total += number * prod(b[k][j] for b, k, j in zip(bases, at, place, strict=True))
        out.append(min(max(total >> 11 * len(shape), 0), 255))
    return bytes(out)


# ---- Labels

NONE = Block({"form": "none"}, [], b"none\n")


def planes(*counts: int) -> bytes:
    raw = struct.pack(f"<{len(counts)}I", *counts)
    return b"".join(raw[byte::4] for byte in range(4))


def classes(*counts: int) -> Block:
    """So many examples of each class."""
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    data = struct.pack(f"<{len(labels)}q", *labels)
    return Block({"form": "class"}, [planes(*counts)], array("int64", [len(labels)], data))


def values(*given: float) -> Block:
    params = {"form": "value", "values": PLAIN}
    return Block(params, [f32(*given)], array("float32", [len(given)], f32(*given)))


def vectors(*rows: list[float]) -> Block:
    shape, data = [len(rows), len(rows[0])], f32(*(x for row in rows for x in row))
    params = {"form": "vectors", "codec": "lossless", "size": shape[1], "values": PLAIN}
    return Block(params, [data], array("float32", shape, data))


def tags(*rows: list[int]) -> Block:
    flat = [tag for row in rows for tag in row]
    content = [array("int64", [len(row)], struct.pack(f"<{len(row)}q", *row)) for row in rows]
    params = {"form": "tags", "values": PLAIN}
    data = struct.pack(f"<{len(flat)}H", *flat)
    return Block(params, [data], b"list %d\n" % len(rows) + b"".join(content))


def soft(
    rows: list[list[int]],
    probabilities: list[list[float]],
    orders: tuple[list[int], ...] = (),
    labels: tuple[int, ...] = (),
    fine: int = 1,
    levels: int = 8,
) -> Block:
    """The levels of each example's classes; with ``orders``, coded in that of its label."""
    count, many = len(rows), len(rows[0])
    places = [orders[labels[i]] if orders else [*range(many)] for i in range(count)]
    plane = bytes(rows[i][places[i][r]] for r in range(many) for i in range(count))
    params = {"fine": fine, "levels": levels, "ordered": len(orders), "values": PLAIN}
    data = f32(*(p for row in probabilities for p in row))
    return Block(
        params, [b"".join(map(bytes, orders)), plane], array("float32", [count, many], data)
    )


# ---- Sections


def examples(
    count: int,
    inputs: Block,
    labels: Block = NONE,
    /,
    soft: Block | None = None,
    names: Any = (),
    counted: int | None = None,
    inner: Any = None,
    left: list[bytes] | None = None,
    **params: Any,
) -> Made:
    """A seed of these examples; ``params`` replace others or, if None, take them away.

    ``counted``: the head's count; ``inner``: that of params; ``left``: more parts.
    """
    blocks = {"inputs": inputs, "labels": labels, **({} if soft is None else {"soft": soft})}
    shares = [b.content for b in blocks.values()] + ([] if soft else [b"none\n"])
    known = [name for name in names if type(name) is str] if type(names) is not str else []
    content = b"".join([*shares, listed(known)])
    whole = {
        "count": count if inner is None else inner,
        "classes": [*names] if type(names) is tuple else names,
        "check": sha(content)[:8],
        **{key: {"parts": len(b.parts), **b.params} for key, b in blocks.items()},
        **params,
    }
    whole = {key: value for key, value in whole.items() if value is not None}
    parts = [part for block in blocks.values() for part in block.parts] + (left or [])
    counted = count if counted is None else counted
    piece: Piece = section(
        "examples", parts, name="movies", count=counted, codec="examples", params=whole
    )
    made = seal(table(), meta(), piece)
    return Made(made.file, made.content, {}, {"movies": content})
