"""The parts of a seed as plain values, and the rules each must meet.

Rules and limits are those of formats/seed/v1/SPEC.md; the section numbers in
docstrings are that file's.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seedtool.errors import LimitError, MalformedError

MIB = 1 << 20
HEADER_MAX = 16 * MIB  # bytes of the header map, uncompressed
HEAD_MAX = 64 << 10  # bytes of one section head
CHUNK = 16 * MIB  # raw bytes of every chunk of a part but its last
WINDOW_MAX = 8 * MIB  # zstd window
DEPTH_MAX = 16  # msgpack nesting
VALUES_MAX = 1 << 20  # msgpack values in one header, head, document or table
PARTS_MAX = 16  # parts of one section
RANK_MAX = 8  # dimensions of a tensor
NAME_MAX = 512  # UTF-8 bytes of a name
ELEMENTS_MAX = 1 << 40  # elements of a tensor
DOCUMENT_MAX = 16 * MIB  # bytes of a document part, uncompressed
ASSET_MAX = 256 * MIB  # bytes of graph and assets together, or of an unknown section
EXAMPLES_MAX = 256 * MIB  # bytes of all examples together
RECIPE_MAX = 64 << 10  # bytes of a recipe
RECIPES_MAX = 64  # recipes of a seed, and sections of examples
BASE_NESTING_MAX = 4
SAME = "same"  # the codec of a tensor that is the base's, bit by bit
SUM, WORDS = "sum", "words"  # the kinds of difference to the base's tensor (SPEC 6.11)
SCALE_MIN = 2.0**-100
SCALE_MAX = 2.0**100


@dataclass(frozen=True)
class DType:
    """A tensor's element type: ``storage`` is the numpy dtype that holds its bits."""

    name: str
    itemsize: int
    storage: str
    is_float: bool


DTYPES: dict[str, DType] = {
    d.name: d
    for d in (
        DType("F64", 8, "<f8", True),
        DType("F32", 4, "<f4", True),
        DType("F16", 2, "<f2", True),
        DType("BF16", 2, "<u2", True),
        DType("F8_E4M3", 1, "|u1", True),
        DType("F8_E5M2", 1, "|u1", True),
        DType("I64", 8, "<i8", False),
        DType("I32", 4, "<i4", False),
        DType("I16", 2, "<i2", False),
        DType("I8", 1, "|i1", False),
        DType("U64", 8, "<u8", False),
        DType("U32", 4, "<u4", False),
        DType("U16", 2, "<u2", False),
        DType("U8", 1, "|u1", False),
        DType("BOOL", 1, "|u1", False),
    )
}


@dataclass(frozen=True)
class Entry:
    """One named tensor of the table (SPEC 4.1).

    ``same`` is the index of the earlier entry that this name shares its values
    with (a tied or duplicate tensor), or None for a tensor of its own.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    same: int | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * DTYPES[self.dtype].itemsize


@dataclass(frozen=True)
class Base:
    """The model that a delta seed is a difference to (SPEC 4.2)."""

    digest: bytes
    size: int
    nesting: int


@dataclass(frozen=True)
class Header:
    """What a reader knows before the first section."""

    tensors: tuple[Entry, ...]
    base: Base | None = None

    def owners(self) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """Each stored tensor with all its names, in table order."""
        aliases: dict[int, list[str]] = {}
        for entry in self.tensors:
            if entry.same is not None:
                aliases.setdefault(entry.same, []).append(entry.name)
        for index, entry in enumerate(self.tensors):
            if entry.same is None:
                yield entry, (entry.name, *aliases.get(index, ()))


@dataclass(frozen=True)
class Part:
    """Bytes of a section. ``packed`` ones are entropy-coded already: stored as they are."""

    data: bytes | bytearray | memoryview
    packed: bool = False


@dataclass(frozen=True)
class Section:
    """A section: its kind, the fields of its head, and its parts (SPEC 5).

    ``stored``: bytes that it takes in the file it was read from, framing and hash included.
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    stored: int = 0


def needs_base(kind: str, fields: Mapping[str, Any]) -> bool:
    """True for a section whose content is not in it alone (SPEC 4.2)."""
    if kind == "tensor":
        return "delta" in fields or fields["codec"] == SAME
    return kind == "asset" and "base" in fields


def check_name(name: object, what: str = "tensor name") -> str:
    """Return ``name`` if it is a legal name (SPEC 3.3), raise MalformedError otherwise."""
    if not isinstance(name, str) or not name:
        raise MalformedError(f"{what} is not a non-empty string")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise MalformedError(f"{what} is not valid Unicode") from None
    if length > NAME_MAX:
        raise LimitError(f"{what} is {length} bytes long, the limit is {NAME_MAX}")
    if not unicodedata.is_normalized("NFC", name):
        raise MalformedError(f"{what} {name!a} is not in Unicode normal form C")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in name):
        raise MalformedError(f"{what} {name!a} holds a control character")
    return name


def check_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the table if every rule of SPEC 4.1 holds, raise otherwise."""
    table = tuple(entries)
    seen: set[str] = set()
    for index, entry in enumerate(table):
        folded = check_name(entry.name).casefold()
        if folded in seen:
            raise MalformedError(f"tensor name {entry.name!a} appears twice (case folded)")
        seen.add(folded)
        if entry.dtype not in DTYPES:
            raise MalformedError(
                f"tensor {entry.name!a} has the unknown dtype {entry.dtype[:20]!a}"
            )
        if len(entry.shape) > RANK_MAX:
            raise LimitError(
                f"tensor {entry.name!a} has {len(entry.shape)} dimensions, the limit is {RANK_MAX}"
            )
        if any(type(n) is not int or n < 0 for n in entry.shape):
            raise MalformedError(f"tensor {entry.name!a} has a shape that is not of sizes >= 0")
        # Without the sizes of 0, as numpy too multiplies them for its own bound.
        if math.prod(n for n in entry.shape if n) > ELEMENTS_MAX:
            raise LimitError(f"tensor {entry.name!a} has more than 2^40 elements")
        if entry.same is not None:
            if not 0 <= entry.same < index or table[entry.same].same is not None:
                raise MalformedError(f"tensor {entry.name!a} is tied to no earlier tensor")
            owner = table[entry.same]
            if (owner.dtype, owner.shape) != (entry.dtype, entry.shape):
                raise MalformedError(f"tensor {entry.name!a} differs in form from its owner")
    return table
