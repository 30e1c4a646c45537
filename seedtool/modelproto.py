"""ONNX's ModelProto: what a model defines, which tensors can leave it, and the rest.

Field numbers are those of onnx.proto; nothing here needs the onnx package.
Only heads are read, so the buffer may be a map of a file far larger than memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seedtool import protobuf as pb
from seedtool import tensorproto
from seedtool.errors import LimitError, MalformedError
from seedtool.tensorproto import Tensor

IR_VERSION, GRAPH, OPSET_IMPORT, TRAINING, FUNCTIONS = 1, 7, 8, 20, 25
NODE, INITIALIZER, INPUT, OUTPUT, SPARSE = 1, 5, 11, 12, 15
NODE_INPUT, NODE_OUTPUT, OP_TYPE, ATTRIBUTE, DOMAIN = 1, 2, 4, 5, 7
ATTRIBUTE_NAME, ATTRIBUTE_I, ATTRIBUTE_INTS, ATTRIBUTE_TYPE = 1, 3, 8, 20
INT = 2  # AttributeProto's type of a single integer
ATTRIBUTE_T, ATTRIBUTE_G, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS = 5, 6, 10, 11
NESTING_MAX = 32  # graphs within graphs; protobuf's own readers stop at 100 messages
DEFAULT_DOMAINS = ("", "ai.onnx")
FREE_INITIALIZERS = 4  # from this IR version on an initializer need not be an input


@dataclass(frozen=True)
class Held:
    """A tensor that a graph holds; ``start``: where the field to cut begins in the file.

    ``depth`` is 0 in the main graph; ``constant``: it is a Constant node's value
    (``tensor.name`` is then the node's output).
    """

    tensor: Tensor
    start: int
    depth: int
    constant: bool


@dataclass(frozen=True)
class Node:
    """An operator; ``ints``: its attributes that are integers or lists of them."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ints: dict[str, list[int]]


@dataclass
class Survey:
    """What a model says of itself.

    ``defined`` counts the definitions of each value name over all graphs;
    ``outputs`` are the names that any graph gives out, ``inputs`` those that the
    main graph takes; ``outside``: tensors that can't be cut but point to other files;
    ``pieces``: how many fields the main graph comes in.
    """

    ir_version: int = 0
    opset: int = 0
    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    defined: Counter[str] = field(default_factory=Counter)
    held: list[Held] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    outside: int = 0
    pieces: int = 0

    def liftable(self, smallest: int) -> list[Held]:
        """Tensors of at least ``smallest`` bytes that may become main initializers.

        A Constant node's value, or an initializer of a graph within the graph,
        is one if its name is defined nowhere else, since inner graphs see the
        names of outer ones, and if no graph gives it out, which must be of its own.
        """
        found = []
        for held in self.held:
            tensor = held.tensor
            moved = held.constant or held.depth > 0
            if not tensor.dtype or not tensor.name or tensor.nbytes < smallest:
                continue
            if moved and (
                self.defined[tensor.name] != 1
                or tensor.name in self.outputs
                or self.ir_version < FREE_INITIALIZERS
            ):
                continue
            found.append(held)
        return found


def survey(model: memoryview) -> Survey:
    """Read a ModelProto's heads; MalformedError or LimitError if it can't be one."""
    seen = Survey()
    for item in pb.fields(model):
        inside = item.end - item.data.nbytes
        if item.number == IR_VERSION:
            seen.ir_version = item.value
        elif item.number == OPSET_IMPORT:
            domain, version = _opset(item.data)
            if domain in DEFAULT_DOMAINS:
                seen.opset = version
        elif item.number == GRAPH and item.wire == pb.BYTES:
            seen.pieces += 1
            _graph(seen, item.data, inside, 0)
        elif item.number in (FUNCTIONS, TRAINING) and item.wire == pb.BYTES:
            seen.outside += _mentions_files(item.data)
    if not seen.ir_version:
        raise MalformedError("it is no ONNX model: it has no IR version")
    return seen


def _opset(data: memoryview) -> tuple[str, int]:
    domain, version = "", 0
    for item in pb.fields(data):
        if item.number == 1:
            domain = pb.text(item)
        elif item.number == 2:
            version = item.value
    return domain, version


def _graph(seen: Survey, data: memoryview, base: int, depth: int) -> None:
    if depth > NESTING_MAX:
        raise LimitError(f"ONNX graphs are nested deeper than {NESTING_MAX}")
    for item in pb.fields(data):
        inside = base + item.end - item.data.nbytes
        if item.wire != pb.BYTES:
            continue
        if item.number == NODE:
            _node(seen, item, base, depth)
        elif item.number == INITIALIZER:
            tensor = tensorproto.parse(item.data, inside)
            seen.held.append(Held(tensor, base + item.start, depth, constant=False))
            seen.defined[tensor.name] += 1
        elif item.number in (INPUT, OUTPUT):
            names = [pb.text(f) for f in pb.fields(item.data) if f.number == 1]
            if item.number == OUTPUT:
                seen.outputs.update(names)
            else:
                seen.defined.update(names)
                seen.inputs.update(names if depth == 0 else ())
        elif item.number == SPARSE:
            seen.outside += _mentions_files(item.data)


def _node(seen: Survey, node: pb.Field, base: int, depth: int) -> None:
    inside = base + node.end - node.data.nbytes
    inputs: list[str] = []
    outputs: list[str] = []
    op, domain = "", ""
    ints: dict[str, list[int]] = {}
    tensors: list[Tensor] = []
    for item in pb.fields(node.data):
        if item.number == NODE_INPUT:
            inputs.append(pb.text(item))
        elif item.number == NODE_OUTPUT:
            outputs.append(pb.text(item))
        elif item.number == OP_TYPE:
            op = pb.text(item)
        elif item.number == DOMAIN:
            domain = pb.text(item)
        elif item.number == ATTRIBUTE and item.wire == pb.BYTES:
            at = inside + item.end - item.data.nbytes
            tensors += _attribute(seen, item.data, at, depth, ints)
    seen.defined.update(filter(None, outputs))
    if domain in DEFAULT_DOMAINS:
        seen.nodes.append(Node(op, tuple(inputs), tuple(outputs), ints))
        if op == "Constant" and len(tensors) == len(outputs) == 1 and not tensors[0].external:
            named = replace(tensors[0], name=outputs[0])
            seen.held.append(Held(named, base + node.start, depth, constant=True))
    seen.outside += sum(t.external is not None for t in tensors)


def _attribute(
    seen: Survey, data: memoryview, base: int, depth: int, ints: dict[str, list[int]]
) -> list[Tensor]:
    """The tensors of an attribute; its graphs go to ``seen``, its integers to ``ints``."""
    name = ""
    numbers: list[int] = []
    tensors: list[Tensor] = []
    for item in pb.fields(data):
        inside = base + item.end - item.data.nbytes
        if item.number == ATTRIBUTE_NAME:
            name = pb.text(item)
        elif item.number in (ATTRIBUTE_I, ATTRIBUTE_INTS) and item.wire == pb.VARINT:
            numbers.append(pb.signed(item.value))
        elif item.number == ATTRIBUTE_INTS:
            numbers += pb.varints(item.data).astype(np.int64).tolist()
        elif item.number in (ATTRIBUTE_G, ATTRIBUTE_GRAPHS):
            _graph(seen, item.data, inside, depth + 1)
        elif item.number in (ATTRIBUTE_T, ATTRIBUTE_TENSORS):
            tensors.append(tensorproto.parse(item.data, inside))
    if numbers:
        ints[name] = numbers
    return tensors


def _mentions_files(data: memoryview) -> bool:
    """True if a rarely used part may point to a file: its tensors are not looked at one by one."""
    return b"location" in bytes(data)


def cut(model: memoryview, starts: Sequence[int], base: int = 0) -> bytes:
    """The message without the fields that begin at ``starts`` (sorted, absolute).

    Lengths of the messages around them are written anew, all else is kept byte
    by byte; a message that loses its last field goes too.
    """
    kept: list[bytes | memoryview] = []
    for item in pb.fields(model):
        first = bisect_left(starts, base + item.start)
        if first == bisect_left(starts, base + item.end):
            kept.append(model[item.start : item.end])
        elif starts[first] != base + item.start:
            inner = cut(item.data, starts, base + item.end - item.data.nbytes)
            if inner:
                kept += [pb.head(item.number, len(inner)), inner]
    return b"".join(kept)


def node(op: str, inputs: Sequence[str], output: str, ints: Mapping[str, int]) -> bytes:
    """A field of a graph: an operator with one output and integer attributes."""
    made = b"".join(pb.delimited(NODE_INPUT, name) for name in inputs)
    made += pb.delimited(NODE_OUTPUT, output) + pb.delimited(OP_TYPE, op)
    for name, value in ints.items():
        fields = pb.delimited(ATTRIBUTE_NAME, name) + pb.integer(ATTRIBUTE_I, value)
        made += pb.delimited(ATTRIBUTE, fields + pb.integer(ATTRIBUTE_TYPE, INT))
    return pb.delimited(NODE, made)
