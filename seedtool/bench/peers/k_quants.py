"""Q4_K and Q6_K of ggml (llama.cpp, k-quants by I. Kawrakow) in numpy: the package gguf reads
them and writes only the older types.

The search for scales is that of ggml's C code without importance data, for all blocks at
a time; sums in another order may round a weight to the other side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]

WHOLE = 256  # weights of a block
NOTHING = 1e-15  # below it all weights of a part are zero


def pack(matrix: F32, kind: str) -> U8:
    """uint8 [rows, bytes] of a float32 matrix in blocks of that type; needs the package gguf."""
    if kind in KINDS:
        blocks = np.ascontiguousarray(matrix, np.float32).reshape(-1, WHOLE)
        return KINDS[kind](blocks).reshape(len(matrix), -1)
    from gguf import GGMLQuantizationType, quants

    packed: U8 = quants.quantize(matrix, GGMLQuantizationType[kind])
    return packed


def _q6(blocks: F32) -> U8:
    parts = blocks.reshape(len(blocks), 16, 16)
    scales = _symmetric_scales(parts, 32)
    largest = np.take_along_axis(scales, np.abs(scales).argmax(1)[:, None], 1)
    steps, whole = _over(-128, largest), np.abs(largest) >= NOTHING
    halves = _over(1, steps).astype(np.float16)
    small = np.where(whole, np.minimum(np.rint(steps * scales), 127), 0).astype(np.int8)
    step = (halves.astype(np.float32) * small)[..., None]
    indices = np.clip(np.rint(_over(parts, step)), -32, 31).astype(np.int8) + 32
    q = indices.reshape(-1, 2, 4, 32).astype(np.uint8)  # halves of 128, four runs of 32
    low = np.concatenate([(q[:, :, :2] & 15) | (q[:, :, 2:] & 15) << 4], axis=2)
    high = (q >> 4) << np.array([0, 2, 4, 6], np.uint8)[:, None]
    return np.hstack(
        [
            low.reshape(len(blocks), -1),
            np.bitwise_or.reduce(high, axis=2).reshape(len(blocks), -1),
            small.view(np.uint8),
            halves.view(np.uint8),
        ]
    )


def _q4(blocks: F32) -> U8:
    parts = blocks.reshape(len(blocks), 8, 32)
    scales, lows = _scales_and_minima(parts, 15)
    most, deepest = scales.max(1, keepdims=True), lows.max(1, keepdims=True)
    s = np.minimum(np.rint(_over(63, most) * scales), 63).astype(np.uint8)
    m = np.minimum(np.rint(_over(63, deepest) * lows), 63).astype(np.uint8)
    d, dmin = (np.float32(v / 63).astype(np.float16) for v in (most, deepest))
    step = (d.astype(np.float32) * s)[..., None]
    low = (dmin.astype(np.float32) * m)[..., None]
    indices = np.clip(np.rint(_over(parts + low, step)), 0, 15).astype(np.uint8)
    pairs = indices.reshape(len(blocks), 4, 2, 32)
    # Six bits of each scale and minimum: the last four whole, of the others the top two apart.
    six = [s[:, :4] | (s[:, 4:] >> 4) << 6, m[:, :4] | (m[:, 4:] >> 4) << 6]
    six.append((s[:, 4:] & 15) | (m[:, 4:] & 15) << 4)
    nibbles = (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(len(blocks), -1)
    return np.hstack([d.view(np.uint8), dmin.view(np.uint8), *six, nibbles])


def _symmetric_scales(x: F32, top: int) -> F32:
    """ggml's make_qx_quants: [..., parts] of x [..., parts, n], the best of 19 by x²-weighted
    error."""
    largest = np.take_along_axis(x, np.abs(x).argmax(-1)[..., None], -1)
    weights = x * x
    best = scale = np.zeros(largest.shape[:-1], np.float32)
    for shift in (0, *range(-9, 0), *range(1, 10)):
        index = np.clip(np.rint(_over(-(top + 0.1 * shift), largest) * x), -top, top - 1)
        across, own = (weights * x * index).sum(-1), (weights * index * index).sum(-1)
        found = _over(across, own)
        better = found * across > best
        scale, best = np.where(better, found, scale), np.where(better, found * across, best)
    made: F32 = np.where(np.abs(largest[..., 0]) < NOTHING, 0, scale).astype(np.float32)
    return made


def _scales_and_minima(x: F32, top: int) -> tuple[F32, F32]:
    """ggml's make_qkx2_quants: scales and minus the minima, each [..., parts]."""
    weights = np.sqrt((x * x).mean(-1, keepdims=True)) + np.abs(x)
    sum_w, sum_x = weights.sum(-1), (weights * x).sum(-1)
    low = np.minimum(x.min(-1), 0)
    high = x.max(-1)
    flat = high <= low
    scale = (high - low) / top
    index = np.clip(np.rint(_over(x - low[..., None], scale[..., None])), 0, top)
    best = (weights * (scale[..., None] * index + low[..., None] - x) ** 2).sum(-1)
    for step in range(21):
        pace = _over(-1 + 0.1 * step + top, high - low)[..., None]
        index = np.clip(np.rint(pace * (x - low[..., None])), 0, top)
        sum_l, sum_l2 = (weights * index).sum(-1), (weights * index * index).sum(-1)
        sum_xl = (weights * x * index).sum(-1)
        whole = sum_w * sum_l2 - sum_l * sum_l
        found = _over(sum_w * sum_xl - sum_x * sum_l, whole)
        below = _over(sum_l2 * sum_x - sum_l * sum_xl, whole)
        found = np.where(below > 0, _over(sum_xl, sum_l2), found)
        below = np.minimum(below, 0)
        error = (weights * (found[..., None] * index + below[..., None] - x) ** 2).sum(-1)
        better = (error < best) & (whole > 0)
        scale, low = np.where(better, found, scale), np.where(better, below, low)
        best = np.where(better, error, best)
    return np.where(flat, 0, scale).astype(np.float32), (-low).astype(np.float32)


def _over(a: Any, b: Any) -> F32:
    """a / b, 0 where b is 0."""
    b = np.asarray(b, np.float32)
    found: F32 = np.where(b == 0, 0, np.asarray(a, np.float32) / np.where(b == 0, 1, b))
    return found


KINDS = {"Q4_K": _q4, "Q6_K": _q6}
