"""``zero-shot``: what a model can do with no step of training, from 1x to 1000x."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Plain, Point
from seedtool.bench.inference import student, verdicts
from seedtool.bench.reports.blocks import (
    Axis,
    Block,
    Column,
    Curve,
    Heading,
    Plot,
    Spot,
    Table,
    Words,
)
from seedtool.bench.results.document import Document, Result
from seedtool.bench.tasks import coders, open_task
from seedtool.bench.tasks.task import Task, arrays_of, random_like, rows_shuffled, size_of
from seedtool.errors import GateError, UsageError
from seedtool.recipes.schema import LOWER_IS_BETTER

RATIOS = (1.0, 2.0, 4.0, 8.0, 10.0, 16.0, 20.0, 32.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
FAR = 100.0  # where the research claims to be


@dataclass(frozen=True)
class Options:
    """``model``: "" for the network that ships with the program. ``task``: a recipe.

    ``calibrate``: data for the plan by data, "" for none. ``draws`` of random weights.
    """

    model: str = ""
    task: str = ""
    data: str = ""
    test: str = ""
    calibrate: str = ""
    ratios: tuple[float, ...] = RATIOS
    coders: tuple[str, ...] = coders.NAMES
    draws: int = 3

    def __post_init__(self) -> None:
        if not self.ratios or any(not 1 <= r <= 1e6 for r in self.ratios):
            raise UsageError("ratios are 1 or more")
        for name in self.coders:
            if name not in coders.NAMES:
                known = ", ".join(coders.NAMES)
                raise UsageError(f"unknown coder {name!a}", hint=f"one of {known}")
        if self.draws < 1:
            raise UsageError(f"draws are 1 or more, not {self.draws}")


class Bench(base.Bench):
    title = "What is known with no step of training"
    about = (
        "The critical test of the research: a model is assembled from its seed and measured"
        " before anything is trained, over the whole range of ratios. Ratios are the bytes of all"
        " tensors over the bytes of the whole seed, without the ONNX graph. Random weights have"
        " each tensor's own mean and norm; chance is the best answer that does not look at"
        " the input."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "metric": Measure("what the score is"),
        "score": Measure("on data that trained nothing", "", "higher"),
        "kl": Measure("from the original's answers", "nats", "lower"),
        "bytes": Measure("of the whole seed", "bytes", "lower", exact=True),
        "ratio": Measure("plain bytes of the tensors over those", "", "higher", exact=True),
        "retained": Measure("of the way from chance to the original", "", "higher"),
        "verdict": Measure("by the research's rule, with chance taken off"),
        "verdict_as_written": Measure("by the rule on the score itself"),
        "reached": Measure("whether the ratio could be reached at all"),
    }

    def figures(self, options: Any) -> Mapping[str, Measure]:
        if _task(options).metric not in LOWER_IS_BETTER:
            return self.measures
        return {**self.measures, "score": replace(self.measures["score"], better="lower")}

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return _task(options).inputs()

    def smoke(self, options: Any) -> Any:
        return replace(options, ratios=(4.0, 16.0, 100.0), draws=1)

    def points(self, options: Any) -> Sequence[Point]:
        points = [Point("original", {"kind": "original"}), Point("chance", {"kind": "chance"})]
        points += [Point("random weights", {"kind": "random"}, i) for i in range(options.draws)]
        for name in options.coders:
            if name == coders.CALIBRATED and not options.calibrate:
                continue
            if name in coders.FIXED:
                points.append(Point(name, {"kind": "coded", "coder": name}))
                continue
            points += [
                Point(f"{name} at {ratio:g}x", {"kind": "coded", "coder": name, "asked": ratio})
                for ratio in options.ratios
                if ratio >= coders.LEAST
            ]
        return points

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        task = _task(options)
        chance = task.chance()
        controls = {"chance": {"score": chance.score, "kl": chance.kl}}
        kind = point.params["kind"]
        if kind == "coded":
            return _coded(task, options, point, seed, controls)
        if kind == "chance":
            found = chance
        else:
            values = task.source.arrays if kind == "original" else random_like(task.source, seed)
            found = task.measure(values)
        retained = task.retained(found.score)
        figures: dict[str, Plain] = {"metric": task.metric, "score": found.score, "kl": found.kl}
        return Measured({**figures, "retained": retained}, controls)

    def blocks(self, document: Document) -> Iterator[Block]:
        yield from _verdicts(document)
        yield from _plots(document)
        yield _table(document)


def _task(options: Options) -> Task:
    return open_task(options.model, options.task, options.data, options.test)


def _coded(
    task: Task, options: Options, point: Point, seed: int, controls: dict[str, Any]
) -> Measured:
    coder, asked = str(point.params["coder"]), float(point.params.get("asked") or 0)
    try:
        made = coders.code(task, coder, asked, seed, options.calibrate)
        size = size_of(made)
    except GateError as e:
        return Measured({"metric": task.metric, "reached": False}, controls, (e.message,))
    values = arrays_of(made)
    found = task.measure(values)
    if coder == "pca":
        other = task.measure(rows_shuffled(task.source, values, seed))
        controls["shuffled"] = {"score": other.score, "kl": other.kl}
    retained = task.retained(found.score)
    figures: dict[str, Plain] = {
        "metric": task.metric,
        "score": found.score,
        "kl": found.kl,
        "bytes": size,
        "ratio": task.source.nbytes / size,
        "retained": retained,
        "verdict": verdicts.of(retained),
        "reached": True,
    }
    if task.metric in verdicts.SHARES:
        figures["verdict_as_written"] = verdicts.of(found.score)
    return Measured(figures, controls)


def _verdicts(document: Document) -> Iterator[Block]:
    yield Heading("The research's rule applied")
    rows = [r for r in document.results(kind="coded") if r.number("retained") is not None]
    largest: dict[str, dict[str, float]] = {}
    for row in rows:
        found = largest.setdefault(row.text("coder"), {})
        verdict, ratio = verdicts.of(row.number("retained") or 0.0), row.number("ratio") or 0.0
        found[verdict] = max(found.get(verdict, 0.0), ratio)
    columns = (Column("coded by"), *(Column(f"{name}, up to", ".1f") for name in verdicts.NAMES))
    cells = [(coder, *(f.get(name) for name in verdicts.NAMES)) for coder, f in largest.items()]
    yield Table("Largest ratio at which the weights keep", columns, tuple(cells))
    yield Words(verdicts.RULE)
    kept = [(f["most"], coder) for coder, f in largest.items() if "most" in f]
    lost = [coder for coder, f in largest.items() if not f.keys() - {"nothing"}]
    if kept:
        ratio, coder = max(kept)
        yield Words(
            f"Most of what the model knows is kept with no training up to {ratio:.1f}x, by {coder}."
            " Up to there a seed is compression, and not a recipe alone."
        )
    if lost:
        yield Words(
            f"Seeds by {', '.join(lost)} keep nothing at any ratio: what such a seed does after"
            " training is the training's."
        )
    far = [(r.number("retained") or 0.0, r.number("ratio") or 0.0, r.text("coder")) for r in rows]
    far = [spot for spot in far if spot[1] >= FAR]
    if far:
        share, ratio, coder = max(far)
        yield Words(
            f"Of what was measured at {FAR:g}x and more, {coder} at {ratio:.1f}x keeps most:"
            f" {100 * share:.1f} % of the way from chance to the original, {verdicts.of(share)}."
        )
    else:
        yield Words(f"Nothing came to {FAR:g}x: vectors, names and tables take more than that.")


def _plots(document: Document) -> Iterator[Block]:
    coded = [*document.results(kind="coded")]
    own = next(document.results(kind="original"), None)
    chance = next(document.results(kind="chance"), None)
    metric = own.text("metric") if own else "score"
    for figure, label in (("score", metric), ("kl", "KL from the original")):
        log = figure == "kl" or metric == "perplexity"
        curves = [
            Curve(name, _spots([r for r in coded if r.text("coder") == name], figure))
            for name in dict.fromkeys(r.text("coder") for r in coded)
        ]
        curves.append(Curve("control: pca shuffled", _spots(coded, figure, "shuffled"), "control"))
        levels = [
            (f"control: {name}", value)
            for name, row in (("original", own), ("chance", chance))
            if row and (value := row.number(figure)) is not None and (value > 0 or not log)
        ]
        drawn = [row.number(figure) for row in document.results(kind="random")]
        values = [v for v in drawn if v is not None and (v > 0 or not log)]
        if values:
            levels.append(("control: random weights", student.mean_and_deviation(values)[0]))
        shown = tuple(curve for curve in curves if curve.spots)
        if shown:
            title = f"With 0 steps, by ratio: {label}"
            x = Axis("plain bytes of the tensors / bytes of the seed", log=True)
            y = Axis(label + (", nats" if figure == "kl" else ""), log=log)
            yield Plot(title, x, y, shown, tuple(levels))


def _spots(rows: Sequence[Result], figure: str, control: str | None = None) -> tuple[Spot, ...]:
    places = [(row.number("ratio"), row.number(figure, control)) for row in rows]
    return tuple(Spot(x, y) for x, y in sorted((x, y) for x, y in places if x and y is not None))


def _table(document: Document) -> Table:
    columns = (
        Column("coded by"),
        Column("asked, x", "g"),
        Column("bytes", ",.0f"),
        Column("ratio", ".2f"),
        Column("score", ".4f"),
        Column("KL, nats", ".4g"),
        Column("kept of chance to original", ".1%"),
        Column("verdict"),
        Column("as written"),
    )
    cells = []
    for row in document.results():
        asked = row.params.get("asked")
        unreached = row.figures.get("reached") is False
        cells.append(
            (
                row.text("coder") or f"control: {row.key}",
                asked if isinstance(asked, (int, float)) else None,
                *(row.number(f) for f in ("bytes", "ratio", "score", "kl", "retained")),
                "not reached" if unreached else row.text("verdict"),
                row.text("verdict_as_written"),
            )
        )
    return Table("Every point", columns, tuple(cells))
