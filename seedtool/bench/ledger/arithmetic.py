"""Checks as points: each computed by its name, with its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.ledger.checks import CHECKS
from seedtool.errors import UsageError


@dataclass(frozen=True)
class Options:
    """``checks``: by name."""

    checks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.checks:
            if name not in CHECKS:
                raise UsageError(f"there is no check {name!a}")


class Arithmetic:
    Options = Options

    def figures(self, options: Any) -> Mapping[str, Measure]:
        return {
            "verdict": Measure("of a check of arithmetic"),
            "found": Measure("what it computed, in words"),
            "control": Measure("what its control has, in words"),
            "but": Measure("what the verdict is bound to"),
            "value": Measure("as computed"),
            "claimed": Measure("as the research has it"),
        }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return {}

    def points(self, options: Any) -> Sequence[Point]:
        return [Point(name, {"check": name}) for name in options.checks]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        found = CHECKS[str(point.params["check"])](seed)
        figures = {
            "verdict": found.verdict,
            "found": found.found,
            "control": found.control,
            "but": found.but,
            "value": found.value,
            "claimed": found.claimed,
        }
        controls = {} if found.beside is None else {"control": {"value": found.beside}}
        return Measured(figures, controls)

    def smoke(self, options: Any) -> Any:
        return options
