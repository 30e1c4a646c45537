"""A grown model: what came of it, ready to be written as any other assembly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from seedtool import sinks
from seedtool.assemble import Assembly
from seedtool.codecs.base import Array
from seedtool.growing.course import Course
from seedtool.recipes.schema import Recipe


@dataclass(frozen=True)
class Scores:
    """The recipe's metric on ``examples`` that trained nothing: with 0 steps and at the end.

    ``before_error``, ``after_error``: standard errors, for the examples being a sample
    (:func:`seedtool.growing.metrics.error`). All are None where there are no such examples.
    """

    before: float | None = None
    after: float | None = None
    examples: int = 0
    before_error: float | None = None
    after_error: float | None = None


@dataclass(frozen=True)
class Grown:
    """``module``: the network, in eval mode on the CPU.

    ``model``: without its stream; ``arrays``: by owner, in storage dtypes. ``acceptance``:
    share of proposals that the thermal steps accepted, None for growers without. ``steps``:
    that were to be done, of which ``course`` says how many were. ``examples``: that it learned
    from. ``main``: this process is the one of ``processes`` that writes.
    """

    recipe: Recipe
    grower: str
    start: str
    seed: int
    module: Any
    model: Assembly
    arrays: Mapping[str, Array]
    course: Course
    scores: Scores
    acceptance: float | None
    steps: int
    examples: int
    peak_bytes: int
    processes: int
    device: str
    main: bool
    checkpoint: Path | None = None

    def assembly(self) -> Assembly:
        """The model as a stream of arrays."""
        return replace(self.model, arrays=(self.arrays[e.name] for e, _ in self.model.tensors))

    def assemble(
        self,
        target: str | Path | BinaryIO,
        *,
        to: str | None = None,
        precision: str = "fp32",
        force: bool = False,
    ) -> None:
        """Write the model as :meth:`seedtool.Seed.assemble` does; then the checkpoint goes.

        The one process of several that is ``main`` writes, the others do nothing.
        """
        if not self.main:
            return
        path = Path(target) if isinstance(target, (str, Path)) else None
        kind = sinks.kind_of(path, to)
        if isinstance(target, (str, Path)):
            sinks.write_path(self.assembly(), Path(target), kind, precision, force=force)
        else:
            sinks.write_stream(self.assembly(), target, kind, precision)
        if self.checkpoint:
            self.checkpoint.unlink(missing_ok=True)

    def report(self) -> dict[str, Any]:
        """What came of it as JSON holds it: null for what is not finite or was not measured."""
        return {
            "recipe": self.recipe.name,
            "task": self.recipe.task,
            "start": self.start,
            "grower": self.grower,
            "seed": self.seed,
            "metric": self.recipe.metric,
            "before": _finite(self.scores.before),
            "after": _finite(self.scores.after),
            "before_error": _finite(self.scores.before_error),
            "after_error": _finite(self.scores.after_error),
            "measured": self.scores.examples,
            "examples": self.examples,
            "steps": self.course.steps,
            "steps_asked": self.steps,
            "target_reached": self.course.reached,
            "acceptance": _finite(self.acceptance),
            "history": [
                {"step": m.step, "loss": _finite(m.loss), "score": _finite(m.score)}
                for m in self.course.history
            ],
            "seconds": round(self.course.seconds, 2),
            "peak_bytes": self.peak_bytes,
            "processes": self.processes,
            "device": self.device,
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
