"""``failures``: ways in which it breaks, each reproduced, with what mitigates it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.cases import CASES
from seedtool.bench.reports.blocks import Axis, Block, Column, Curve, Plot, Spot, Table
from seedtool.bench.results.document import Document, Result
from seedtool.errors import UsageError

WORSE = 1.5  # times as bad as the sound model: then the failure is reproduced
BY_DATA = ("outlier-channels", "out-of-domain", "class-imbalanced")  # which take torch, and longer
LEAST = 1e-4  # an error below this counts as this in ratios


@dataclass(frozen=True)
class Options:
    """``cases``: names, or none for all of them."""

    cases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.cases:
            if name not in CASES:
                raise UsageError(f"there is no case {name!a}", hint=f"one of {', '.join(CASES)}")


class Bench(base.Bench):
    title = "How it breaks"
    about = (
        "Small models made to break, by seed. Beside each stands its control, the same coding of"
        " the same model without the fault, and the mitigation. The error is that of what the"
        " model computes, over its size, or of what a grown model reads wrong; bits are of the"
        " whole seed, a weight."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "fault": Measure("what is wrong with the model or its use"),
        "mitigation": Measure("what helps"),
        "worse": Measure("what the fault makes worse, error or bits"),
        **{
            f"{what}_{state}": Measure(
                f"{about}, {state}", unit, "" if state == "broken" else "lower"
            )
            for state in ("broken", "mitigated")
            for what, about, unit in (
                ("error", "relative error of outputs", ""),
                ("bits", "of the seed, a weight", "bits"),
            )
        },
        "factor_broken": Measure("times as bad as the sound model"),
        "factor_mitigated": Measure("the same with the mitigation", "", "lower"),
        "reproduced": Measure(f"whether it is {WORSE} times as bad or more"),
    }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return {}

    def smoke(self, options: Any) -> Any:
        return replace(options, cases=tuple(n for n in options.cases or CASES if n not in BY_DATA))

    def points(self, options: Any) -> Sequence[Point]:
        return [Point(name, {"case": name}) for name in options.cases or CASES]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        case = CASES[str(point.params["case"])]
        found = case.run(seed)
        sound, broken, mitigated = (
            max(getattr(trial, case.worse), LEAST)
            for trial in (found.sound, found.broken, found.mitigated)
        )
        figures = {
            "fault": case.fault,
            "mitigation": case.mitigation,
            "worse": case.worse,
            "error_broken": found.broken.error,
            "bits_broken": found.broken.bits,
            "error_mitigated": found.mitigated.error,
            "bits_mitigated": found.mitigated.bits,
            "factor_broken": broken / sound,
            "factor_mitigated": mitigated / sound,
            "reproduced": broken >= WORSE * sound,
        }
        control = {"error_broken": found.sound.error, "bits_broken": found.sound.bits}
        return Measured(figures, {"sound": control}, (found.note,) if found.note else ())

    def blocks(self, document: Document) -> Iterator[Block]:
        rows = [*document.results()]
        yield Table(
            "Faults and mitigations",
            tuple(map(Column, ("", "case", "fault", "mitigation"))),
            tuple(
                (i, r.text("case"), r.text("fault"), r.text("mitigation"))
                for i, r in enumerate(rows, 1)
            ),
        )
        columns = [Column(""), Column("case"), Column("made worse")]
        for state in ("sound", "broken", "mitigated"):
            columns += [Column(f"error, {state}", ".4f"), Column(f"bits, {state}", ".2f")]
        columns += [Column("broken, times", ".2f"), Column("mitigated, times", ".2f")]
        cells = tuple((i, *_cells(row)) for i, row in enumerate(rows, 1))
        yield Table("Figures", tuple(columns), cells)
        yield Plot(
            "How much worse than the sound model",
            Axis("case, by its number above"),
            Axis("times as bad", log=True),
            tuple(
                Curve(name, tuple(_spots(rows, f"factor_{name}")), joined=False)
                for name in ("broken", "mitigated")
            ),
            levels=(("control: sound", 1.0),),
            about="Of the error or the bits, whichever the fault makes worse.",
        )


def _cells(row: Result) -> Iterator[str | float | None]:
    yield row.text("case")
    yield row.text("worse")
    for what in ("error", "bits"):
        yield row.number(f"{what}_broken", "sound")
    for state in ("broken", "mitigated"):
        for what in ("error", "bits"):
            yield row.number(f"{what}_{state}")
    for state in ("broken", "mitigated"):
        yield row.number(f"factor_{state}")


def _spots(rows: Sequence[Result], figure: str) -> Iterator[Spot]:
    for i, row in enumerate(rows, 1):
        value = row.number(figure)
        if value is not None:
            yield Spot(float(i), value)
