"""Seeds planned on the lesson's own examples, and healed on them: the data that all rows have."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from seedtool.api import Seed
from seedtool.bench.tasks.lesson import Lesson
from seedtool.bench.tasks.task import Task
from seedtool.codecs.base import Array
from seedtool.errors import UsageError
from seedtool.examples.labelled import Examples
from seedtool.extracting import code_source
from seedtool.growing import teacher
from seedtool.planning.carrying_out import carry_out
from seedtool.planning.wish import Wish
from seedtool.sources import open_source
from seedtool.stages import silent

ROWS = 16  # of a batch


def planned(
    task: Task,
    lesson: Lesson,
    examples: Examples,
    *,
    ratio: float,
    seed: int,
    steps: int = 0,
    calibrate: str = "",
) -> Seed:
    """One plan for all tensors by data, and so many ``steps`` of healing on the same data.

    The data are ``examples``, or those of ``calibrate``. GateError where the ratio can't be
    reached, UsageError where no network of the model runs.
    """
    data: Any = calibrate or _batches(lesson, examples)
    wish = Wish.of(None, {"ratio": ratio, "seed": seed}, data, steps or None)
    if wish is None:
        raise UsageError("a plan needs a ratio")
    source = task.model
    if lesson.module is not None:
        source = open_source(_taught(lesson))
        source.meta, source.assets = task.source.meta, task.source.assets
    return carry_out(wish, source, None, lambda c: code_source(source, [], c), silent)


def _taught(lesson: Lesson) -> Any:
    """The lesson's module with the model's weights in it."""
    with teacher.opened(
        lesson.seed.assembly(), lesson.recipe, lesson.examples, lesson.module
    ) as found:
        return found.module


def _batches(lesson: Lesson, examples: Examples) -> list[Mapping[str, Array]]:
    """The examples as the network is called with them, by the names of its arguments."""
    with teacher.opened(
        lesson.seed.assembly(), lesson.recipe, lesson.examples, lesson.module
    ) as found:
        material = found.preparation.material(examples, found.classes)
        takes = inspect.signature(found.module.forward).parameters
        main = getattr(found.module, "main_input_name", None) or next(iter(takes))
        made: list[Mapping[str, Array]] = []
        for at in range(0, len(examples), ROWS):
            rows = np.arange(at, min(at + ROWS, len(examples)))
            batch = found.preparation.batch(material, rows)
            arrays = {main: batch.inputs.numpy()}
            if batch.mask is not None and "attention_mask" in takes:
                arrays["attention_mask"] = batch.mask.numpy()
            made.append(arrays)
        return made
