"""Images of the codec `examples` (SPEC 5.7) for reference.py.

The forms png, jpeg and webp need Pillow; without it they are an unknown codec.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from reference_blocks import RuleError, need
from reference_codecs import lossless
from reference_elements import check_params
from reference_heads import is_size
from reference_trellis import trellis

DECODED = 1 << 26  # bytes


def read_images(count: int, params: dict[str, Any], parts: list[bytes]) -> np.ndarray:
    """uint8 of the shape ``count``, `shape`."""
    form, shape = params.get("form"), params.get("shape")
    need(form in ("plain", "cosines", "png", "jpeg", "webp"), "images: form")
    need(type(shape) is list and len(shape) in (2, 3), "images: shape")
    need(all(is_size(n) and 1 <= n <= 1 << 14 for n in shape), "images: sizes")
    need(len(shape) == 2 or shape[2] <= 16, "images: channels")
    need(count * math.prod(shape) <= DECODED, "images: bytes", "limit")
    stated: dict[str, type] = {"kind": str, "form": str, "shape": list}
    if form == "plain":
        check_params(params, **stated, axes=int, values=dict)
        need(0 <= params["axes"] <= 2, "plain: axes")
        data = lossless("U8", [count, *shape], params["values"], parts)
        made = np.frombuffer(data, np.uint8).reshape(count, *shape)
        for axis in [[], [2], [1, 2]][params["axes"]]:
            made = np.cumsum(made, axis, np.uint64).astype(np.uint8)
        return made
    if form == "cosines":
        check_params(params, **stated, **({"values": dict} if "values" in params else {}))
        need(max(shape) <= 512, "cosines: a side", "limit")
        return pixels_of(read_coefficients(count, shape, params.get("values"), parts))
    check_params(params, **stated)
    need(len(parts) == 1, "picture: parts")
    return read_picture(form, parts[0], count, shape)


def read_coefficients(
    count: int, shape: list[int], values: dict[str, Any] | None, parts: list[bytes]
) -> np.ndarray:
    """float64 of the shape ``count``, `shape`, all integers below 2^53."""
    size = math.prod(shape)
    need(len(parts) >= 2, "cosines: parts")
    need(len(parts[0]) == -(-size // 8) and len(parts[1]) == 4 * size, "cosines: mask or mean")
    bits = [parts[0][i // 8] >> i % 8 & 1 for i in range(8 * len(parts[0]))]
    need(not any(bits[size:]), "cosines: bits after the last")
    kept = np.flatnonzero(bits)
    planes = np.frombuffer(parts[1], np.uint8).reshape(4, size)
    mean = np.ascontiguousarray(planes.T).view("<i4").reshape(size)
    made = np.repeat(mean[None].astype(np.float64), count, axis=0)
    need((values is not None) == (len(kept) > 0), "cosines: values of nothing")
    if values is None:
        need(len(parts) == 2, "cosines: parts left over")
    else:
        data = trellis("F32", [count, len(kept)], values, parts[2:])
        elements = np.frombuffer(data, "<f4").astype(np.float64).reshape(count, len(kept))
        need(bool(np.all(np.abs(elements) < 1 << 52)), "cosines: too large")
        need(bool(np.all(elements % 1 == 0)), "cosines: no integer")
        made[:, kept] += elements
    return made.reshape(count, *shape)


def pixels_of(coefficients: np.ndarray) -> np.ndarray:
    shape = coefficients.shape[1:]
    bases = [basis(n) for n in shape]
    bound = int(np.abs(coefficients).max())
    for b in bases:
        bound *= int(np.abs(b).sum(axis=0).max())
    need(bound < 1 << 52, "cosines: too large")
    made = coefficients.astype(np.int64)
    for axis, b in enumerate(bases, 1):
        made = np.moveaxis(np.tensordot(made, b, (axis, 0)), -1, axis)
    places = 11 * len(shape)
    return np.clip(made + (1 << places - 1) >> places, 0, 255).astype(np.uint8)


def basis(n: int) -> np.ndarray:
    """B[k, j]"""

    def value(k: int, j: int) -> int:
        angle = math.pi * ((2 * j + 1) * k % (4 * n)) / (2 * n)
        return round(2**11 * math.sqrt((1 if k == 0 else 2) / n) * math.cos(angle))

    return np.array([[value(k, j) for j in range(n)] for k in range(n)], np.int64)


def read_picture(form: str, data: bytes, count: int, shape: list[int]) -> np.ndarray:
    height, width = shape[:2]
    across = max(1, math.isqrt(count * height // width))
    rows = -(-count // across)
    size = (across * width, rows * height)
    need(shape[2:] in ([], [1], [3]), "picture: channels")
    colour = shape[2:] == [3]
    try:
        from PIL import Image
    except ImportError:
        raise RuleError("codec", f"{form} needs Pillow") from None
    try:
        with Image.open(io.BytesIO(data), formats=[form.upper()]) as picture:
            need(picture.size == size, "picture: size")
            stored = "RGB" if colour or form == "webp" else "L"
            need(picture.mode == stored, "picture: colours")
            need(getattr(picture, "n_frames", 1) == 1, "picture: several")
            pixels = np.asarray(picture)
    except RuleError:
        raise
    except Exception as fault:  # of any class: it is whatever Pillow meets
        raise RuleError("malformed", f"picture: {fault}") from None
    if stored == "RGB" and not colour:
        r, g, b = np.moveaxis(pixels.astype(np.int64), 2, 0)
        pixels = ((19595 * r + 38470 * g + 7471 * b + (1 << 15)) >> 16).astype(np.uint8)
    made = [
        pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row in range(rows)
        for column in range(across)
    ]
    return np.stack(made[:count]).reshape(count, *shape)
