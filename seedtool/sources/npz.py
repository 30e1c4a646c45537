"""Arrays by numpy.save and numpy.savez, one member at a time, pickles refused.

Source: NEP 1, the .npy format. The header is parsed here because numpy's own
parser of version 3 is private, and because sizes must be checked against the
archive before anything is allocated.
"""

from __future__ import annotations

import ast
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from seedtool.errors import LimitError, MalformedError, RefusedError, TruncatedError
from seedtool.seed import ELEMENTS_MAX, RANK_MAX, Entry
from seedtool.sources import numpy_arrays
from seedtool.sources.base import Array, Source, reading

MAGIC = b"\x93NUMPY"
HEADER_MAX = 64 << 10  # bytes of one array's header
DEFLATE_MAX = 1032  # times that deflate can shrink at most, by its format
_SIMPLE = re.compile(r"[<>|=]?[?A-Za-z][0-9]{0,9}")
_KINDS = {"O": "Python objects", "U": "text", "S": "byte strings", "V": "records or raw bytes"}


class Form(NamedTuple):
    """What an array's header states; ``data``: where its values begin, in bytes."""

    kind: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran: bool
    data: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.kind.itemsize


class NpzSource(Source):
    """The arrays of a .npz. Little-endian, C order, decompressed when read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, tuple[zipfile.ZipInfo, Form]] = {}
        with reading(path):
            try:
                self._archive = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
                raise MalformedError(f"is a damaged zip archive: {error}") from None
            try:
                self._read_headers()
            except BaseException:
                self._archive.close()
                raise
        self.meta = {"format": "npz"}

    def _read_headers(self) -> None:
        entries: list[Entry] = []
        left_out: list[str] = []
        for member in self._archive.infolist():
            if not member.filename.endswith(".npy"):
                left_out.append(f"{member.filename}: no array")
                continue
            name = member.filename.removesuffix(".npy")
            _check_member(member)
            with _damage(name), self._archive.open(member) as file:
                form = read_form(file, name)
            dtype = numpy_arrays.dtype_of(form.kind)
            if dtype is None:
                left_out.append(f"{name}: {_describe(form.kind)}")
                continue
            if form.data + form.nbytes != member.file_size:
                raise MalformedError(
                    f"array {name!a} has {member.file_size - form.data} bytes of values, "
                    f"its shape needs {form.nbytes}"
                )
            if name in self._members:
                raise MalformedError(f"array {name!a} is there twice")
            self._members[name] = member, form
            entries.append(Entry(name, dtype, form.shape))
        self.entries, self.left_out = tuple(entries), tuple(left_out)

    def read(self, entry: Entry) -> Array:
        member, form = self._members[entry.name]
        with reading(self._path), _damage(entry.name), self._archive.open(member) as file:
            file.read(form.data)
            values = read_values(file, form, entry.name)
            if file.read(1):  # reaching the end is what makes zipfile compare the checksum
                raise MalformedError(f"array {entry.name!a} is followed by other bytes")
        return numpy_arrays.stored(values, entry.dtype)

    def glimpse(self, entry: Entry) -> bytes:
        return self._members[entry.name][0].CRC.to_bytes(4, "little")

    def close(self) -> None:
        self._archive.close()


class NpySource(Source):
    """The one array of a .npy, called as the file is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with reading(path), path.open("rb") as file:
            self._form = read_form(file, path.stem)
            dtype = numpy_arrays.dtype_of(self._form.kind)
            if dtype is None:
                raise MalformedError(f"holds no numbers but {_describe(self._form.kind)}")
            if path.stat().st_size != self._form.data + self._form.nbytes:
                raise MalformedError("is not as long as the shape of its array needs")
        self.entries = (Entry(path.stem, dtype, self._form.shape),)
        self.meta = {"format": "npy"}

    def read(self, entry: Entry) -> Array:
        with reading(self._path), self._path.open("rb") as file:
            file.seek(self._form.data)
            return numpy_arrays.stored(read_values(file, self._form, entry.name), entry.dtype)


def read_form(file: IO[bytes], name: str) -> Form:
    """The header at the start of ``file``, checked; RefusedError for an array of objects."""
    start = file.read(8)
    if len(start) < 8 or not start.startswith(MAGIC) or start[6] not in {1, 2, 3}:
        raise MalformedError(f"array {name!a} does not begin as a .npy of version 1 to 3 does")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > HEADER_MAX:
        raise LimitError(f"the header of array {name!a} takes {length} bytes")
    text = file.read(length)
    if len(text) != length:
        raise TruncatedError(f"array {name!a} ends inside its header")
    try:
        value = ast.literal_eval(text.decode("utf-8" if start[6] == 3 else "latin1"))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise MalformedError(f"the header of array {name!a} can't be read") from None
    match value:
        case {"descr": descr, "fortran_order": bool(fortran), "shape": tuple(shape)} if (
            len(value) == 3
        ):
            _check_shape(shape, name)
            return Form(_dtype(descr, name), shape, fortran, 8 + width + length)
    raise MalformedError(f"the header of array {name!a} has another form")


def read_values(file: IO[bytes], form: Form, name: str) -> Array:
    """The values that follow the header. Memory fills only as bytes arrive."""
    values = np.empty(math.prod(form.shape), form.kind)
    view, at = values.view(np.uint8).data, 0
    while at < form.nbytes:
        # IO[bytes] has no readinto in the stubs; both files here have one.
        count = file.readinto(view[at : at + (1 << 20)])  # type: ignore[attr-defined]
        if not count:
            raise TruncatedError(f"array {name!a} ends after {at} of {form.nbytes} bytes")
        at += count
    return values.reshape(form.shape, order="F" if form.fortran else "C")


def _check_member(member: zipfile.ZipInfo) -> None:
    packed, plain = member.compress_size, member.file_size
    if member.flag_bits & 1:
        raise RefusedError(f"member {member.filename!a} is encrypted")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise MalformedError(f"member {member.filename!a} is not packed as numpy packs")
    stored = member.compress_type == zipfile.ZIP_STORED
    if (stored and packed != plain) or plain > packed * DEFLATE_MAX + 64:
        raise MalformedError(f"member {member.filename!a} can't unpack to the {plain} bytes stated")


def _check_shape(shape: tuple[object, ...], name: str) -> None:
    if len(shape) > RANK_MAX:
        raise LimitError(f"array {name!a} has {len(shape)} dimensions, the limit is {RANK_MAX}")
    if any(type(n) is not int or not 0 <= n <= ELEMENTS_MAX for n in shape):
        raise MalformedError(f"array {name!a} has a shape that is not of sizes >= 0")


def _dtype(descr: object, name: str) -> np.dtype[np.generic]:
    if isinstance(descr, list):
        return np.dtype(np.void)  # records: named and left out, whatever their fields
    if not isinstance(descr, str) or not _SIMPLE.fullmatch(descr):
        raise MalformedError(f"the header of array {name!a} has an unknown dtype")
    try:
        kind = np.dtype(descr)
    except (TypeError, ValueError):
        raise MalformedError(f"the header of array {name!a} has an unknown dtype") from None
    if kind.hasobject:
        raise RefusedError(
            f"array {name!a} is of Python objects, a pickle that could run code: refused",
            hint="save arrays of numbers only",
        )
    return kind


def _describe(kind: np.dtype[np.generic]) -> str:
    return _KINDS.get(kind.kind, f"an array of the dtype {kind}")


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Turn what zipfile and zlib say of bad bytes into a MalformedError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise MalformedError(f"array {name!a} is damaged: {error}") from None
