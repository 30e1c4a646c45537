"""The parts of a recipe as plain values: a closed schema, of which nothing is ever run.

A field is one of an enumeration, a number or a short text. There are no paths, no
addresses and no names of code in it: where data is not embedded, the caller says where it is,
and the recipe only how to know it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

VERSION = 1

Task = Literal[
    "text-classification",
    "token-classification",
    "image-classification",
    "causal-lm",
    "embedding",
    "regression",
]
Metric = Literal["accuracy", "f1", "perplexity", "cosine", "mse"]
Optimizer = Literal["adamw", "sgd"]
Schedule = Literal["constant", "linear", "cosine"]
Grower = Literal["gradient", "thermal", "hybrid", "evolution"]
StepKind = Literal["tokenize", "resize", "scale", "shift", "flip", "cutout", "noise"]
Source = Literal["embedded", "given"]
Trains = Literal["all", "head"]
Space = Literal["scales", "coefficients"]

TASKS, METRICS, GROWERS = get_args(Task), get_args(Metric), get_args(Grower)
LOWER_IS_BETTER = frozenset({"perplexity", "mse"})


@dataclass(frozen=True)
class Data:
    """``source``: in the seed, or what the caller gives. ``examples``: the seed's examples of
    that name; None: of the recipe's.

    ``digest``: hex SHA-256 of given data as :mod:`seedtool.examples` defines it; None: any.
    ``split``: a named split of a data set, or None. ``held_out``: share of the examples that
    measures and trains nothing, drawn by the recipe's first seed, 0 where the caller gives
    test data of its own. ``inputs`` and ``label``: names of columns or arrays.
    """

    source: Source = "embedded"
    examples: str | None = None
    digest: str | None = None
    split: str | None = None
    held_out: float = 0.1
    inputs: str = "input"
    label: str = "label"


@dataclass(frozen=True)
class Step:
    """One step of preprocessing, with its numbers.

    ``tokenize``: (longest,). ``resize``: (height, width). ``scale``: (mean, deviation) of
    pixels in 0..1. In training alone: ``shift``: (pixels,), ``flip``: (share,), ``cutout``:
    (pixels,), ``noise``: (deviation,).
    """

    kind: StepKind
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Loss:
    """Weights of a mixture; at least one is over 0.

    ``kl``: to soft labels, at ``temperature`` (Hinton et al., arXiv 1503.02531).
    """

    cross_entropy: float = 0.0
    kl: float = 0.0
    cosine: float = 0.0
    mse: float = 0.0
    temperature: float = 1.0


@dataclass(frozen=True)
class Training:
    """One of ``steps`` and ``epochs``; ``warmup``: share of the steps.

    ``target``: the metric at which training stops early.
    """

    steps: int | None = None
    epochs: float | None = None
    batch: int = 32
    optimizer: Optimizer = "adamw"
    rate: float = 1e-3
    decay: float = 0.01
    schedule: Schedule = "cosine"
    warmup: float = 0.05
    clip: float = 1.0
    trains: Trains = "all"
    target: float | None = None


@dataclass(frozen=True)
class Growing:
    """Which grower, and what it takes besides :class:`Training`.

    ``temperature`` and ``cooling``: of Langevin dynamics, T(share) = temperature ·
    cooling^share; ``heat``: share of the steps that ``hybrid`` is thermal in. ``population``: of
    ``evolution``, which searches ``space``.
    """

    grower: Grower = "gradient"
    temperature: float = 1e-4
    cooling: float = 1e-3
    heat: float = 0.3
    population: int = 16
    space: Space = "scales"


@dataclass(frozen=True)
class Expected:
    """What the recipe's maker saw: mean and deviation over the recipe's seeds, test examples."""

    score: float
    spread: float
    examples: int


@dataclass(frozen=True)
class Recipe:
    """``name``: by which ``--task`` finds it. ``classes``: names, in the order of the outputs.

    ``seeds``: each is one growing; the first is that of a single one.
    """

    name: str
    task: Task
    about: str = ""
    classes: tuple[str, ...] = ()
    data: Data = field(default_factory=Data)
    preprocess: tuple[Step, ...] = ()
    loss: Loss = field(default_factory=lambda: Loss(cross_entropy=1.0))
    training: Training = field(default_factory=lambda: Training(epochs=1.0))
    growing: Growing = field(default_factory=Growing)
    metric: Metric = "accuracy"
    seeds: tuple[int, ...] = (0,)
    expected: Expected | None = None
