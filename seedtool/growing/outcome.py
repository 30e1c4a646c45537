"""The model that a trained module makes, in the form of the seed's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seedtool.assemble import Assembly, Asset, Owner
from seedtool.codecs.base import Array
from seedtool.errors import MissingExtraError, NoGraphError
from seedtool.graph import Graph
from seedtool.growing.body import Body
from seedtool.seed import Header
from seedtool.sources.state_dict import StateDictSource

Model = tuple[Assembly, dict[str, Array]]


def result_of(assembly: Assembly, body: Body, stored: Mapping[str, Array]) -> Model:
    """The model as an assembly without a stream, and its arrays by owner.

    ``stored``: the seed's arrays, which stay where the module has none.
    """
    if body.adopted:
        return _adopted(assembly, body)
    tensors = body.split(assembly.tensors)
    before = {name: entry.name for entry, names in assembly.tensors for name in names}
    arrays = {
        entry.name: body.read(entry) if entry.name in body.places else stored[before[entry.name]]
        for entry, _ in tensors
    }
    graph = _rewired(assembly.graph, tensors, assembly.tensors) if assembly.graph else None
    return replace(assembly, tensors=tensors, arrays=iter(()), graph=graph), arrays


def _adopted(assembly: Assembly, body: Body) -> Model:
    """Of a module with a new head: its own state, its config, and a graph where it can be made."""
    module = body.module
    source = StateDictSource(module.state_dict())
    raw = json.dumps(module.config.to_dict(), indent=2, sort_keys=True).encode() + b"\n"
    others = tuple(a for a in assembly.assets if a.name != "config.json")
    meta = {**assembly.meta, "architecture": type(module).__name__}
    graph: Graph | None = None
    try:
        from seedtool.models.export import export_module
        from seedtool.models.inputs import for_hf

        graph = export_module(module, for_hf(module).tensors, source.entries, source.read)
    except (NoGraphError, MissingExtraError):
        pass  # an assembly to ONNX says that there is none
    made = Assembly(
        tuple(Header(source.entries).owners()),
        iter(()),
        meta,
        (Asset("config.json", "config", lambda: raw), *others),
        graph,
    )
    return made, {e.name: source.read(e).copy() for e, _ in made.tensors}


def _rewired(graph: Graph, tensors: tuple[Owner, ...], before: tuple[Owner, ...]) -> Graph | None:
    """The graph with each initializer on its own tensor, where one stored one became several.

    None if it can't be told which one an initializer is.
    """
    owner = {name: entry.name for entry, names in tensors for name in names}
    aliases = {name: names for _, names in before for name in names}
    made = []
    for row in graph.initializers:
        akin = list(aliases[row.tensor])
        if len({owner[n] for n in akin}) > 1:
            akin = [n for n in akin if _is_of(row.name, n)]
            if len({owner[n] for n in akin}) != 1:
                return None
        made.append(replace(row, tensor=akin[0]))
    return replace(graph, initializers=tuple(made))


def _is_of(initializer: str, name: str) -> bool:
    """Whether the initializer, as an exporter calls it, is the tensor of that name."""
    called: Any = initializer.removeprefix("module.")
    return any(
        name == c or name.endswith(f".{c}") or c.endswith(f".{name}")
        for c in (called, called.rpartition(".")[0])  # the latter of a narrowed one
        if c
    )
