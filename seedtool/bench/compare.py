"""``compare``: one model by our codecs and by those of others, with 0 steps and grown alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.comparing import report, rows
from seedtool.bench.comparing.rows import DISTILLED, HEALED, Setting
from seedtool.bench.peers import catalogue
from seedtool.bench.reports.blocks import Block
from seedtool.bench.results.document import Document
from seedtool.bench.tasks import coders
from seedtool.bench.tasks.lesson import lesson_of
from seedtool.errors import UsageError
from seedtool.recipes.schema import LOWER_IS_BETTER

OURS = (*coders.NAMES, HEALED)
PEERS = (*catalogue.PEERS, catalogue.NNCODEC, DISTILLED)


@dataclass(frozen=True)
class Options:
    """``model``, ``task``, ``data`` and ``test`` as for zero-shot.

    ``calibrate``: data for plans by data and healing, "" for the examples that all rows are
    grown on. ``examples``: so many of them, as many of each class, drawn by the recipe's first
    seed; 0: 60 of the shipped network's, all of a recipe's. ``steps`` of growing, None: as
    the recipe has them. ``seeds``: how many growings of each row. ``settings``: the first so many
    of each peer's, 0 for all. ``nncodec``: the Python of an environment that has it.
    """

    model: str = ""
    task: str = ""
    data: str = ""
    test: str = ""
    calibrate: str = ""
    ratios: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0)
    coders: tuple[str, ...] = OURS
    peers: tuple[str, ...] = PEERS
    nncodec: str = ""
    settings: int = 0
    examples: int = 0
    steps: int | None = None
    seeds: int = 3

    def __post_init__(self) -> None:
        if not self.ratios or any(not 1 <= r <= 1e6 for r in self.ratios):
            raise UsageError("ratios are 1 or more")
        for kind, names, known in (("coder", self.coders, OURS), ("peer", self.peers, PEERS)):
            for name in names:
                if name not in known:
                    raise UsageError(f"unknown {kind} {name!a}", hint=f"one of {', '.join(known)}")
        if self.seeds < 1 or min(self.examples, self.settings, self.steps or 0) < 0:
            raise UsageError("seeds are 1 or more, examples, settings and steps 0 or more")


class Bench(base.Bench):
    title = "One model by many coders"
    about = (
        "Bytes of all that would be shipped against quality, with no step and after the same"
        " growing of every row: the same recipe, examples, steps and random seeds. Codecs of"
        " others take the weight matrices, as ours do, and their bytes by zstd where that is"
        " fewer; names and shapes, vectors and what else rides along are stored for them as for"
        " ours. The controls are a random start grown alike, the original grown alike, and"
        " chance, the best answer that does not look at the input."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "metric": Measure("what the score is"),
        "score": Measure("with no step, on data that trained nothing", "", "higher"),
        "error": Measure("standard error of that, for the test examples being a sample"),
        "kl": Measure("from the original's answers, with no step", "nats", "lower"),
        "grown": Measure("the score after growing", "", "higher"),
        "grown_error": Measure("standard error of that, for the test examples being a sample"),
        "bytes": Measure("of all that is shipped but a graph", "bytes", "lower", exact=True),
        "bits": Measure("those, for each of the original's weights", "bits", "lower", exact=True),
        "ratio": Measure("plain bytes of the tensors over those", "", "higher", exact=True),
        "growing_bytes": Measure(
            "of recipe and examples, the same for all rows", "bytes", exact=True
        ),
        "onnx_bytes": Measure("of the assembled ONNX file", "bytes", "lower", exact=True),
        "reached": Measure("whether there is such a row"),
        "examples": Measure("that each growing learns from", "examples"),
        "steps": Measure("of growing", "steps"),
    }

    def figures(self, options: Any) -> Mapping[str, Measure]:
        if lesson_of(options).recipe.metric not in LOWER_IS_BETTER:
            return self.measures
        lower = {n: replace(self.measures[n], better="lower") for n in ("score", "grown")}
        return {**self.measures, **lower}

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return lesson_of(options).inputs()

    def smoke(self, options: Any) -> Any:
        return replace(
            options,
            ratios=(16.0,),
            coders=tuple(n for n in options.coders if n in ("trellis", "stats")),
            peers=tuple(n for n in options.peers if n in ("pruning + zstd", "onnxruntime")),
            settings=1,
            steps=min(10, 10 if options.steps is None else options.steps),
            seeds=2,
        )

    def points(self, options: Any) -> Sequence[Point]:
        numbers = rows.numbers_of(options)
        points = []
        for row in (Setting("original"), Setting("random"), *_ours(options), *_peers(options)):
            if row.lacks:
                points.append(Point(row.key, row.params))
                continue
            points += [
                Point(row.key, {**row.params, "number": number}, i)
                for i, number in enumerate(numbers)
            ]
        return points

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """By the recipe's own seeds of random numbers, whatever the bench's is."""
        return rows.measure(options, point)

    def blocks(self, document: Document) -> Iterator[Block]:
        return report.blocks(document)


def _ours(options: Options) -> Iterator[Setting]:
    for name in options.coders:
        if name in coders.FIXED:
            yield Setting("seed", name)
            continue
        for ratio in options.ratios:
            if ratio >= coders.LEAST:
                yield Setting("seed", name, asked=ratio)


def _peers(options: Options) -> Iterator[Setting]:
    for name in options.peers:
        if name == DISTILLED:
            yield from (
                Setting("student", name, asked=r) for r in options.ratios if r > rows.STUDENT_LEAST
            )
        elif name == catalogue.NNCODEC:
            lacks = "" if options.nncodec else "not given: --nncodec PYTHON"
            for setting in _first(options, catalogue.QPS) if options.nncodec else ("",):
                yield Setting("peer", name, setting, lacks=lacks)
        else:
            peer = catalogue.PEERS[name]
            lacks = peer.lacks
            for setting in ("",) if lacks else _first(options, peer.settings):
                yield Setting("peer", name, setting, lacks=lacks)


def _first(options: Options, settings: tuple[str, ...]) -> tuple[str, ...]:
    return settings[: options.settings or None]
