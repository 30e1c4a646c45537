"""Weights as onnxruntime's quantisers store them, for matrices by rows.

The setting is int8, a scale a row (its dynamic quantisation, per channel, symmetric), or int4:N,
blocks of N in each row with scale and zero point (its MatMulNBits, not symmetric). Scales are
float32, as there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SETTINGS = ("int8", "int4:128", "int4:32")


def quantise(tensor: Any, setting: str) -> tuple[dict[str, Any], Callable[[], Any]]:
    """Integers and scales of a float32 tensor, and what makes them one again."""
    matrix = tensor.reshape(len(tensor), -1)
    name, _, block = setting.partition(":")
    return _int4(matrix, int(block)) if name == "int4" else _int8(matrix)


def _int8(matrix: Any) -> tuple[dict[str, Any], Callable[[], Any]]:
    scales = (np.abs(matrix).max(1, keepdims=True) / np.float32(127)).astype(np.float32)
    steps = np.where(scales == 0, np.float32(1), scales)
    indices = np.clip(np.rint(matrix / steps), -127, 127).astype(np.int8)
    return {"indices": indices, "scales": scales}, lambda: indices * scales


def _int4(matrix: Any, block: int) -> tuple[dict[str, Any], Callable[[], Any]]:
    rows, width = matrix.shape
    count = -(-width // block)
    padded = np.zeros((rows, count * block), np.float32)
    padded[:, :width] = matrix
    blocks = padded.reshape(rows, count, block)
    low = np.minimum(blocks.min(2, keepdims=True), 0)
    high = np.maximum(blocks.max(2, keepdims=True), 0)
    scales = ((high - low) / np.float32(15)).astype(np.float32)
    steps = np.where(scales == 0, np.float32(1), scales)
    zeros = np.clip(np.rint(-low / steps), 0, 15).astype(np.uint8)
    indices = np.clip(np.rint(blocks / steps) + zeros, 0, 15).astype(np.uint8)
    pieces = {"indices": _nibbles(indices.reshape(rows, -1)), "scales": scales}
    pieces["zeros"] = _nibbles(zeros.reshape(rows, -1))

    def decode() -> Any:
        held = _numbers(pieces["indices"], count * block).reshape(blocks.shape)
        centres = _numbers(pieces["zeros"], count).reshape(zeros.shape)
        return ((held - centres) * scales).reshape(rows, -1)[:, :width]

    return pieces, decode


def _nibbles(values: Any) -> Any:
    """uint8 [rows, n / 2 upwards] of values 0..15, the first in the low half."""
    even = np.pad(values, ((0, 0), (0, values.shape[1] % 2)))
    return even[:, ::2] | even[:, 1::2] << 4


def _numbers(packed: Any, count: int) -> Any:
    """float32 [rows, count] of what :func:`_nibbles` made."""
    halves = np.stack([packed & 15, packed >> 4], axis=2)
    return halves.reshape(len(packed), -1)[:, :count].astype(np.float32)
