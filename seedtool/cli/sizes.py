"""Sizes as people type them."""

from __future__ import annotations

import re

from seedtool.errors import UsageError

UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
}


def read_size(text: str) -> int:
    """Bytes of a text: ``3000000``, ``800KB`` (of 1,000 bytes), ``2.5MiB`` (of 1,048,576)."""
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([a-z]*)", text.strip().lower())
    if not match or match[2] not in UNITS:
        raise UsageError(
            f"size is a number of bytes, KB, MB, GB, KiB, MiB or GiB, not {text!a}",
            hint="--size 3MB is 3,000,000 bytes",
        )
    return round(float(match[1]) * UNITS[match[2]])
