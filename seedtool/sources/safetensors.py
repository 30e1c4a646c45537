"""A .safetensors file, read by its published layout: length, JSON header, bytes.

Source: the format description of the safetensors project. Its own reader
accepts duplicate keys and control characters in names; this one does not.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from seedtool.errors import LimitError, MalformedError, TruncatedError, UnsupportedError
from seedtool.seed import DTYPES, HEADER_MAX, Entry, check_entries
from seedtool.sources import documents
from seedtool.sources.base import Array, Source, reading

JSON_MAX = 2 * HEADER_MAX  # bytes; JSON takes about twice what a seed's own header does
METADATA = "__metadata__"
PEEKS, PEEK = 8, 16  # places and bytes of a glimpse


class SafetensorsSource(Source):
    """The tensors of one file, each read from its place when asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with reading(path):
            self._file = path.open("rb")
            try:
                self.entries, self._places = read_header(self._file)
            except BaseException:
                self._file.close()
                raise
        self.meta = {"format": "safetensors"}

    def read(self, entry: Entry) -> Array:
        with reading(self._path):
            self._file.seek(self._places[entry.name])
            values = np.empty(entry.size, DTYPES[entry.dtype].storage)
            if self._file.readinto(values.view(np.uint8).data) != entry.nbytes:
                raise TruncatedError(f"ends inside tensor {entry.name!a}: it changed while open")
        return values.reshape(entry.shape)

    def glimpse(self, entry: Entry) -> bytes:
        step, peeks = max(PEEK, entry.nbytes // PEEKS), []
        with reading(self._path):
            for at in range(0, entry.nbytes, step):
                self._file.seek(self._places[entry.name] + at)
                peeks.append(self._file.read(min(PEEK, entry.nbytes - at)))
        return b"".join(peeks)

    def close(self) -> None:
        self._file.close()


def read_header(file: BinaryIO) -> tuple[tuple[Entry, ...], dict[str, int]]:
    """The table of a file in order of place, and the place of each tensor in bytes from 0.

    Every byte of the file belongs to the header or to exactly one tensor,
    MalformedError (or a subclass, or LimitError) otherwise.
    """
    total = file.seek(0, os.SEEK_END)
    file.seek(0)
    if total < 8:
        raise TruncatedError(f"is {total} bytes long, too short for a safetensors file")
    length = int.from_bytes(file.read(8), "little")
    if length > JSON_MAX:
        raise LimitError(f"states a header of {length} bytes, the limit is {JSON_MAX}")
    if length > total - 8:
        raise TruncatedError("ends inside its header")
    rows = documents.parse(file.read(length), "the header")
    _check_metadata(rows.pop(METADATA, {}))
    spans = {name: _span(name, row) for name, row in rows.items()}
    ordered = sorted(spans, key=lambda name: spans[name])
    entries = check_entries(
        Entry(name, rows[name]["dtype"], tuple(rows[name]["shape"])) for name in ordered
    )
    at = 0
    for entry in entries:
        begin, end = spans[entry.name]
        if begin != at:
            fault = "overlaps the one before" if begin < at else "leaves a hole before it"
            raise MalformedError(f"tensor {entry.name!a} {fault}")
        if end - begin != entry.nbytes:
            raise MalformedError(
                f"tensor {entry.name!a} takes {end - begin} bytes, its form needs {entry.nbytes}"
            )
        at = end
    if at > total - 8 - length:
        raise TruncatedError(f"ends {at - (total - 8 - length)} bytes before its last tensor does")
    if at < total - 8 - length:
        raise MalformedError(f"{total - 8 - length - at} bytes follow the last tensor")
    return entries, {name: 8 + length + begin for name, (begin, _) in spans.items()}


def _check_metadata(value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise MalformedError(f"{METADATA} is not a map of strings")


def _span(name: str, row: Any) -> tuple[int, int]:
    if not isinstance(row, dict) or set(row) != {"dtype", "shape", "data_offsets"}:
        raise MalformedError(f"the header of tensor {name!a} has other fields than it should")
    if not isinstance(row["dtype"], str) or not isinstance(row["shape"], list):
        raise MalformedError(f"the header of tensor {name!a} has a dtype or shape of no known form")
    if row["dtype"] not in DTYPES:
        raise UnsupportedError(
            f"tensor {name!a} has the dtype {row['dtype']!a}, which a seed can't hold",
            hint=f"dtypes known: {' '.join(DTYPES)}",
        )
    match row["data_offsets"]:
        case [int(begin), int(end)] if bool not in {type(begin), type(end)} and 0 <= begin <= end:
            return begin, end
    raise MalformedError(f"tensor {name!a} has offsets that are no range of bytes")
