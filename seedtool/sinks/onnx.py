"""An .onnx file: the seed's graph with its tensors behind it, written without onnx or torch.

Protobuf merges repeated fields of one message: a model may hold its graph in
many pieces. So the file is one piece with the nodes that widen narrowed
weights (first, since nodes stand in the order they run), the skeleton as it
is in the seed, and one piece for each tensor as it comes.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seedtool import modelproto, output, tensorproto
from seedtool import protobuf as pb
from seedtool.assemble import Assembly
from seedtool.errors import LimitError, MalformedError, NoGraphError
from seedtool.graph import Graph, Initializer
from seedtool.seed import DTYPES
from seedtool.sinks import narrow
from seedtool.sinks.narrow import Form, Stored

FILE_MAX = (1 << 31) - 1  # bytes of a message that protobuf's readers take
OVERHEAD = 256  # bytes at most that frame a tensor beside its names and values
SMALLEST = 1 << 10  # bytes of a tensor that moves to the external file
ALIGNMENT = 64  # bytes; so that a reader can map the external file


@dataclass(frozen=True)
class Use:
    """An initializer that a tensor becomes, and the form it is stored in."""

    initializer: Initializer
    form: Form


class _Writer:
    """Pieces of a graph to a stream, tensors inline or in a second file."""

    def __init__(self, out: BinaryIO, data: BinaryIO | None = None, location: str = "") -> None:
        self._out = out
        self._data = data
        self._location = location
        self._written = 0
        self._placed = 0

    def put(self, piece: bytes | memoryview) -> None:
        self._written += len(piece) if isinstance(piece, bytes) else piece.nbytes
        if self._written > FILE_MAX:
            raise _too_large()
        self._out.write(piece)

    def tensor(self, stored: Stored) -> None:
        start = tensorproto.head(stored.name, stored.dtype, stored.shape)
        size = math.prod(stored.shape) * DTYPES[stored.dtype].itemsize
        if self._data is not None and size >= SMALLEST:
            gap = -self._placed % ALIGNMENT
            self._data.write(bytes(gap))
            for block in stored.blocks:
                self._data.write(block)
            self._placed += gap + size
            start += tensorproto.external(self._location, self._placed - size, size)
            self._frame(start, 0)
        else:
            self._frame(start + pb.head(tensorproto.RAW, size), size)
            for block in stored.blocks:
                self.put(block)

    def _frame(self, start: bytes, more: int) -> None:
        """Open a graph piece of one initializer of which ``more`` bytes follow."""
        tensor = pb.head(modelproto.INITIALIZER, len(start) + more)
        self.put(pb.head(modelproto.GRAPH, len(tensor) + len(start) + more) + tensor + start)


def write(assembly: Assembly, out: BinaryIO, precision: str = "fp32") -> None:
    """Write a model to a stream that need not seek, one tensor in memory at a time.

    ``precision``: ``fp32`` (as the seed has it), ``fp16`` or ``int8`` (see
    :mod:`seedtool.sinks.narrow`). NoGraphError if the seed has no graph or not
    all of its tensors come, LimitError over 2 GB, UnsupportedError where the
    graph's opset is too old for the precision.
    """
    graph, uses = _plan(assembly, precision)
    if _predict(graph, assembly, uses) > FILE_MAX:
        raise _too_large()
    _write(assembly, graph, uses, _Writer(out))


def write_files(
    assembly: Assembly,
    path: Path,
    precision: str = "fp32",
    *,
    force: bool = False,
    limit: int = FILE_MAX,
) -> None:
    """As :func:`write`, to a path; over ``limit`` bytes with a ``.onnx.data`` file beside it.

    Both appear when they are complete. Where ``force`` replaces such a pair the
    new data take another name, so that a model never stands beside data of
    another.
    """
    graph, uses = _plan(assembly, precision)
    path = path.resolve() if path.is_file() else path  # beside the file, not beside a link to it
    beside = data_files(path)
    old = [p for p in beside if p.exists()]
    location = next((p for p in beside if p not in old), beside[0]) if force else beside[0]
    placed: os.stat_result | None = None
    try:
        with output.replacing(path, force=force) as out:
            if _predict(graph, assembly, uses) <= limit:
                _write(assembly, graph, uses, _Writer(out))
                return
            with output.replacing(location, force=force) as data:
                _write(assembly, graph, uses, _Writer(out, data, location.name))
            placed = os.fstat(out.fileno())
    except BaseException:
        stands = placed and path.exists() and os.path.samestat(path.stat(), placed)
        if placed and not stands and location not in old:
            location.unlink(missing_ok=True)  # data whose model could not come after it
        raise
    for stale in old:
        if stale != location:
            stale.unlink(missing_ok=True)


def data_files(path: Path) -> list[Path]:
    """Where the external data of the model at ``path`` may lie: one of these, if anywhere."""
    return [path.with_name(f"{path.name}{infix}.data") for infix in ("", ".1")]


def _too_large() -> LimitError:
    return LimitError(
        "the ONNX model would be over 2 GB, more than one file may hold",
        hint="write it to a path ending in .onnx, which makes a .onnx.data file beside it",
    )


def _plan(assembly: Assembly, precision: str) -> tuple[Graph, dict[str, list[Use]]]:
    """The uses of each stored tensor by the name of its owner.

    The skeleton is hostile, but nothing here acts on it, so only what the
    result must not have is refused: bytes that are no model, names defined
    twice, and tensors in files that the seed did not bring.
    """
    graph = assembly.graph
    if graph is None:
        raise NoGraphError(
            "the seed has no ONNX graph", hint="assemble it to safetensors, npz or hf instead"
        )
    survey = modelproto.survey(memoryview(graph.skeleton))
    if survey.outside or any(h.tensor.external is not None for h in survey.held):
        raise MalformedError("the graph points to tensors in files beside it")
    forms = narrow.Forms(survey, graph.skeleton, precision)
    owners = {name: entry for entry, names in assembly.tensors for name in names}
    uses: dict[str, list[Use]] = {}
    for initializer in graph.initializers:
        entry = owners.get(initializer.tensor)
        if entry is None:
            raise NoGraphError(
                f"the graph needs the tensor {initializer.tensor!a}, which is left out",
                hint="assemble all tensors, without --only",
            )
        name = initializer.name
        if survey.defined[name] > (name in survey.inputs):
            raise MalformedError(f"the graph's initializer {name!a} is defined by the graph too")
        form = forms.form(name, entry, len(entry.shape))
        uses.setdefault(entry.name, []).append(Use(initializer, form))
    return graph, uses


def _predict(graph: Graph, assembly: Assembly, uses: dict[str, list[Use]]) -> int:
    """Bytes that the model takes at most, all in one file."""
    total = len(graph.skeleton)
    for entry, _ in assembly.tensors:
        for use in uses.get(entry.name, ()):
            total += use.form.size(entry) + OVERHEAD + 4 * len(use.initializer.name.encode())
    return total


def _write(assembly: Assembly, graph: Graph, uses: dict[str, list[Use]], writer: _Writer) -> None:
    nodes = b"".join(use.form.nodes() for each in uses.values() for use in each)
    if nodes:
        writer.put(pb.head(modelproto.GRAPH, len(nodes)) + nodes)
    writer.put(graph.skeleton)
    for entry, _, array in assembly.stream():
        for use in uses.get(entry.name, ()):
            perm = use.initializer.perm
            for stored in use.form.store(entry, array.transpose(perm) if perm else array):
                writer.tensor(stored)
        del array
