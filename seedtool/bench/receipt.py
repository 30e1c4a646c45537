"""``receipt``: what a seed grows to by its recipe, by every seed, beside a random start."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from seedtool import api
from seedtool.assemble import no_base
from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Plain, Point
from seedtool.bench.reports.blocks import Block, Column, Table
from seedtool.bench.reports.blocks import Words as Paragraph
from seedtool.bench.results.document import Document, Result
from seedtool.errors import UsageError
from seedtool.growing import given
from seedtool.growing.growth import Wish
from seedtool.receipts import making, repeating
from seedtool.receipts.making import Trial
from seedtool.receipts.schema import Figure
from seedtool.recipes.schema import LOWER_IS_BETTER
from seedtool.tensors import BaseModel


@dataclass(frozen=True)
class Options:
    """``model``: a seed's file; ``task``: one of its recipes, "" for the only one.

    ``data``, ``test``: where the recipe's data, or test data, are given. ``start``: where growing
    starts. ``seeds``: so many of the recipe's, 0 for all. ``base``: the model that the seed is a
    difference to, then that one's own.
    """

    model: str
    task: str = ""
    data: str = ""
    test: str = ""
    start: str = "coded"
    seeds: int = 0
    base: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.seeds < 0:
            raise UsageError(f"seeds are 0 (all) or more, not {self.seeds}")


class Bench(base.Bench):
    title = "What a seed grows to"
    about = (
        "The whole table of a receipt, made anew: a seed grown by its recipe, once for each of the"
        " recipe's seeds of random numbers, and a random start grown in the same way, which shows"
        " what the recipe and its data do without the seed's weights."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "metric": Measure("what the score is"),
        "zero_shot": Measure("the score with no step of growing", "", "higher"),
        "grown": Measure("the score after growing", "", "higher"),
        "error": Measure("standard error of that, for the test examples being a sample"),
        "tested": Measure("examples measured on", "examples", exact=True),
        "examples": Measure("learned from", "examples", exact=True),
        "steps": Measure("of growing", "steps", exact=True),
        "bytes": Measure("of the whole seed", "bytes", "lower", exact=True),
    }

    def figures(self, options: Any) -> Mapping[str, Measure]:
        if _trial(options).recipe.metric not in LOWER_IS_BETTER:
            return self.measures
        lower = {n: replace(self.measures[n], better="lower") for n in ("zero_shot", "grown")}
        return {**self.measures, **lower}

    def inputs(self, options: Any) -> Mapping[str, Input]:
        trial, path = _trial(options), Path(options.model)
        measured = trial.measured()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        below = _seed(options).base
        return {
            "model": Input(options.model, digest, path.stat().st_size),
            **({"base": _base(below)} if below else {}),
            "data": _examples(trial.recipe.name, trial.examples),
            "test": _examples("test", measured),
        }

    def smoke(self, options: Any) -> Any:
        return replace(options, seeds=1)

    def points(self, options: Any) -> Sequence[Point]:
        trial = _trial(options)
        return [Point(options.start, {"number": n}, i) for i, n in enumerate(trial.seeds)]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """By the recipe's own seed of random numbers, whatever the bench's is."""
        trial = replace(_trial(options), seeds=(int(point.params["number"] or 0),))
        found = making.make(_seed(options), trial)
        own, other = (_scores(found.figures, row) for row in ("grown", "random"))
        shared: dict[str, Plain] = {
            "metric": found.metric,
            "tested": found.tested,
            "examples": found.examples,
            "steps": found.done[0],
            "bytes": Path(options.model).stat().st_size,
        }
        zero = found.figures["zero_shot"].mean
        return Measured({**shared, "zero_shot": zero, **own}, {"random": other})

    def blocks(self, document: Document) -> Iterator[Block]:
        rows = [*document.results()]
        if not rows:
            return
        yield _summary(rows)
        columns = (
            Column("seed of random numbers", ",.0f"),
            Column("0 steps", ".4f"),
            Column("grown", ".4f"),
            Column("control: random start, grown alike", ".4f"),
        )
        cells = tuple(
            (
                _whole(row),
                row.number("zero_shot"),
                row.number("grown"),
                row.number("grown", "random"),
            )
            for row in rows
        )
        yield Table("By seed", columns, cells)
        first = rows[0]
        yield Paragraph(
            f"{first.text('metric')} on {first.text('tested')} examples that trained nothing, after"
            f" {first.text('steps')} steps on {first.text('examples')};"
            f" the seed takes {first.text('bytes')} bytes."
        )


def _seed(options: Options) -> api.Seed:
    seed = api.load(options.model, base=list(options.base) or None)
    if seed.header.base and not seed.base:
        raise no_base(seed.header.base)
    return seed


def _base(below: BaseModel) -> Input:
    return Input(below.name, below.reference.digest.hex(), below.reference.size)


def _trial(options: Options) -> Trial:
    seed = _seed(options)
    recipe = given.choose_recipe(seed.recipes(), options.task or None)
    seeds = recipe.seeds[: options.seeds or None]
    wish = Wish(start=options.start)
    return repeating.trial_of(seed, recipe, options.data or None, options.test or None, seeds, wish)


def _examples(name: str, examples: Any) -> Input:
    return Input(name, examples.digest().hex(), len(examples), "examples")


def _scores(figures: Mapping[Any, Figure], row: str) -> dict[str, Plain]:
    return {"grown": figures[row].mean, "error": figures[row].error}


def _whole(row: Result) -> int | None:
    number = row.params.get("number")
    return number if isinstance(number, int) else None


def _summary(rows: Sequence[Result]) -> Table:
    columns = (
        Column(""),
        Column("mean", ".4f"),
        Column("± over seeds", ".4f"),
        Column("± of the test examples", ".4f"),
    )
    cells = []
    for title, figure, control in (
        ("0 steps", "zero_shot", None),
        ("grown", "grown", None),
        ("control: random start, grown alike", "grown", "random"),
    ):
        values = [row.number(figure, control) for row in rows]
        errors = [row.number("error", control) for row in rows]
        known = tuple(v for v in values if v is not None)
        if known:
            made = Figure(known, None)
            error = None if figure == "zero_shot" else _mean(errors)
            cells.append((title, made.mean, made.spread, error))
    return Table("The receipt", columns, tuple(cells))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
