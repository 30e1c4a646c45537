"""The course of growing: steps, what is measured between them, and when it ends."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field

from seedtool.errors import UsageError
from seedtool.growing import metrics
from seedtool.growing.checkpoint import Checkpoint
from seedtool.growing.grower import Grower
from seedtool.growing.material import Material
from seedtool.growing.problem import CHECKED, Problem
from seedtool.stages import Stage

LOOKS = 10  # how often the held-out examples are looked at


@dataclass(frozen=True)
class Moment:
    """After ``step`` steps: the mean loss since the moment before, the metric on held-out data.

    ``score`` is None where nothing is held out.
    """

    step: int
    loss: float
    score: float | None


@dataclass(frozen=True)
class Looks:
    """After which ``steps`` the metric is taken on ``material`` too, which changes no step."""

    steps: frozenset[int]
    material: Material


@dataclass
class Course:
    """How far growing is. ``reached``: the recipe's target was, and ended it.

    ``looks``: (step, score) of every look at the examples that measure.
    """

    steps: int = 0
    seconds: float = 0.0
    history: list[Moment] = field(default_factory=list)
    looks: list[tuple[int, float]] = field(default_factory=list)
    reached: bool = False
    loss_sum: float = 0.0
    loss_steps: int = 0

    def moment(self, problem: Problem, score: float | None) -> Moment:
        """Close the stretch of steps since the last moment."""
        mean = self.loss_sum / self.loss_steps if self.loss_steps else math.nan
        made = Moment(self.steps, problem.mean_over_processes(mean), score)
        self.loss_sum, self.loss_steps = 0.0, 0
        self.history.append(made)
        return made


def run(
    problem: Problem,
    grower: Grower,
    total: int,
    held_out: Material | None,
    stage: Stage,
    checkpoint: Checkpoint | None,
    looks: Looks | None = None,
) -> Course:
    """``total`` steps of ``grower``, or fewer if the recipe's target is reached.

    A state found in ``checkpoint`` is gone on with, to the same end bit by bit.
    """
    target = problem.recipe.training.target
    if target is not None and held_out is None:
        raise UsageError("the recipe stops at a target, but holds out no examples to see it by")
    course = _begun(grower, checkpoint)
    advance = stage("growing", float(total))
    advance(float(course.steps))
    every = max(1, math.ceil(total / LOOKS))
    since = time.monotonic() - course.seconds
    told = ""
    while course.steps < total and not course.reached:
        loss = grower.step(course.steps)
        course.steps += 1
        course.loss_sum += loss
        course.loss_steps += 1
        course.seconds = time.monotonic() - since
        if course.steps % every == 0 or course.steps == total:
            grower.settle()
            score = None if held_out is None else problem.measure(held_out, CHECKED)
            course.moment(problem, score)
            if score is not None:
                told = f", {problem.recipe.metric} {score:.4g}"
                if target is not None:
                    course.reached = metrics.is_reached(problem.recipe.metric, score, target)
        if looks and course.steps in looks.steps:
            grower.settle()
            course.looks.append((course.steps, problem.measure(looks.material)))
        advance(1.0, f"loss {loss:.3g}{told}")
        if checkpoint and problem.main and checkpoint.due():
            checkpoint.save({"course": asdict(course), "grower": grower.state()})
    grower.settle()
    course.seconds = time.monotonic() - since
    return course


def _begun(grower: Grower, checkpoint: Checkpoint | None) -> Course:
    state = checkpoint.load() if checkpoint else None
    if checkpoint is None or state is None:
        return Course()
    try:
        course = Course(**state["course"])
        course.history = [Moment(**row) for row in state["course"]["history"]]
        course.looks = [(int(step), float(score)) for step, score in course.looks]
        grower.restore(state["grower"])
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError):
        raise checkpoint.refusal() from None
    return course
