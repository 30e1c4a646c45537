"""An .onnx file: its initializers are the tensors, the rest of it is the graph.

Read without the onnx package and without loading it whole. Large values of
Constant nodes and of graphs within the graph (both branches of an If, say)
count as initializers where that is sound; tensors under :data:`SMALLEST`
bytes are shapes and axes rather than weights and stay in the graph.
"""

from __future__ import annotations

import mmap
import os
from io import BufferedReader
from pathlib import Path

import numpy as np

from seedtool import modelproto, tensorproto
from seedtool.errors import (
    MalformedError,
    NoGraphError,
    RefusedError,
    SeedError,
    TruncatedError,
    UnsupportedError,
)
from seedtool.graph import Graph, Initializer
from seedtool.modelproto import Held
from seedtool.models.session import Session
from seedtool.seed import ASSET_MAX, DTYPES, Entry, check_name
from seedtool.sources.base import Array, Run, Source, reading
from seedtool.tensorproto import Tensor

SMALLEST = 1 << 10  # bytes of a tensor that is taken out of the graph
PEEKS, PEEK = 8, 16  # places and bytes of a glimpse
Place = tuple[BufferedReader, int]  # a file and the position of a tensor's bytes in it


class OnnxSource(Source):
    """The model in ``path``; MalformedError if it is none, RefusedError for unsafe paths.

    A tensor is called what its initializer is, or ``tensor.N`` (N-th of the
    file) where that is no legal or no unique name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: dict[Path, BufferedReader] = {}
        try:
            with reading(path):
                self._read_heads()
        except BaseException:
            self.close()
            raise
        self.meta = {"format": "onnx"}

    def _read_heads(self) -> None:
        file = self._open(self._path)
        self._size = os.fstat(file.fileno()).st_size
        if not self._size:
            raise MalformedError("the file is empty")
        # Only heads are read through the map; a page that values are read
        # through counts as memory of ours, so read() does that instead.
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        survey = modelproto.survey(memoryview(self._map))
        if not survey.pieces:
            raise MalformedError("it is no ONNX model: it has no graph")
        self._opset = survey.opset
        lifted = sorted(survey.liftable(SMALLEST), key=lambda h: h.start)
        main = [h.tensor.name for h in survey.held if not h.depth and not h.constant]
        if len(set(main)) != len(main):
            raise MalformedError("an initializer appears twice")
        names = _legal_names([h.tensor.name for h in lifted])
        self._held: dict[str, Held] = dict(zip(names, lifted, strict=True))
        self._places = {name: self._place(h.tensor) for name, h in self._held.items()}
        self.entries = tuple(
            Entry(name, held.tensor.dtype or "", held.tensor.shape)
            for name, held in self._held.items()
        )
        taken = {h.start for h in lifted}
        kept = [h for h in survey.held if h.start not in taken]
        self._outside = survey.outside + sum(h.tensor.external is not None for h in kept)
        large = [h.tensor for h in kept if h.tensor.nbytes >= SMALLEST]
        if large:
            size = sum(t.nbytes for t in large)
            phrase = f"{len(large)} tensors of inner graphs ({size} bytes) stay in the ONNX graph"
            self.left_out = (phrase,)

    def _open(self, path: Path) -> BufferedReader:
        if path not in self._opened:
            self._opened[path] = path.open("rb")
        return self._opened[path]

    def _place(self, tensor: Tensor) -> Place | None:
        """Where a tensor's bytes stand, checked to be there; None for typed fields."""
        if tensor.external is not None:
            return self._external(tensor, tensor.external)
        if tensor.raw is None:
            return None
        begin, end = tensor.raw
        if end - begin != tensor.nbytes:
            raise MalformedError(
                f"tensor {tensor.name!a} has {end - begin} bytes, its form needs {tensor.nbytes}"
            )
        return self._open(self._path), begin

    def _external(self, tensor: Tensor, says: dict[str, str]) -> Place:
        """External data: a file inside the model's own folder, and a span inside that file."""
        location = says.get("location", "")
        folder = self._path.resolve().parent
        try:
            path = (folder / location).resolve()
            safe = path.is_relative_to(folder) and ".." not in Path(location).parts
            safe = safe and not Path(location).is_absolute() and path.is_file()
        except (OSError, ValueError, RuntimeError):  # too long, a NUL byte, a loop of links
            safe = False
        if not safe:
            raise RefusedError(
                f"tensor {tensor.name!a} points to {location[:99]!a},"
                " which is no file in the model's folder"
            )
        try:
            offset = int(says.get("offset", "0"))
            length = int(says.get("length", str(tensor.nbytes)))
        except ValueError:
            raise MalformedError(f"tensor {tensor.name!a} stands at no legal position") from None
        file = self._open(path)
        if offset < 0 or length != tensor.nbytes:
            raise RefusedError(f"tensor {tensor.name!a} has a position that does not fit its form")
        if offset + length > os.fstat(file.fileno()).st_size:
            raise RefusedError(f"tensor {tensor.name!a} reaches beyond the end of {location!a}")
        return file, offset

    def read(self, entry: Entry) -> Array:
        place = self._places[entry.name]
        with reading(self._path):
            if place is None:
                return tensorproto.typed_values(self._held[entry.name].tensor)
            file, begin = place
            file.seek(begin)
            values = np.empty(entry.size, DTYPES[entry.dtype].storage)
            if file.readinto(values.view(np.uint8).data) != entry.nbytes:
                raise TruncatedError(f"ends inside tensor {entry.name!a}: it changed while open")
        return values.reshape(entry.shape)

    def glimpse(self, entry: Entry) -> bytes:
        place = self._places[entry.name]
        if place is None:
            return super().glimpse(entry)
        file, begin = place
        peeks = []
        with reading(self._path):
            for at in range(0, entry.nbytes, max(PEEK, entry.nbytes // PEEKS)):
                file.seek(begin + at)
                peeks.append(file.read(min(PEEK, entry.nbytes - at)))
        return b"".join(peeks)

    def graph(self) -> Graph:
        if self._outside:
            raise NoGraphError("the graph keeps tensors that stand in other files")
        held = list(self._held.values())
        if self._size - sum(h.tensor.inline for h in held) > ASSET_MAX:
            raise NoGraphError("the graph takes over 256 MiB even without its weights")
        with reading(self._path):
            skeleton = modelproto.cut(memoryview(self._map), [h.start for h in held])
        rows = tuple(Initializer(h.tensor.name, name) for name, h in self._held.items())
        return Graph(self._opset, skeleton, rows)

    def runner(self) -> Run:
        try:
            return Session(self._path)
        except UnsupportedError as error:
            raise NoGraphError(error.message) from None

    def close(self) -> None:
        for file in self._opened.values():
            file.close()
        self._opened.clear()


def _legal_names(names: list[str]) -> list[str]:
    legal: list[str] = []
    seen: set[str] = set()
    for index, name in enumerate(names):
        chosen = name
        try:
            check_name(name)
        except SeedError:
            chosen = f"tensor.{index}"
        while chosen.casefold() in seen:
            chosen = f"tensor.{index}" if chosen == name else f"{chosen}_"
        seen.add(chosen.casefold())
        legal.append(chosen)
    return legal
