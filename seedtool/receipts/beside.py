"""A receipt as JSON beside a seed, with what it says only there: means, errors and bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedtool import output
from seedtool.errors import FileError, MalformedError
from seedtool.receipts import document
from seedtool.receipts.schema import Receipt

FILE_MAX = 1 << 20  # bytes
ADDED = ("bytes", "mean", "error_of_seeds")


def report(receipt: Receipt, sizes: Mapping[str, int | None]) -> dict[str, Any]:
    """The receipt's document with the mean of each figure, its error over seeds, and ``sizes``."""
    value = document.write(receipt)
    for row, figure in receipt.figures.items():
        value["figures"][row] |= {"mean": figure.mean, "error_of_seeds": figure.spread}
    return {**value, "bytes": dict(sizes)}


def save(path: Path, value: Mapping[str, Any], *, force: bool) -> None:
    """Write a report, old or new at every moment."""
    with output.replacing(path, force=force) as file:
        file.write(json.dumps(value, indent=2, allow_nan=False).encode() + b"\n")


def load(path: Path) -> Receipt:
    """The receipt of a report; FileError, MalformedError, LimitError or VersionError."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_MAX + 1)
    except (OSError, ValueError) as e:
        raise FileError(f"can't be read: {getattr(e, 'strerror', None) or e}") from None
    if len(raw) > FILE_MAX:
        raise MalformedError("is over 1 MiB, which no receipt is")
    try:
        value = json.loads(raw, object_hook=_without)
    except (ValueError, RecursionError):
        raise MalformedError("is no receipt in JSON") from None
    return document.read(value)


def _without(value: dict[str, Any]) -> dict[str, Any]:
    return {key: held for key, held in value.items() if key not in ADDED}
