"""Recipes of every kind, for property tests."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st

from seedtool.recipes import combinations, keys
from seedtool.recipes.schema import (
    GROWERS,
    TASKS,
    Data,
    Expected,
    Growing,
    Loss,
    Optimizer,
    Recipe,
    Schedule,
    Space,
    Step,
    Training,
    Trains,
)

WORDS = st.text("abcXYZ019 _-é中", min_size=1, max_size=12)


def reals(rule: keys.Rule) -> st.SearchStrategy[float]:
    assert isinstance(rule, keys.Real)
    return st.floats(rule.low, rule.high, allow_nan=False).map(lambda x: x + 0.0)


def wholes(rule: keys.Rule) -> st.SearchStrategy[int]:
    assert isinstance(rule, keys.Whole)
    return st.integers(rule.low, rule.high)


def table(name: str, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a table's numbers, and what is ``fixed``."""
    numbers: dict[str, st.SearchStrategy[Any]] = {}
    for key, held in keys.TABLES[name].items():
        if isinstance(held.rule, keys.Real):
            numbers[key] = reals(held.rule)
        elif isinstance(held.rule, keys.Whole):
            numbers[key] = wholes(held.rule)
    return st.fixed_dictionaries({}, optional={**numbers, **fixed})


@st.composite
def steps(draw: st.DrawFn, task: Any) -> tuple[Step, ...]:
    kinds = sorted(combinations.TAKES[task])
    chosen = draw(st.lists(st.sampled_from(kinds), unique=True, max_size=3))
    if "tokenize" in chosen:
        chosen = ["tokenize"]
    made = []
    for kind in chosen:
        numbers = [
            wholes(r) if isinstance(r, keys.Whole) else reals(r)
            for r in (keys.STEPS[kind] if kind != "resize" else [keys.Whole(1, 64)] * 2)
        ]
        made.append(Step(kind, tuple(draw(n) for n in numbers)))  # type: ignore[arg-type]
    return tuple(made)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    task = draw(st.sampled_from(TASKS))
    metric = draw(st.sampled_from(combinations.METRICS[task]))
    scores = st.floats(*combinations.SCORES[metric]).map(lambda x: x + 0.0)
    preprocess = draw(steps(task))
    trained = draw(
        table(
            "training",
            optimizer=st.sampled_from(get_args(Optimizer)),
            schedule=st.sampled_from(get_args(Schedule)),
            trains=st.sampled_from(get_args(Trains)),
            target=scores,
            batch=st.integers(1, 128),
        )
    )
    if "epochs" in trained or "steps" not in trained:
        trained.pop("steps", None)
        trained.setdefault("epochs", 1.0)
    if draw(st.booleans()):
        examples = draw(st.none() | WORDS.map("of {}".format))
        data = Data("embedded", examples, held_out=draw(st.floats(0, 0.9)) + 0.0)
    else:
        digest = draw(st.none() | st.text("0123456789abcdef", min_size=64, max_size=64))
        data = Data("given", None, digest, draw(st.none() | WORDS), inputs=draw(WORDS))
    expected = Expected(draw(scores), 0.5, 10) if draw(st.booleans()) else None
    loss = {name: draw(st.floats(0.1, 9)) for name in combinations.LOSSES[task]}
    grown = table(
        "growing", grower=st.sampled_from(GROWERS), space=st.sampled_from(get_args(Space))
    )
    classes = (
        st.lists(WORDS, unique=True, min_size=2, max_size=5).map(tuple) | st.just(())
        if task in combinations.CLASSIFIES
        else st.just(())
    )
    return Recipe(
        name=draw(WORDS),
        task=task,
        about=draw(st.just("") | WORDS),
        classes=draw(classes),
        data=data,
        preprocess=preprocess,
        loss=Loss(**loss),
        training=Training(**trained),
        growing=Growing(**draw(grown)),
        metric=metric,
        seeds=tuple(draw(st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=3))),
        expected=expected,
    )
