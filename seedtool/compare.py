"""Two models, tensor by tensor: what is only in one, differs in form, differs in values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from seedtool.codecs.base import Array
from seedtool.floats import CODABLE, to_float32
from seedtool.seed import Entry
from seedtool.tensors import Tensors


def compare(a: Tensors, b: Tensors) -> Iterator[dict[str, Any]]:
    """One row a name: ``change`` is same, removed, added, form or values.

    Rows of changed values have ``max_abs``, the largest absolute difference,
    and where it is finite ``snr_db``: the energy of A over that of B - A.
    """
    for name, entry in a.entries.items():
        other = b.entries.get(name)
        if other is None:
            yield {"change": "removed", "name": name}
        elif (entry.dtype, entry.shape) != (other.dtype, other.shape):
            forms = [[e.dtype, list(e.shape)] for e in (entry, other)]
            yield {"change": "form", "name": name, "forms": forms}
        else:
            yield {"name": name, **_values(entry, a.read(name), b.read(name))}
    for name in b.entries:
        if name not in a.entries:
            yield {"change": "added", "name": name}


def _values(entry: Entry, x: Array, y: Array) -> dict[str, Any]:
    if x.tobytes() == y.tobytes():
        return {"change": "same"}
    if entry.dtype in CODABLE:
        before, after = (to_float32(v, entry.dtype).astype(np.float64) for v in (x, y))
    else:
        before, after = x.astype(np.float64), y.astype(np.float64)
    difference = after - before
    largest = float(np.max(np.abs(difference)))
    row: dict[str, Any] = {"change": "values"}
    if math.isfinite(largest):
        row["max_abs"] = largest
        error = float(np.sum(np.square(difference)))
        signal = float(np.sum(np.square(before)))
        if error and signal:
            row["snr_db"] = round(10 * math.log10(signal / error), 3)
    return row
