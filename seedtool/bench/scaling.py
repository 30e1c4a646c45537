"""``scaling``: compression, time and quality against size, and what a fixed size alone would do."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from seedtool.api import Seed
from seedtool.bench import base
from seedtool.bench.base import Figures, Input, Measure, Measured, Plain, Point
from seedtool.bench.inference.sizes import RESEARCH
from seedtool.bench.information import weights
from seedtool.bench.reports import scaling as report
from seedtool.bench.reports.blocks import Block
from seedtool.bench.results.document import Document
from seedtool.bench.tasks import family
from seedtool.bench.tasks.family import Arrays, Learned, Size
from seedtool.bench.tasks.lesson import open_lesson
from seedtool.bench.tasks.task import arrays_of, size_of
from seedtool.errors import GateError, UsageError
from seedtool.extracting import extract
from seedtool.growing.growth import Wish

WIDTHS = (16, 32, 64, 128, 256, 512, 768)
DEPTHS = (0, 1, 4, 12, 32, 80)
WIDE = 96  # the width at which depth is varied
MOST = 4096  # of a width, or of layers
LOST = 0.01  # of accuracy, at most
RATIOS = tuple(2.0 ** (i / 4) for i in range(4, 37))  # 2x to 512x
NEAR, TURNS = 0.05, 6  # dB from the distortion that was asked for, and codings to get there
DECIBELS = 6.02  # a bit
TIMES, RATE = 3, 3.3  # codings by the clock, at these bits a weight
RUNGS: tuple[tuple[str, str, str, Literal["lower", "higher"]], ...] = (
    ("bytes", "of the seed by", "bytes", "lower"),
    ("ratio", "plain bytes over those, by", "", "higher"),
    ("start", "accuracy with 0 steps, by", "", "higher"),
    ("grown", "the same after as many steps as training took, by", "", "higher"),
)


@dataclass(frozen=True)
class Options:
    """``models``: real ones, at fixed distortion alone. ``snr``: that distortion, in dB."""

    models: tuple[str, ...] = ()
    widths: tuple[int, ...] = WIDTHS
    depths: tuple[int, ...] = DEPTHS
    steps: int = 300
    snr: float = 20.0
    repeats: int = 3

    def __post_init__(self) -> None:
        for name, sizes in (("width", self.widths), ("depth", self.depths)):
            if len(set(sizes)) < len(sizes) or any(not 0 <= n <= MOST for n in sizes):
                raise UsageError(f"{name}s are different numbers up to {MOST}")
        if 0 in self.widths:
            raise UsageError("a width is 1 or more")
        if self.steps < 1 or self.repeats < 1:
            raise UsageError("steps and repeats are 1 or more")
        if not 0 < self.snr <= 40:
            raise UsageError(f"the distortion is over 0 and up to 40 dB, not {self.snr:g}")


class Bench(base.Bench):
    title = "What changes with size"
    about = (
        "Residual perceptrons of many widths, and of many depths, learn the digits by seed and are"
        " coded: in the fewest bytes that keep accuracy, at one distortion, and as the research's"
        " seeds, which are then grown by as many steps as training took. Exponents are of power"
        " laws in parameters. A seed of fixed size has a ratio of exponent 1 whatever it holds:"
        " that is the trivial explanation, and minimal is its control."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "parameters": Measure("of the network", "parameters"),
        "accuracy": Measure("as trained, on images that trained nothing", "", "higher"),
        "bytes_kept": Measure(
            f"fewest of a planned seed that loses at most {100 * LOST:g} % of accuracy on half of"
            " the test images",
            "bytes",
            "lower",
        ),
        "ratio_kept": Measure("plain bytes over those", "", "higher"),
        "lost_kept": Measure("accuracy that seed loses on the other half", "", "lower"),
        "bits_distortion": Measure("by trellis at the distortion, a weight", "bits", "lower"),
        "snr_distortion": Measure("which that is", "dB"),
        **{
            f"{name}_{codec}": Measure(f"{about} {codec}", unit, better)
            for codec in RESEARCH
            for name, about, unit, better in RUNGS
        },
    }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        held = open_lesson("", "", "", "").inputs()
        models = {f"model {i}": weights.describe(m) for i, m in enumerate(options.models, 1)}
        return {"data": held["data"], "test": held["test"], **models}

    def smoke(self, options: Any) -> Any:
        return replace(options, widths=(16, 32, 64, 128), depths=(), steps=60, repeats=1)

    def points(self, options: Any) -> Sequence[Point]:
        sizes = [("width", Size(width, 1)) for width in options.widths]
        sizes += [("depth", Size(WIDE, depth)) for depth in options.depths]
        made = [
            Point(
                f"{axis} {getattr(size, axis)}",
                {"kind": "size", "axis": axis, "width": size.width, "depth": size.depth},
                repeat,
            )
            for axis, size in sizes
            for repeat in range(options.repeats)
        ]
        return made + [Point(f"model {m}", {"kind": "model", "model": m}) for m in options.models]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        asked = point.params
        if asked["kind"] == "model":
            held = weights.load(str(asked["model"]))
            pairs = zip(held.entries, held.matrices, strict=True)
            arrays = {e.name: m for e, m in pairs}
            return Measured({"parameters": held.elements, **_at_distortion(arrays, options.snr)})
        size = Size(int(asked["width"] or 0), int(asked["depth"] or 0))
        return _measured(size, options, seed)

    def blocks(self, document: Document) -> Iterator[Block]:
        yield from report.blocks(document)


def _measured(size: Size, options: Options, seed: int) -> Measured:
    learned = family.learn(size, options.steps, seed)
    grown, controls = _research(learned, options.steps, seed)
    figures: dict[str, Plain] = {
        "parameters": size.parameters,
        "accuracy": learned.after,
        **_kept(learned, seed),
        **_at_distortion(learned.arrays, options.snr),
        **grown,
    }
    labels = np.asarray(open_lesson("", "", "", "").test.labels)
    share = float(np.bincount(labels).max() / len(labels))
    known = {"chance": {"accuracy": share}, "random": controls}
    return Measured(figures, known, timings=_timed(learned.arrays, RATE))


def _kept(learned: Learned, seed: int) -> Figures:
    """The largest ratio at which half of the test images are read as well, judged by the others."""
    test = open_lesson("", "", "", "").test
    decides = np.arange(len(test)) % 2 == 0

    own = family.right(learned.size, learned.arrays, test)

    def lost(made: Seed, half: npt.NDArray[np.bool_]) -> float:
        other = family.right(learned.size, arrays_of(made), test)
        return float(own[half].mean() - other[half].mean())

    best = extract(learned.arrays, with_graph=False)
    low, high = -1, len(RATIOS)
    while high - low > 1:
        middle = (low + high) // 2
        made = _planned(learned.arrays, RATIOS[middle], seed)
        if made is None or lost(made, decides) > LOST:
            high = middle
        else:
            low, best = middle, made
    size = size_of(best)
    plain = 4 * learned.size.parameters
    return {"bytes_kept": size, "ratio_kept": plain / size, "lost_kept": lost(best, ~decides)}


def _planned(arrays: Arrays, ratio: float, seed: int) -> Seed | None:
    try:
        return extract(arrays, ratio=ratio, seed=seed, with_graph=False)
    except GateError:
        return None  # its heads alone take more


def _at_distortion(arrays: Arrays, snr: float) -> Figures:
    """By trellis, at the rate that leaves so many dB of the weights' power over their error."""
    bits, size, found = snr / DECIBELS, 0, 0.0
    for _ in range(TURNS):
        made = extract(arrays, codec="trellis", bits=bits, with_graph=False)
        size, found = size_of(made), _snr(arrays, arrays_of(made))
        if abs(found - snr) <= NEAR:
            break
        bits = min(max(bits + (snr - found) / DECIBELS, 0.1), 12.0)
    count = sum(a.size for a in arrays.values())
    return {"bits_distortion": 8 * size / count, "snr_distortion": found}


