"""Samples from arrays: a .npy, a .npz, or batches that the caller has."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.calibration.batches import (
    LEAST,
    ROWS,
    Array,
    Batch,
    Batches,
    Samples,
    check_rows,
    cut,
    distinct,
    divide,
    hash_file,
    numbers,
)
from seedtool.errors import LimitError, UsageError
from seedtool.seed import MIB
from seedtool.sources.base import Source
from seedtool.sources.npz import NpySource, NpzSource

ARRAY_MAX = 2048 * MIB  # bytes of one array in memory
TOKENS = 1024  # ids in a batch
IDS_MAX = 1 << 24  # ids below this are counted


def load_arrays(path: Path, module: Any, limit: tuple[int, int], seed: int) -> Samples:
    """A .npz with the model's inputs by name, or a .npy with the first of them.

    UsageError if the arrays are not the model's inputs.
    """
    kind: type[Source] = NpzSource if path.suffix.lower() == ".npz" else NpySource
    with kind(path) as source:  # type: ignore[call-arg]
        for entry in source.entries:
            if entry.nbytes > ARRAY_MAX:
                raise LimitError(
                    f"{path}: the array {entry.name!a} takes {entry.nbytes} bytes",
                    hint="a few hundred samples are enough",
                )
        arrays = {e.name: source.read(e) for e in source.entries}
    if kind is NpySource:
        arrays = {first_input(module): next(iter(arrays.values()))}
    named = _checked(arrays, module, str(path))
    rows = check_rows(named, str(path))
    order = np.random.default_rng(seed).permutation(rows).tolist()
    kept = distinct(named, order, set())
    wanted = divide(len(kept), limit, str(path))
    size = _batch_rows(named)
    return Samples(
        cut(named, kept[: wanted[0]], size),
        cut(named, kept[wanted[0] : sum(wanted)], size),
        _tokens([named]),
        path.name,
        hash_file(path),
        seed,
    )


def load_batches(
    batches: Sequence[Mapping[str, Any]], module: Any, limit: tuple[int, int], seed: int
) -> Samples:
    """Batches of arrays or tensors by input name; whole batches go to one side or the other.

    A single batch is divided by rows.
    """
    what = batches.name if isinstance(batches, Batches) else "the batches"
    plain = [
        _checked({n: np.asarray(v) for n, v in batch.items()}, module, what) for batch in batches
    ]
    rows = [check_rows(batch, what) for batch in plain]
    hashed = hashlib.sha256()
    for batch in plain:
        for name, values in sorted(batch.items()):
            hashed.update(f"{name} {values.dtype} {values.shape} ".encode() + values.tobytes())
    tokens = _tokens(plain)
    if len(plain) == 1:
        plain = cut(plain[0], range(rows[0]), max(1, min(ROWS, rows[0] // LEAST)))
    seen: set[bytes] = set()
    kept = []
    for index in np.random.default_rng(seed).permutation(len(plain)):
        new = distinct(plain[index], range(check_rows(plain[index], what)), seen)
        kept += cut(plain[index], new)
    wanted = divide(sum(check_rows(b, what) for b in kept), limit, what)
    calibration, rest = _take(kept, wanted[0])
    tuning, _ = _take(rest, wanted[1])
    if not tuning:
        raise UsageError(f"{what}: leaves none to tune with", hint="give two or more")
    return Samples(calibration, tuning, tokens, what, hashed.digest(), seed)


def first_input(module: Any) -> str:
    """The name of the input that a model is given alone."""
    main = getattr(module, "main_input_name", None)
    names = list(inspect.signature(module.forward).parameters)
    if not isinstance(main, str) and not names:
        raise UsageError("the model's forward takes no input")
    return main if isinstance(main, str) else names[0]


def _checked(arrays: Mapping[str, Array], module: Any, what: str) -> Batch:
    takes = inspect.signature(module.forward).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in takes.values())
    strange = [name for name in arrays if name not in takes]
    if not arrays or (strange and not (open_ended and first_input(module) in arrays)):
        held = ", ".join(ascii(n) for n in strange[:4]) or "nothing"
        raise UsageError(
            f"{what}: holds {held}, which the model does not take",
            hint=f"the model takes {', '.join(list(takes)[:8])}",
        )
    return {name: numbers(values, name) for name, values in arrays.items()}


def _take(batches: list[Batch], rows: int) -> tuple[list[Batch], list[Batch]]:
    """Whole batches from the front until ``rows`` samples are there, and the rest."""
    taken = 0
    for index, batch in enumerate(batches):
        if taken >= rows:
            return batches[:index], batches[index:]
        taken += check_rows(batch, "a batch")
    return batches, []


def _batch_rows(arrays: Mapping[str, Array]) -> int:
    ids = [a.shape[1] for a in arrays.values() if a.ndim == 2 and a.dtype == np.int64]
    return max(1, min(ROWS, TOKENS // max(ids, default=1)))


def _tokens(batches: Sequence[Mapping[str, Array]]) -> npt.NDArray[np.int64] | None:
    ids = [b["input_ids"].reshape(-1) for b in batches if "input_ids" in b]
    if not ids or any(i.dtype != np.int64 or not i.size for i in ids):
        return None
    if min(int(i.min()) for i in ids) < 0 or max(int(i.max()) for i in ids) >= IDS_MAX:
        raise UsageError("input_ids holds ids that no vocabulary has")
    return np.bincount(np.concatenate(ids)).astype(np.int64)
