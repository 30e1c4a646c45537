"""``rate``: real bytes of codecs against R(D) of fitted sources, and what is left to be won."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from seedtool import codecs, coding
from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.information import entropies, gains, weights
from seedtool.bench.information.weights import SOURCES, Weights
from seedtool.bench.peers import nnc
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
from seedtool.errors import UsageError
from seedtool.plan import Choice, make_options

PEER = "nncodec"
CODECS = ("trellis", "quant")
SIDE_MAX = 2048  # of a matrix whose spectrum is taken
NAMES = {
    "gaussian": "R(D), Gaussian",
    "laplacian": "R(D), Laplacian",
    "generalised": "R(D), generalised",
    "classes": "R(D), by scale class",
}
GAINS = ("rows", "columns", "classes", "neighbours", "layer")


@dataclass(frozen=True)
class Options:
    """``bits``: rates, as Gaussian weights would take them; ``analysed``: that of the entropies.

    ``peer``: the Python of an environment that has nncodec, "" for none. ``states`` of the
    trellis. ``tensors``: how many matrices are analysed, the largest; 0: all.
    """

    model: str
    bits: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
    codecs: tuple[str, ...] = CODECS
    peer: str = ""
    states: int = 8
    analysed: float = 3.0
    tensors: int = 0

    def __post_init__(self) -> None:
        if not self.bits or any(not 0.25 <= b <= 12 for b in (*self.bits, self.analysed)):
            raise UsageError("bits of a rate lie in 0.25..12")
        for codec in self.codecs:
            if codec not in CODECS:
                raise UsageError(f"no rates of {codec!a}", hint=f"one of {', '.join(CODECS)}")


class Bench(base.Bench):
    title = "Rate and distortion"
    about = (
        "All weight matrices at one step each time, real bytes with tables, against the least"
        " rate at which sources fitted to the weights can be had with that squared error; and"
        " entropies of quantised weights given what stands beside them, which say what a coder"
        " could still win."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "bits": Measure("of real bytes, a weight", "bits", "lower", exact=True),
        "snr_db": Measure("signal to noise", "dB", "higher"),
        **{name: Measure(f"{about} at that error", "bits") for name, about in NAMES.items()},
        "over_classes": Measure("bits over R(D) by scale class", "bits", "lower"),
        "elements": Measure("weights", exact=True),
        "order_0": Measure("entropy of the indices", "bits"),
        **{name: Measure(f"saved by knowing the {name}", "bits") for name in GAINS},
        "low_rank": Measure("saved by a low-rank part", "bits"),
        "rank": Measure("of that part"),
        "correlation": Measure("with the layer before, weight by weight"),
        "won": Measure("the most of what trellis does not use yet", "bits"),
    }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return {"model": weights.describe(options.model)}

    def smoke(self, options: Any) -> Any:
        return replace(options, bits=(2.0, 4.0), peer="", tensors=4)

    def points(self, options: Any) -> Sequence[Point]:
        codecs = [*options.codecs, *([PEER] if options.peer else [])]
        held = weights.load(options.model)
        order = sorted(held.entries, key=lambda e: -e.size)
        kept = {e.name for e in order[: options.tensors or None]}
        return [
            *(
                Point(f"{codec} at {bits:g}", {"kind": "rate", "codec": codec, "bits": bits})
                for codec in codecs
                for bits in options.bits
            ),
            *(
                Point(f"tensor {e.name}", {"kind": "entropy", "tensor": e.name})
                for e in held.entries
                if e.name in kept
            ),
        ]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        if point.params["kind"] == "rate":
            return _rate(options, str(point.params["codec"]), float(point.params["bits"] or 0))
        return _entropy(options, str(point.params["tensor"]), seed)

    def blocks(self, document: Document) -> Iterator[Block]:
        yield from _rates(document)
        yield from _entropies(document)


def _rate(options: Options, codec: str, bits: float) -> Measured:
    held = weights.load(options.model)
    step = held.step(bits)
    if codec == PEER:
        size, noise = nnc.code(options.peer, held.matrices, step)
    else:
        size, noise = _coded(held, codec, step, options.states)
    distortion = noise / held.elements
    limits = {
        name: source.rate(distortion) for name, source in weights.fitted(options.model).items()
    }
    found = 8 * size / held.elements
    snr = 10 * math.log10(held.deviation**2 / distortion) if distortion else None
    figures = {"bits": found, "snr_db": snr, **limits, "over_classes": found - limits["classes"]}
    return Measured(figures)


def _coded(held: Weights, codec: str, step: float, states: int) -> tuple[int, float]:
    """Bytes of all matrices, and the sum of squares that they lose."""
    # Trellis steps lie between all points, of which a lane sees every other.
    settings: dict[str, object] = {"step": step}
    if codec == "trellis":
        settings = {"step": step / 2, "states": states}
    choice = Choice(codec, make_options(codec, codecs.load(codec), settings))
    size, noise = 0, 0.0
    for entry, matrix in zip(held.entries, held.matrices, strict=True):
        _, measure = coding.encode(entry, matrix.reshape(entry.shape), choice)
        size += measure.coded
        noise += measure.error
    return size, noise


def _entropy(options: Options, name: str, seed: int) -> Measured:
    held = weights.load(options.model)
    at = next(i for i, entry in enumerate(held.entries) if entry.name == name)
    matrix, step = held.matrices[at], held.step(options.analysed)
    before = gains.layer_before(held.entries, at)
    other = None if before is None else held.matrices[before]
    rng = np.random.default_rng(seed)
    figures = gains.measure(matrix, other, step, None)
    control = gains.measure(matrix, other, step, rng)
    notes: tuple[str, ...] = ()
    if min(matrix.shape) <= SIDE_MAX:
        figures["low_rank"], figures["rank"] = entropies.low_rank_gain(matrix, step**2 / 12)
        shuffled = rng.permutation(matrix.reshape(-1)).reshape(matrix.shape)
        control["low_rank"], control["rank"] = entropies.low_rank_gain(shuffled, step**2 / 12)
    else:
        notes = (f"no low-rank part was looked for: both sides are over {SIDE_MAX}",)
    unused = [figures[k] - control[k] for k in ("neighbours", "layer", "low_rank") if k in figures]
    # An estimate by variances may pass what there is to save.
    figures["won"] = min(max(0.0, *unused), figures["order_0"] - figures["classes"])
    if other is not None:
        figures["correlation"] = gains.correlation(matrix, other)
    return Measured(figures | {"elements": matrix.size}, {"shuffled": control}, notes)


def _rates(document: Document) -> Iterator[Block]:
    rows = [*document.results(kind="rate")]
    if not rows:
        return
    yield Heading("Rate and distortion")
    curves = [_curve(codec, rows, "bits") for codec in dict.fromkeys(r.text("codec") for r in rows)]
    for name in SOURCES:
        limit = _curve(NAMES[name], rows, name)
        spots = sorted({s.x: s for s in limit.spots}.values(), key=lambda s: s.x)
        curves.append(replace(limit, spots=tuple(spots), role="limit"))
    yield Plot(
        "Bits a weight against signal to noise",
        Axis("signal to noise, dB"),
        Axis("bits a weight"),
        tuple(curves),
        about="Dotted: the least rate for sources fitted to each matrix, or to each scale class"
        " of it, which is told for free. 6.02 dB are worth one bit.",
    )
    over = [
        _curve(codec, rows, "over_classes")
        for codec in dict.fromkeys(r.text("codec") for r in rows)
    ]
    yield Plot(
        "Bits over R(D) by scale class",
        Axis("signal to noise, dB"),
        Axis("bits a weight over the limit"),
        tuple(over),
        levels=(("control: the limit", 0.0),),
    )
    columns = [Column("codec"), Column("bits", ".3f"), Column("SNR, dB", ".2f")]
    columns += [Column(NAMES[name], ".3f") for name in SOURCES]
    cells = [
        (r.text("codec"), *(r.number(f) for f in ("bits", "snr_db", *SOURCES, "over_classes")))
        for r in rows
    ]
    yield Table("Real bytes", (*columns, Column("over the last", "+.3f")), tuple(cells))


def _curve(name: str, rows: Sequence[Result], figure: str) -> Curve:
    spots = []
    for row in rows:
        x, y = row.number("snr_db"), row.number(figure)
        if x is not None and y is not None and (figure in SOURCES or row.text("codec") == name):
            spots.append(Spot(x, y))
    return Curve(name, tuple(sorted(spots, key=lambda s: s.x)))


def _entropies(document: Document) -> Iterator[Block]:
    rows = [*document.results(kind="entropy")]
    if not rows:
        return
    yield Heading("What could still be won")
    names = ("order_0", *GAINS, "low_rank", "won")
    titles = ("order 0", "row", "column", "both", "neighbours", "layer before", "low rank", "won")
    columns = (Column("tensor"), Column("weights", ",.0f"), *(Column(t, ".3f") for t in titles))
    cells = [(r.text("tensor"), r.number("elements"), *(r.number(n) for n in names)) for r in rows]
    together = ("all together", _total(rows), *(_mean(rows, n) for n in names))
    control = ("control: shuffled", _total(rows), *(_mean(rows, n, "shuffled") for n in names))
    yield Table("Entropy, and bits a weight saved", columns, (together, control, *cells))
    won, total = _mean(rows, "won") or 0.0, _total(rows)
    share = won / ((_mean(rows, "order_0") or 0.0) or 1.0)
    yield Words(
        "Order 0 is the entropy of indices at one uniform step; row, column and both (the"
        " scale classes that trellis codes by) are saved by knowing a weight's class, neighbours"
        " and the layer before beyond that. Won is the most that one thing which trellis does"
        " not use saves over its shuffled control, and never less than 0:"
        f" {won:.4f} bits a weight in all, {won * total / 8:,.0f} bytes of {total:,} weights,"
        f" {100 * share:.2f} % of the entropy. Added to it is what codecs take over R(D) by"
        " scale class, above."
    )


def _total(rows: Sequence[Result]) -> int:
    return int(sum(r.number("elements") or 0 for r in rows))


def _mean(rows: Sequence[Result], figure: str, control: str | None = None) -> float | None:
    """The mean over all weights of the tensors that have the figure."""
    pairs = [(r.number("elements") or 0.0, r.number(figure, control)) for r in rows]
    held = [(n, value) for n, value in pairs if value is not None]
    count = sum(n for n, _ in held)
    return sum(n * value for n, value in held) / count if count else None