def _snr(arrays: Arrays, back: Mapping[str, npt.NDArray[Any]]) -> float:
    power = noise = 0.0
    for name, values in arrays.items():
        if values.ndim > 1:  # vectors are kept without loss
            exact = values.astype(np.float64)
            power += float(np.sum(exact**2))
            noise += float(np.sum((exact - back[name].reshape(exact.shape)) ** 2))
    return 10 * math.log10(power / noise) if noise and power else math.inf


def _research(learned: Learned, steps: int, seed: int) -> tuple[Figures, Figures]:
    """The research's seeds with 0 steps and grown; and the random start that training was."""
    lesson = family.lesson(learned.size, learned.arrays, steps)
    figures: dict[str, Plain] = {}
    control: dict[str, Plain] = {}
    for codec in RESEARCH:
        size = size_of(extract(learned.arrays, codec=codec, with_graph=False))
        grown = lesson.grow(Wish(start=codec, seed=seed ^ 1))
        figures |= {
            f"bytes_{codec}": size,
            f"ratio_{codec}": 4 * learned.size.parameters / size,
            f"start_{codec}": grown.scores.before,
            f"grown_{codec}": grown.scores.after,
        }
        control |= {f"start_{codec}": learned.before, f"grown_{codec}": learned.after}
    return figures, control


def _timed(arrays: Arrays, bits: float) -> dict[str, float]:
    """CPU seconds to code and to decode, the least of a few: what else runs only adds to it."""
    coding, decoding = [], []
    for _ in range(TIMES):
        start = time.process_time()
        made = extract(arrays, codec="trellis", bits=bits, with_graph=False)
        size_of(made)
        middle = time.process_time()
        arrays_of(made)
        coding.append(middle - start)
        decoding.append(time.process_time() - middle)
    return {"coding": min(coding), "decoding": min(decoding)}
