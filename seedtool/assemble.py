"""The sections of a seed become a model's arrays again, each checked before it is handed on."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import coding, container, graph
from seedtool.errors import UnsupportedError, UsageError
from seedtool.graph import Graph
from seedtool.seed import Base, Entry, Header, Section
from seedtool.tensors import BaseModel

Array = npt.NDArray[np.generic]
Owner = tuple[Entry, tuple[str, ...]]
Progress = Callable[[Entry], None]


@dataclass(frozen=True)
class Asset:
    """A file that rode along; ``read`` may find that the base given lacks it."""

    name: str
    role: str
    read: Callable[[], bytes]

    @property
    def data(self) -> bytes:
        return self.read()


@dataclass(frozen=True)
class Assembly:
    """A model about to be written: all that a sink gets.

    ``tensors``: what will come, with all names of each (the first is its own).
    ``arrays``: their values in that order, storage dtype, C order, each made
    when asked for.
    """

    tensors: tuple[Owner, ...]
    arrays: Iterator[Array]
    meta: Mapping[str, Any]
    assets: tuple[Asset, ...] = ()
    graph: Graph | None = None

    def stream(self) -> Iterator[tuple[Entry, tuple[str, ...], Array]]:
        """Each tensor with its names and values. Run it to its end: there the seed is verified.

        Holds no array but the one it hands out (zip would keep the last).
        """
        for entry, names in self.tensors:
            yield entry, names, next(self.arrays)
        for _ in self.arrays:
            raise AssertionError("more arrays than tensors")


def select(header: Header, only: str | None) -> tuple[Owner, ...]:
    """The stored tensors with the names that match the pattern ``only`` (all for None)."""
    chosen = [
        (entry, tuple(n for n in names if only is None or fnmatch.fnmatchcase(n, only)))
        for entry, names in header.owners()
    ]
    kept = tuple((entry, names) for entry, names in chosen if names)
    if only is not None and not kept:
        raise UsageError(
            f"no tensor is called {only!a}", hint="seed inspect --tensors lists the names"
        )
    return kept


def no_base(reference: Base) -> UsageError:
    """What to say where a seed's base is needed and none is given."""
    return UsageError(
        f"the seed is a difference to another model, of {reference.size:,} bytes of tensors and "
        f"the digest {reference.digest.hex()[:16]}...",
        hint="--base MODEL",
    )


def asset_of(section: Section, model: BaseModel | None) -> Asset:
    """The file of an asset section, which may be the base's."""
    name, digest = section.fields["name"], section.fields.get("base")

    def read() -> bytes:
        if digest is None:
            return b"".join(bytes(p.data) for p in section.parts)
        found = model.assets[name]() if model and name in model.assets else None
        if found is None or hashlib.sha256(found).digest() != digest:
            what = "not that one" if found else "none"
            raise UnsupportedError(
                f"the file {name!a} is the base's, and the base given has {what}",
                hint="--base with the model's whole folder, or its seed",
            )
        return found

    return Asset(name, section.fields["role"], read)


def assemble(
    header: Header,
    sections: Callable[[Callable[[Section, Entry | None], bool]], Iterator[Section]],
    *,
    only: str | None = None,
    limit: int = coding.TENSOR_MAX,
    progress: Progress = lambda _: None,
    model: BaseModel | None = None,
) -> Assembly:
    """The model of a seed whose ``sections(wanted)`` have not been read yet.

    ``model`` is the base of a seed that is a difference. Reads up to the first
    tensor at once, the rest as ``arrays`` is run.
    """
    if header.base and model is None:
        raise no_base(header.base)
    tensors = select(header, only)
    wanted = {entry.name for entry, _ in tensors}
    stream = sections(lambda _, entry: entry is None or entry.name in wanted)
    meta: dict[str, Any] = {}
    made: Graph | None = None
    assets: list[Asset] = []
    first: Section | None = None
    for section in stream:
        if section.kind == "meta":
            meta = container.document(section)
        elif section.kind == "graph":
            made = graph.from_section(section, header)
        elif section.kind == "asset":
            assets.append(asset_of(section, model))
        elif section.kind == "tensor":
            first = section
            break

    base = model.tensors if model else None

    def arrays() -> Iterator[Array]:
        section = first
        for entry, _ in header.owners():
            if section is not None and entry.name in wanted:
                data = coding.decode(entry, section, limit=limit, model=base)
                section = None  # let go of the coded bytes before the array is used
                progress(entry)
                yield data
                del data
            section = next(stream, None)
            while section is not None and section.kind != "tensor":
                section = next(stream, None)

    return Assembly(tensors, arrays(), meta, tuple(assets), made)
