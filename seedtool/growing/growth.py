"""Growing, from a seed's model and a recipe to a grown model."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from seedtool.assemble import Assembly
from seedtool.errors import UsageError
from seedtool.examples.labelled import Examples, divide
from seedtool.growing import body as bodies
from seedtool.growing import course, metrics, outcome, randomness
from seedtool.growing.body import Body
from seedtool.growing.checkpoint import Checkpoint
from seedtool.growing.evolution import Evolution
from seedtool.growing.gradient import Gradient
from seedtool.growing.grower import Grower
from seedtool.growing.grown import Grown, Scores
from seedtool.growing.hybrid import Hybrid
from seedtool.growing.material import Material, Preparation
from seedtool.growing.problem import Problem
from seedtool.growing.start import RANDOM, Start
from seedtool.growing.thermal import Thermal
from seedtool.memory import peak_bytes
from seedtool.recipes import document
from seedtool.recipes.schema import GROWERS, Recipe
from seedtool.recipes.schema import Grower as GrowerName
from seedtool.stages import Stage, silent

SEEDS = 1 << 63
KINDS: dict[str, type[Grower]] = {
    "gradient": Gradient,
    "thermal": Thermal,
    "hybrid": Hybrid,
    "evolution": Evolution,
}


@dataclass(frozen=True)
class Wish:
    """What the caller sets beside the recipe; None: as the recipe has it.

    ``start``: see :mod:`seedtool.growing.start`. ``module``: the caller's torch.nn.Module.
    ``checkpoint``: a file that keeps the state, and is gone on from. ``to``: the kind of file that
    will be made of it, so that what can't be is said before. ``looks``: after which steps what
    measures is measured by too, for a curve; a run that is gone on with has those still to come.
    """

    start: str = "coded"
    grower: str | None = None
    steps: int | None = None
    seed: int | None = None
    module: Any = None
    checkpoint: Path | None = None
    to: str | None = None
    looks: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Lesson:
    """What a body is to be taught, and by what it is measured."""

    recipe: Recipe
    train: Material
    held_out: Material | None
    measured: Material | None
    preparation: Preparation
    classes: int

    def looks(self, wish: Wish) -> course.Looks | None:
        """What the wish wants to see between the steps, by what measures."""
        if not wish.looks or self.measured is None:
            return None
        return course.Looks(frozenset(wish.looks), self.measured)


@dataclass(frozen=True)
class _Learned:
    """How it was taught; ``steps``: those that were asked for."""

    course: course.Course
    scores: Scores
    acceptance: float | None
    steps: int


def grow(
    assembly: Assembly,
    recipe: Recipe,
    examples: Examples,
    test: Examples | None = None,
    wish: Wish = Wish(),
    stage: Stage = silent,
) -> Grown:
    """The model of ``assembly`` trained on ``examples`` by ``recipe``; its arrays are read.

    ``test``: examples to measure by; without them those that the recipe holds out. Random
    numbers are drawn by the wish's seed alone, so that on one machine the same comes of
    it. Raises subclasses of SeedError: UsageError where seed, recipe and data do not fit each
    other, GateError if training diverges.
    """
    recipe = _as_wished(document.read(document.write(recipe)), wish)
    start, seed = Start.of(wish.start), _seed(recipe, wish)
    _check_data(recipe, examples, test)
    classes = classes_of(recipe, examples)
    stored = {entry.name: array for entry, _, array in assembly.stream()}
    values = start.values(assembly, stored)
    opening = bodies.opened(assembly, values, recipe, classes, seed, wish.module)
    with randomness.deterministic(), opening as body:
        outcome.check_kind(assembly, body, wish.to)
        if start.name == RANDOM:
            body.begin_anew(seed)
        lesson = _prepared(body, recipe, examples, test)
        problem = Problem(
            body.module,
            recipe,
            lesson.preparation,
            lesson.train,
            seed,
            heads=body.heads(),
            classes=lesson.classes,
        )
        learned = _learn(problem, lesson, start, wish, stage)
        body.module.to("cpu").eval()
        model, arrays = outcome.result_of(assembly, body, stored, with_graph=wish.to == "onnx")
    return Grown(
        recipe=recipe,
        grower=recipe.growing.grower,
        start=start.name,
        seed=seed,
        module=body.module,
        model=model,
        arrays=arrays,
        course=learned.course,
        scores=learned.scores,
        acceptance=learned.acceptance,
        steps=learned.steps,
        examples=len(lesson.train),
        peak_bytes=peak_bytes(),
        processes=problem.accelerator.num_processes,
        device=str(problem.accelerator.device),
        main=problem.main,
        checkpoint=wish.checkpoint,
    )


def _learn(problem: Problem, lesson: _Lesson, start: Start, wish: Wish, stage: Stage) -> _Learned:
    """Train the problem's model, measured before and after."""
    recipe = lesson.recipe
    total = _steps(recipe, len(lesson.train))
    before, before_error = _score(problem, lesson)
    grower = KINDS[recipe.growing.grower](problem, total)
    kept = None
    if wish.checkpoint:
        kept = Checkpoint(wish.checkpoint, _key(problem, lesson, start, total))
    told = stage if problem.main else silent
    looks = lesson.looks(wish)
    went = course.run(problem, grower, total, lesson.held_out, told, kept, looks)
    after, after_error = _score(problem, lesson)
    problem.accelerator.wait_for_everyone()
    measured = len(lesson.measured) if lesson.measured else 0
    scores = Scores(before, after, measured, before_error, after_error)
    return _Learned(went, scores, grower.acceptance, total)


