"""Examples from the arrays of a .npz, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import MalformedError, UsageError
from seedtool.examples.columns import check_bytes, check_count
from seedtool.examples.labelled import CLASSES_MAX, F32, RANK_MAX, Examples, Kind
from seedtool.examples.tables import check_columns
from seedtool.seed import Entry
from seedtool.sources.npz import NpzSource

Array = npt.NDArray[Any]


def read_arrays(
    path: Path, kind: Kind, inputs: str, label: str, classes: tuple[str, ...]
) -> Examples:
    """``inputs`` [n, ...] (uint8 images or numbers) and ``label`` [n], or [n, d] of vectors.

    MalformedError for arrays of other forms, UsageError for ones that are not there, or for no
    vectors.
    """
    with NpzSource(path) as source:
        held = {entry.name: entry for entry in source.entries}
        check_columns(list(held), (inputs,) if kind == "none" else (inputs, label))
        values = _inputs(source, held[inputs])
        if kind == "none":
            return Examples(values)
        if kind == "vector":
            return Examples(values, _vectors(source, held[label], len(values)))
        if held[label].shape != values.shape[:1]:
            raise MalformedError(f"the array {label!a} is not one label for each input")
        labels = plain(source, held[label])
    if kind == "value":
        return Examples(values, labels.astype(np.float32))
    if labels.dtype.kind not in "iu":
        raise MalformedError(f"the array {label!a} holds no whole numbers")
    top = int(labels.max(initial=0))
    if int(labels.min(initial=0)) < 0 or top >= (len(classes) or CLASSES_MAX):
        raise MalformedError(f"the array {label!a} holds a label that is no class")
    return Examples(
        values, labels.astype(np.int64), None, classes or tuple(map(str, range(top + 1)))
    )


def plain(source: NpzSource, entry: Entry) -> Array:
    """An array of whole numbers or of finite ones."""
    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
    stored = source.read(entry)
    if entry.dtype in kinds:
        numbers: Array = stored.view(kinds[entry.dtype])
        if not np.isfinite(numbers).all():
            raise MalformedError(f"the array {entry.name!a} has values that are not finite")
        return numbers
    if entry.dtype[0] not in "IU":
        raise MalformedError(f"the array {entry.name!a} is of {entry.dtype}, no numbers")
    return stored


def _vectors(source: NpzSource, entry: Entry, count: int) -> F32:
    if len(entry.shape) != 2 or not entry.shape[1]:
        raise UsageError(f"the array {entry.name!a} holds no vectors")
    if entry.shape[0] != count:
        raise MalformedError(f"the array {entry.name!a} is not one vector for each input")
    check_bytes(4 * entry.size)
    found = plain(source, entry).astype(np.float32)
    if not np.isfinite(found).all():
        raise MalformedError(f"the array {entry.name!a} has values beyond float32")
    return found


def _inputs(source: NpzSource, entry: Entry) -> Array:
    rank = len(entry.shape)
    if not 2 <= rank <= RANK_MAX or not entry.size:
        raise MalformedError(
            f"the array {entry.name!a} has the shape {list(entry.shape)}: no examples"
        )
    check_count(entry.shape[0])
    check_bytes(4 * entry.size)
    values = plain(source, entry)
    if values.dtype == np.uint8 and rank > 2:
        return values
    numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise MalformedError(f"the array {entry.name!a} has values beyond float32")
    return numbers
