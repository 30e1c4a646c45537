"""Tensors of equal values, found so that they are stored once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from seedtool.seed import Entry
from seedtool.sources.base import Array


def tie_duplicates(
    entries: Sequence[Entry], glimpse: Callable[[Entry], bytes], read: Callable[[Entry], Array]
) -> tuple[Entry, ...]:
    """``entries`` with byte-equal tensors of one dtype and shape marked as ``same``.

    Marks that stand already are kept. ``glimpse`` is asked for tensors whose
    form occurs more than once, ``read`` (and SHA-256) only for those whose
    glimpse does too.
    """
    owners = [i for i, e in enumerate(entries) if e.same is None and e.nbytes]
    keys: dict[int, tuple[object, ...]] = {i: (entries[i].dtype, entries[i].shape) for i in owners}
    for look in (glimpse, lambda entry: _digest(read(entry))):
        count = Counter(keys.values())
        keys = {i: (*key, look(entries[i])) for i, key in keys.items() if count[key] > 1}
    first: dict[tuple[object, ...], int] = {}
    earlier = {i: first.setdefault(key, i) for i, key in keys.items()}
    table = []
    for index, entry in enumerate(entries):
        own = index if entry.same is None else entry.same
        owner = earlier.get(own, own)
        table.append(entry if owner == index else replace(entry, same=owner))
    return tuple(table)


def _digest(values: Array) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data).digest()
