"""Named arrays with one row a sample: cut into batches, with no sample twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import UsageError
from seedtool.seed import MIB
from seedtool.sources.base import reading

Array = npt.NDArray[Any]
Batch = dict[str, Array]

CALIBRATION, TUNING = 128, 64  # samples
LEAST = 8  # samples below which nothing is worth measuring
ROWS = 16  # samples in a batch


@dataclass(frozen=True)
class Samples:
    """Inputs of a model by keyword: int64, float32 or bool arrays, the first axis is the sample.

    ``calibration`` and ``tuning`` share no sample. ``tokens``: int64 [vocab],
    how often each id occurs in the data but for the tuning samples, None without ids. ``name`` and
    ``digest`` (SHA-256) say which data it was, ``seed`` how it was chosen.
    """

    calibration: list[Batch]
    tuning: list[Batch]
    tokens: npt.NDArray[np.int64] | None
    name: str
    digest: bytes
    seed: int


class Batches(list[dict[str, Any]]):
    """Batches by input name, called ``name`` in what is reported of them."""

    def __init__(self, batches: Iterable[Mapping[str, Any]], name: str = "the batches") -> None:
        super().__init__(map(dict, batches))
        self.name = name


def count(batches: Iterable[Batch]) -> int:
    """Samples in all batches."""
    return sum(len(next(iter(batch.values()))) for batch in batches)


def hash_file(path: Path) -> bytes:
    """SHA-256 of a file's bytes."""
    hashed = hashlib.sha256()
    with reading(path), path.open("rb") as file:
        while block := file.read(MIB):
            hashed.update(block)
    return hashed.digest()


def divide(available: int, limit: tuple[int, int], name: str) -> tuple[int, int]:
    """How many of the samples calibrate and how many tune, by the limits' ratio if there are few.

    UsageError if there are too few.
    """
    if available < LEAST:
        raise UsageError(
            f"{name}: holds {available} different samples, calibration needs {LEAST} or more",
            hint="64 to 256 of the kind that the model is for are enough",
        )
    rest = available - max(1, available * limit[0] // sum(limit))
    tuning = min(limit[1], max(rest, available // 5))  # what is reported needs its samples too
    return min(limit[0], available - tuning), tuning


def numbers(values: Array, name: str) -> Array:
    """The array as models take it: int64, float32 or bool; UsageError for other kinds."""
    if values.dtype.kind in "iu":
        return values.astype(np.int64, copy=False)
    if values.dtype.kind == "f":
        plain = values.astype(np.float32, copy=False)
        if not np.isfinite(plain).all():
            raise UsageError(f"the input {name!a} has values that are not finite")
        return plain
    if values.dtype.kind == "b":
        return values
    raise UsageError(f"the input {name!a} has the dtype {values.dtype}, which is no number")


def check_rows(arrays: Mapping[str, Array], what: str) -> int:
    """The number of samples that all arrays have; UsageError if they differ or there are none."""
    lengths = {len(a) if a.ndim else -1 for a in arrays.values()}
    if len(lengths) != 1 or lengths == {-1}:
        raise UsageError(f"{what}: its arrays differ in their first axis, the samples")
    return lengths.pop()


def distinct(arrays: Mapping[str, Array], order: Iterable[int], seen: set[bytes]) -> list[int]:
    """The rows of ``order`` that are neither in ``seen`` nor twice; ``seen`` takes them in."""
    kept = []
    for row in order:
        hashed = hashlib.sha256()
        for name, values in sorted(arrays.items()):
            hashed.update(name.encode() + np.ascontiguousarray(values[row]).tobytes())
        if hashed.digest() not in seen:
            seen.add(hashed.digest())
            kept.append(row)
    return kept


def cut(arrays: Mapping[str, Array], rows: Sequence[int], size: int = ROWS) -> list[Batch]:
    """Batches of at most ``size`` of the given rows, in their order."""
    return [
        {
            name: np.ascontiguousarray(values[rows[at : at + size]])
            for name, values in arrays.items()
        }
        for at in range(0, len(rows), size)
    ]
