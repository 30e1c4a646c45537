"""An ONNX graph without its weights, and how the seed's tensors fill it (SPEC 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seedtool import container
from seedtool.errors import MalformedError
from seedtool.seed import RANK_MAX, Header, Part, Section


@dataclass(frozen=True)
class Initializer:
    """The initializer ``name`` is the seed's tensor ``tensor``, axes permuted by ``perm``."""

    name: str
    tensor: str
    perm: tuple[int, ...] = ()


@dataclass(frozen=True)
class Graph:
    """``skeleton``: a serialised ONNX ModelProto whose large initializers are left out.

    ``notes``: what its maker wants said to the user; not part of the seed.
    """

    opset: int
    skeleton: bytes
    initializers: tuple[Initializer, ...]
    notes: tuple[str, ...] = ()


def to_section(graph: Graph) -> Section:
    rows = [[i.name, i.tensor, list(i.perm)] for i in graph.initializers]
    parts = (Part(graph.skeleton), Part(container.pack(rows)))
    return Section("graph", {"opset": graph.opset}, parts)


def from_section(section: Section, header: Header) -> Graph:
    """The graph of a section; MalformedError where it does not fit the tensor table."""
    if len(section.parts) != 2:
        raise MalformedError("a graph section is not of two parts")
    rows: Any = container.unpack(bytes(section.parts[1].data), "the table of initializers")
    entries = {e.name: e for e in header.tensors}
    made: list[Initializer] = []
    if not isinstance(rows, list):
        raise MalformedError("the graph's initializers are not a list")
    for row in rows:
        match row:
            case [str(name), str(tensor), list(perm)] if name and tensor in entries:
                rank = len(entries[tensor].shape)
                if perm and (
                    rank > RANK_MAX or sorted(map(repr, perm)) != [*map(repr, range(rank))]
                ):
                    raise MalformedError(f"the axes of initializer {name!a} are no permutation")
                made.append(Initializer(name, tensor, tuple(perm)))
            case _:
                raise MalformedError("a graph initializer has another form or an unknown tensor")
    if len({i.name for i in made}) != len(made):
        raise MalformedError("a graph initializer appears twice")
    return Graph(int(section.fields["opset"]), bytes(section.parts[0].data), tuple(made))
