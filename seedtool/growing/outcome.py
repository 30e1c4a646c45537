"""The model that a trained module makes, in the form of the seed's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seedtool.assemble import Assembly, Asset, Owner
from seedtool.codecs.base import Array
from seedtool.errors import NoGraphError, UnsupportedError
from seedtool.graph import Graph
from seedtool.growing.body import Body
from seedtool.seed import Header
from seedtool.sources.state_dict import StateDictSource

Model = tuple[Assembly, dict[str, Array]]


def check_kind(assembly: Assembly, body: Body, to: str | None) -> None:
    """Refuse before it is trained what could not be written as ``to`` (None: anything)."""
    if to == "onnx" and assembly.graph is None and not body.adopted:
        raise NoGraphError(
            "the seed has no ONNX graph", hint="grow it to safetensors, npz or hf instead"
        )
    if to == "hf" and not any(a.name == "config.json" for a in assembly.assets):
        raise UnsupportedError(
            "the seed carries no config.json, so it makes no model folder",
            hint="--to safetensors, npz or onnx",
        )


def result_of(
    assembly: Assembly, body: Body, stored: Mapping[str, Array], *, with_graph: bool
) -> Model:
    """The model as an assembly without a stream, and its arrays by owner.

    ``stored``: the seed's arrays, which stay where the module has none. ``with_graph``: make
    the ONNX graph of a network that the seed has none of.
    """
    if body.adopted:
        return _adopted(assembly, body, with_graph=with_graph)
    tensors = body.split(assembly.tensors)
    before = {name: entry.name for entry, names in assembly.tensors for name in names}
    arrays = {
        entry.name: body.read(entry) if entry.name in body.places else stored[before[entry.name]]
        for entry, _ in tensors
    }
    graph = _rewired(assembly.graph, tensors, assembly.tensors) if assembly.graph else None
    return replace(assembly, tensors=tensors, arrays=iter(()), graph=graph), arrays


def _adopted(assembly: Assembly, body: Body, *, with_graph: bool) -> Model:
    """Of a module with a new head: its own state, its config, and a graph if asked."""
    module = body.module
    source = StateDictSource(module.state_dict())
    stated = json.loads(module.config.to_json_string())
    stated.pop("_name_or_path", None)  # where it was opened
    raw = json.dumps(stated, indent=2, sort_keys=True).encode() + b"\n"
    others = tuple(a for a in assembly.assets if a.name != "config.json")
    meta = {**assembly.meta, "architecture": type(module).__name__}
    graph: Graph | None = None
    if with_graph:
        from seedtool.models.export import export_module
        from seedtool.models.inputs import for_hf

        graph = export_module(module, for_hf(module).tensors, source.entries, source.read)
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
