"""A seed in a file, which may be run through again and again, or read at random."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from seedtool import assemble, coding
from seedtool.codecs.base import Array
from seedtool.container import MAGIC, Reader
from seedtool.container.reader import Wanted
from seedtool.errors import FileError
from seedtool.seed import Entry, Header, Section
from seedtool.tensors import BaseModel, Tensors, identity


class SeedFile:
    """The seed at ``path``, of which only heads have been read.

    ``digest`` and ``size`` name the model that it makes (SPEC 4.2): they are made of what
    the heads state, which is compared when a tensor is decoded. The file is closed by
    ``close``, or with the last use. Raises subclasses of SeedError, without the file's name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        stream = path.open("rb")
        self.close = weakref.finalize(self, stream.close)
        try:
            self._reader = Reader(stream)
            self.header = self._reader.header
            self._heads: dict[str, tuple[int, Section]] = {}
            self._files: dict[str, tuple[int, Section]] = {}
            self._scan()
        except BaseException:
            self.close()
            raise
        table = self.header.tensors
        self._owners = {e.name: e if e.same is None else table[e.same] for e in table}
        self.digest, self.size = identity(table, lambda e: self._check(e.name))

    def _scan(self) -> None:
        owners = self.header.owners()
        for section in self._reader.sections(lambda *_: False, seek=True):
            place = self._reader.position - section.stored
            if section.kind == "tensor":
                self._heads[next(owners)[0].name] = (place, section)
            elif section.kind == "asset":
                self._files[section.fields["name"]] = (place, section)

    def _check(self, owner: str) -> bytes:
        return bytes(self._heads[owner][1].fields["check"])

    def tensors(self, model: BaseModel | None) -> Tensors:
        """The model that the seed makes, of its own base if it has one."""
        base = model.tensors if model else None

        def read(name: str) -> Array:
            owner = self._owners[name]
            section = self._section(*self._heads[owner.name], owner)
            return coding.decode(owner, section, model=base)

        return Tensors({e.name: e for e in self.header.tensors}, read)

    def assets(self, model: BaseModel | None) -> Mapping[str, Callable[[], bytes]]:
        """How to read each file that rides along, by name."""

        def read(name: str) -> bytes:
            section = self._section(*self._files[name], None)
            return assemble.asset_of(section, model).data

        return {name: partial(read, name) for name in self._files}

    def _section(self, place: int, bare: Section, entry: Entry | None) -> Section:
        section = self._reader.section_at(place, entry)
        if (section.kind, section.fields) != (bare.kind, bare.fields):
            raise FileError(f"{self.path}: changed since it was opened", hint="start again")
        return section


def begins_as_seed(path: Path) -> bool:
    """True for a file with the magic of a seed."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def open_reader(path: Path, stack: contextlib.ExitStack) -> Reader:
    """A reader of the file, which is closed with ``stack``; FileError if it can't be opened."""
    try:
        return Reader(stack.enter_context(path.open("rb")))
    except IsADirectoryError:
        raise FileError(
            "is a folder, not a seed", hint=f"seed extract {path} -o FILE makes a seed of a model"
        ) from None
    except OSError as e:
        raise FileError(f"can't be read: {e.strerror}") from None
    except ValueError as e:  # a path that holds a NUL
        raise FileError(f"can't be read: {e}") from None


def run_sections(path: Path, header: Header, wanted: Wanted, *, seek: bool) -> Iterator[Section]:
    """A fresh run through a file whose header is known; FileError if it has another now."""
    with contextlib.ExitStack() as stack:
        reader = open_reader(path, stack)
        if reader.header != header:
            raise FileError("changed since it was opened", hint="start again")
        yield from reader.sections(wanted, seek=seek)
