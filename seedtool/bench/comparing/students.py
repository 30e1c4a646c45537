"""A smaller network of the same family, taught from a random start by the original's answers."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from seedtool.bench.tasks import lesson as lessons
from seedtool.bench.tasks.lesson import Lesson
from seedtool.bench.tasks.task import Held
from seedtool.errors import SeedError, UnsupportedError
from seedtool.examples.labelled import Examples
from seedtool.extracting import code_source
from seedtool.graph import to_section
from seedtool.growing import teacher
from seedtool.growing.growth import Wish
from seedtool.models.export import export_module
from seedtool.models.inputs import for_hf
from seedtool.models.loading import quiet
from seedtool.plan import WEIGHT_MIN, plan
from seedtool.recipes.schema import Loss
from seedtool.seed import Section
from seedtool.sources import open_source
from seedtool.sources.base import Asset

TASKS = ("image-classification", "text-classification")
SHARES = tuple(i / 32 for i in range(32, 0, -1))  # of all widths
TEMPERATURE = 2.0
KEYS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
VECTOR = 4  # bytes of a number that is of no weight matrix; of one it is a byte


@dataclass(frozen=True)
class Student:
    """``lesson``: to be grown as any other; ``source``: its weights, once it is taught."""

    lesson: Lesson
    source: Held
    module: Any

    def graph(self) -> Section | SeedError:
        """Its ONNX graph, or why there is none."""
        import torch

        try:
            example = (
                for_hf(self.module).tensors
                if self.lesson.module is None
                else {"image": torch.zeros(2, 1, 8, 8)}
            )
            made = export_module(self.module, example, self.source.entries, self.source.read)
            return to_section(made)
        except SeedError as e:
            return e


def taught(lesson: Lesson, examples: Examples, size: float, steps: int, seed: int) -> Student:
    """A student of about ``size`` bytes at a byte a weight, after so many steps on soft labels.

    The loss is the divergence from the original's answers at temperature 2, with nothing of the
    hard labels (Hinton et al., arXiv 1503.02531). UnsupportedError where no student is known.
    """
    if lesson.recipe.task not in TASKS:
        raise UnsupportedError(f"no student of {lesson.recipe.task}, of classes alone")
    made = lesson.seed.assembly()
    with teacher.opened(made, lesson.recipe, lesson.examples, lesson.module) as found:
        soft = replace(examples, soft=found.probabilities(examples))
        module = _digits(size) if lesson.module is not None else _of_config(found.module, size)
    begun = _lesson(lesson, module)
    recipe = replace(lesson.recipe, loss=Loss(kl=1.0, temperature=TEMPERATURE))
    grown = begun.grow(Wish(start="random", steps=steps, seed=seed), soft, recipe)
    assembly = begun.seed.assembly()
    assets = tuple(Asset(a.name, a.role, a.read) for a in assembly.assets)
    source = Held(begun.seed.header.tensors, grown.arrays, assembly.meta, assets)
    return Student(begun, source, grown.module)


def _lesson(lesson: Lesson, module: Any) -> Lesson:
    """The lesson with this network in the place of its model."""
    source = open_source(module)
    arrays = {e.name: source.read(e).copy() for e in source.entries if e.same is None}
    made = lesson.seed.assembly()
    assets = tuple(Asset(a.name, a.role, a.read) for a in made.assets if a.name != "config.json")
    meta = dict(made.meta)
    if lesson.module is None:
        config = module.config.to_json_string().encode()
        assets = (Asset("config.json", "config", lambda: config), *assets)
        meta["architecture"] = type(module).__name__
    held = Held(source.entries, arrays, meta, assets)
    seed = code_source(held, [], plan(held.entries, "raw", {}))
    return replace(lesson, seed=seed, module=None if lesson.module is None else module)


def _digits(size: float) -> Any:
    """The shipped network with all widths smaller."""
    from torch import nn

    for share in SHARES:
        first, second, hidden = (max(1, round(width * share)) for width in (32, 64, 64))
        made = lessons.network()
        made.first = nn.Conv2d(1, first, 3, padding=1)
        made.second = nn.Conv2d(first, second, 3, padding=1)
        made.hidden = nn.Linear(second * 16, hidden)
        made.scores = nn.Linear(hidden, 10)
        if _weigh(made) <= size:
            return made
    raise UnsupportedError(f"no student of the shipped network has {size:,.0f} bytes")


def _of_config(module: Any, size: float) -> Any:
    """The same architecture of fewer layers and heads, the largest that fits."""
    import torch

    config = getattr(module, "config", None)
    fitting: list[tuple[int, Any]] = []
    for made in _smaller(config):
        try:
            with torch.device("meta"), quiet():
                weight = _weigh(type(module)(made))
        except Exception:  # architectures refuse sizes with errors of every kind
            continue
        if weight <= size:
            fitting.append((weight, made))
    if not fitting:
        raise UnsupportedError(f"no student of this architecture has {size:,.0f} bytes")
    with quiet():
        return type(module)(max(fitting, key=lambda pair: pair[0])[1]).eval()


def _smaller(config: Any) -> Iterator[Any]:
    """Configs from the largest on: of widths by stage, or of layers and heads."""
    if isinstance(getattr(config, "hidden_sizes", None), list):
        return _narrower(config)
    for key in KEYS:
        if not isinstance(getattr(config, key, None), int) or getattr(config, key) < 1:
            raise UnsupportedError(f"no student: the config has no {key}")
    return _shallower(config)


def _narrower(config: Any) -> Iterator[Any]:
    """As ResNet's has them."""
    for share in SHARES:
        made = copy.deepcopy(config)
        made.hidden_sizes = [max(1, round(width * share)) for width in config.hidden_sizes]
        if isinstance(getattr(config, "embedding_size", None), int):
            made.embedding_size = max(1, round(config.embedding_size * share))
        yield made


def _shallower(config: Any) -> Iterator[Any]:
    """As transformers of all kinds have them."""
    hidden, layers, heads, inner = (getattr(config, key) for key in KEYS)
    for depth in sorted({layers, math.ceil(layers / 2), max(1, layers // 4)}, reverse=True):
        for count in range(heads, 0, -1):
            made = copy.deepcopy(config)
            made.num_hidden_layers, made.num_attention_heads = depth, count
            made.hidden_size = hidden // heads * count
            made.intermediate_size = max(1, inner * count // heads)
            shared = getattr(config, "num_key_value_heads", None)
            if shared:
                made.num_key_value_heads = count if shared == heads else math.gcd(count, shared)
            if getattr(config, "layer_types", None):
                made.layer_types = config.layer_types[:depth]
            yield made


def _weigh(module: Any) -> int:
    """Bytes at a byte a weight of matrices and four a number of all else."""
    return sum(
        p.numel() * (1 if p.ndim > 1 and p.numel() >= WEIGHT_MIN else VECTOR)
        for p in module.parameters()
    )