def _as_wished(recipe: Recipe, wish: Wish) -> Recipe:
    """The recipe with the caller's grower and steps."""
    if wish.grower is not None:
        if wish.grower not in KINDS:
            known = ", ".join(GROWERS)
            raise UsageError(f"unknown grower {wish.grower!a}", hint=f"one of {known}")
        growing = replace(recipe.growing, grower=cast("GrowerName", wish.grower))
        recipe = replace(recipe, growing=growing)
    if wish.steps is not None:
        if wish.steps < 0:
            raise UsageError(f"steps are 0 or more, not {wish.steps}")
        training = replace(recipe.training, steps=wish.steps, epochs=None)
        recipe = replace(recipe, training=training)
    return recipe


def _seed(recipe: Recipe, wish: Wish) -> int:
    if wish.seed is None:
        return recipe.seeds[0]
    if not 0 <= wish.seed < SEEDS:
        raise UsageError(f"a seed of random numbers is 0 to 2^63 - 1, not {wish.seed}")
    return wish.seed


def _check_data(recipe: Recipe, examples: Examples, test: Examples | None) -> None:
    """UsageError for data that nothing can be learned from, or measured by."""
    if not len(examples) or (test is not None and not len(test)):
        raise UsageError("the data hold no example")
    if test is not None and test.digest() == examples.digest():
        raise UsageError("the examples to measure by are those that it would learn from")
    if recipe.loss.kl and examples.soft is None:
        raise UsageError("the recipe's loss has kl, which needs soft labels: the data have none")
    if recipe.loss.kl and recipe.task in ("causal-lm", "token-classification"):
        raise UsageError("soft labels are of whole examples, so the loss of tokens takes no kl")
    hard = recipe.loss.cross_entropy and recipe.task != "causal-lm"
    if hard and examples.labels is None and examples.soft is not None:
        raise UsageError("the recipe's loss has cross_entropy, which needs labels, not soft ones")


def classes_of(recipe: Recipe, examples: Examples) -> int:
    """Of how many classes the task is, by the recipe, the data's names, soft labels or labels."""
    named = len(recipe.classes) or len(examples.classes)
    if recipe.classes and examples.classes and len(recipe.classes) != len(examples.classes):
        raise UsageError(
            f"the recipe has {len(recipe.classes)} classes, the data {len(examples.classes)}"
        )
    if named:
        return named
    if examples.soft is not None:
        return int(examples.soft.shape[1])
    labels: Any = examples.labels
    rows = {"class": [labels], "tags": labels}.get(examples.kind, [])
    return max((int(np.max(row, initial=0)) for row in rows), default=0) + 1


def _prepared(body: Body, recipe: Recipe, examples: Examples, test: Examples | None) -> _Lesson:
    config = getattr(body.module, "config", None)
    preparation = Preparation(
        recipe,
        bodies.tokenizer_of(body) if isinstance(examples.inputs, tuple) else None,
        bodies.longest_of(body),
        getattr(config, "num_channels", None),
    )
    classes = classes_of(recipe, examples)
    if recipe.task == "causal-lm":
        classes = int(getattr(config, "vocab_size", classes))
    given, held = examples, None
    if recipe.data.held_out:
        # By the recipe's first seed, whichever the caller grows with: runs are then compared.
        rows, others = divide(len(examples), recipe.data.held_out, recipe.seeds[0])
        given, held = examples.take(rows), preparation.material(examples.take(others), classes)
    return _Lesson(
        recipe,
        preparation.material(given, classes),
        held,
        held if test is None else preparation.material(test, classes),
        preparation,
        classes,
    )


def _score(problem: Problem, lesson: _Lesson) -> tuple[float | None, float | None]:
    if lesson.measured is None:
        return None, None
    metric, tallies = problem.recipe.metric, problem.tallies(lesson.measured)
    return metrics.score(metric, tallies.sum(0)), metrics.error(metric, tallies)


def _steps(recipe: Recipe, examples: int) -> int:
    training = recipe.training
    if training.steps is not None:
        return training.steps
    return max(1, math.ceil((training.epochs or 0.0) * examples / training.batch))


def _key(problem: Problem, lesson: _Lesson, start: Start, total: int) -> str:
    """What a checkpoint has to be of."""
    processes = problem.accelerator.num_processes
    how = (asdict(lesson.recipe), start.name, problem.seed, total, processes)
    hashed = hashlib.sha256(repr(how).encode())
    for material in (lesson.train, lesson.held_out):
        hashed.update(material.digest() if material else b"none")
    for name, tensor in problem.state().items():
        hashed.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return hashed.hexdigest()
