"""A model as a table of tensors that can be read by name, and what names it by its values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from seedtool import container
from seedtool.codecs.base import Array
from seedtool.seed import Base, Entry


@dataclass(frozen=True)
class Tensors:
    """A model as a table of entries by name and a way to read each."""

    entries: Mapping[str, Entry]
    read: Callable[[str], Array]


@dataclass(frozen=True)
class BaseModel:
    """A model that differences are to, open for reading.

    ``reference`` is how the header of a seed names it, ``name`` how people do;
    ``stored`` are the bytes of its files, of its own bases too. ``assets``:
    how to read each file that rides along with it, by name.
    """

    reference: Base
    tensors: Tensors
    name: str
    stored: int
    assets: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


def identity(entries: Iterable[Entry], check: Callable[[Entry], bytes]) -> tuple[bytes, int]:
    """The digest and the bytes of a model's tensors (SPEC 4.2), whatever file they are in.

    ``entries``: the whole table, owners before their ties; ``check`` gives the first
    8 bytes of the SHA-256 of an owner's elements.
    """
    rows: list[tuple[str, str, list[int], bytes]] = []
    distinct: dict[tuple[str, tuple[int, ...], bytes], int] = {}
    for entry in entries:
        value = check(entry) if entry.same is None else rows[entry.same][3]
        rows.append((entry.name, entry.dtype, list(entry.shape), value))
        distinct[entry.dtype, entry.shape, value] = entry.nbytes
    digest = hashlib.sha256(container.pack(sorted(rows))).digest()
    return digest, sum(distinct.values())
