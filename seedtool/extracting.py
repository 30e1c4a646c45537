"""The way in: a model becomes a seed, tensor by tensor or by one plan for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from seedtool import graph
from seedtool.api import Seed
from seedtool.codecs import pca
from seedtool.codecs.base import FALLBACK
from seedtool.container.reader import Wanted
from seedtool.errors import MissingExtraError, NoGraphError, UsageError
from seedtool.extraction import Ledger, asset_section, make_sections
from seedtool.plan import Choice, plan
from seedtool.recipes import carriage
from seedtool.seed import Header, Section
from seedtool.stages import Stage, silent
from seedtool.tensors import BaseModel
from seedtool.version import VERSION

if TYPE_CHECKING:
    from seedtool.recipes.schema import Recipe
    from seedtool.sources.base import Source

# A LoRA, where no codec is asked for: all of its rank, in the finest integers that pca has.
PRODUCT = Choice("pca", pca.Options(bits=pca.BITS_MAX), delta=True)


def extract(
    model: Any,
    *,
    codec: str | None = None,
    key: str | None = None,
    example: Any = None,
    with_graph: bool = True,
    base: Any = None,
    calibrate: Any = None,
    heal: Any = None,
    checkpoint: str | Path | None = None,
    recipes: Sequence[tuple[Recipe, Section | None]] = (),
    noted: Mapping[str, Any] = MappingProxyType({}),
    stage: Stage = silent,
    **settings: Any,
) -> Seed:
    """A seed of a model: a path, a hub id, a torch.nn.Module or a dict of arrays.

    Without more nothing is lost. One of ``size`` (bytes), ``ratio``, ``bits`` (a weight)
    and ``quality`` (0..1) is what one plan for all tensors has to meet, made here and
    now; ``calibrate`` is data to plan by (a path, or a list of batches), ``heal`` how
    long to train the coded model towards the original on it: steps, or a text like
    "10m"; a file ``checkpoint`` keeps its state, and it is gone on with. Or ``codec``
    codes all weights alike when the seed is saved, and other ``settings`` are its
    options; ``whiten`` of ``pca`` takes ``calibrate`` too.

    ``key`` picks one of nested state dicts; ``example`` are inputs to trace a module
    with, for the ONNX graph, which ``with_graph=False`` leaves out. ``base``: a model, or
    the path of a seed, that the receiver has: the seed holds the difference to it (of
    a list, to the first, whose own bases the others are). ``recipes``: what rides along, each
    with the section of its examples, or None where the receiver gives the data. ``noted``: what
    the fidelity document says besides what is measured here.
    ``stage`` is told each stretch of long work and gives what to call with every tensor of it.
    """
    from seedtool.bases import open_base
    from seedtool.planning import whitened
    from seedtool.planning.wish import Wish
    from seedtool.sources import open_source

    whitens = whitened.is_asked(codec, settings, calibrate)
    carried = carriage.sections_of(recipes)
    wish = Wish.of(codec, settings, None if whitens else calibrate, heal)
    if wish and checkpoint:
        wish = replace(wish, checkpoint=Path(checkpoint))
    known = None if base is None else open_base(base)
    source = open_source(model, key=key, example=example, base=known)
    graphs, notes = _graph_of(source) if with_graph else ([], [])
    notes = [*(f"left out: {what}" for what in source.left_out), *notes]

    def made(choices: Mapping[str, Choice]) -> Seed:
        return code_source(source, graphs, choices, notes, known, carried, noted)

    if wish:
        from seedtool.planning.carrying_out import carry_out

        return carry_out(wish, source, known, made, stage)
    choices = _choices(source, codec, settings, known)
    if whitens:
        return whitened.carry_out(choices, calibrate, source, known, made, stage)
    return made(choices)


def _graph_of(source: Source) -> tuple[list[Section], list[str]]:
    """The section of its ONNX graph, or none, and what there is to say of it."""
    try:
        drawn = source.graph()
    except (NoGraphError, MissingExtraError) as e:
        return [], [f"no ONNX graph: {e.message}" + (f" ({e.hint})" if e.hint else "")]
    return [graph.to_section(drawn)], [*drawn.notes]


def _choices(
    source: Source, codec: str | None, settings: Mapping[str, Any], base: BaseModel | None
) -> dict[str, Choice]:
    """All weights by one codec, as differences if there is a base."""
    choices = plan(source.entries, codec or FALLBACK, settings)
    if base is None:
        return choices
    if codec == "minimal":
        raise UsageError("minimal keeps no values, so it can't keep a difference to a base")
    choices = {name: replace(choice, delta=True) for name, choice in choices.items()}
    return choices | ({} if codec else dict.fromkeys(source.products, PRODUCT))


def code_source(
    source: Source,
    graphs: Sequence[Section],
    choices: Mapping[str, Choice],
    notes: Sequence[str] = (),
    base: BaseModel | None = None,
    carried: Sequence[Section] = (),
    noted: Mapping[str, Any] = MappingProxyType({}),
) -> Seed:
    """A seed of an open source, whose graph section (or none) is made already.

    ``carried``: examples and recipes. ``noted``: more of the fidelity document.
    """
    header = Header(source.entries, base.reference if base else None)
    meta: dict[str, Any] = {"tool": f"seedtool {VERSION}", **source.meta}
    if base:
        meta["base"] = {"source": base.name, "bytes": base.stored}
    ledger = Ledger(noted=noted)

    def assets() -> Iterator[Section]:
        for asset in source.assets:
            data = asset.read()
            ledger.asset_bytes += len(data)
            yield asset_section(asset.name, asset.role, data, base)

    def sections(_: Wanted) -> Iterator[Section]:
        ledger.measures.clear()
        ledger.asset_bytes = 0
        return make_sections(
            header,
            source.read,
            choices,
            meta=meta,
            extras=chain(graphs, assets(), carried),
            ledger=ledger,
            model=base,
            products=source.products,
        )

    return Seed(header, sections, source=source, ledger=ledger, notes=tuple(notes), base=base)
