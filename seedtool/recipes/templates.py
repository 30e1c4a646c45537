"""A recipe to begin with for each task, with a comment at each key."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from seedtool.errors import UsageError
from seedtool.recipes import document, toml
from seedtool.recipes.keys import OWN, TABLES, Key
from seedtool.recipes.schema import TASKS, Data, Loss, Recipe, Step, Task, Training

GIVEN = Data(source="given", inputs="text")
STARTS: dict[Task, Recipe] = {
    "text-classification": Recipe(
        "sentiment",
        "text-classification",
        "positive or negative opinion of a sentence",
        ("negative", "positive"),
        GIVEN,
        (Step("tokenize", (64,)),),
        training=Training(epochs=3.0, rate=5e-5),
        seeds=(0, 1, 2),
    ),
    "token-classification": Recipe(
        "names",
        "token-classification",
        "names of persons and places in a text",
        ("none", "person", "place"),
        GIVEN,
        (Step("tokenize", (128,)),),
        training=Training(epochs=3.0, rate=5e-5),
        metric="f1",
    ),
    "image-classification": Recipe(
        "digits",
        "image-classification",
        "handwritten digits",
        tuple("0123456789"),
        Data(source="given", inputs="images", label="labels"),
        (Step("resize", (28, 28)), Step("scale", (0.13, 0.31)), Step("shift", (2,))),
        training=Training(epochs=10.0, batch=64),
    ),
    "causal-lm": Recipe(
        "prose",
        "causal-lm",
        "goes on with a text",
        data=GIVEN,
        preprocess=(Step("tokenize", (256,)),),
        training=Training(epochs=1.0, batch=8, rate=5e-5),
        metric="perplexity",
    ),
    "embedding": Recipe(
        "meaning",
        "embedding",
        "embeddings of sentences as a teacher makes them",
        data=GIVEN,
        preprocess=(Step("tokenize", (64,)),),
        loss=Loss(cosine=1.0),
        training=Training(epochs=3.0, rate=1e-4),
        metric="cosine",
    ),
    "regression": Recipe(
        "rating",
        "regression",
        "how good a sentence says that something is",
        data=GIVEN,
        preprocess=(Step("tokenize", (64,)),),
        loss=Loss(mse=1.0),
        training=Training(epochs=3.0, rate=5e-5),
        metric="mse",
    ),
}
HEAD = """# A recipe: what a model is for, and how it is trained when it arrives.
# Data alone: no code, no paths, no addresses. After #: stands what may be left out.
"""
WIDTH = 96


def template(task: str) -> str:
    """A whole recipe as TOML; UsageError for a task that is none."""
    if task not in STARTS:
        raise UsageError(f"a task is one of {', '.join(TASKS)}, not {task[:40]!a}")
    recipe = STARTS[task]
    stated, every = document.write(recipe), document.full(recipe)
    stated.setdefault("loss", {"cross_entropy": recipe.loss.cross_entropy})  # a table needs one
    lines = [HEAD, *_keys(OWN, stated, every)]
    for name, keys in TABLES.items():
        lines += ["", f"[{name}]" if name in every else f"#: [{name}]"]
        lines += _keys(keys, stated.get(name, {}), every.get(name, {}))
    return "\n".join(lines) + "\n"


def _keys(keys: dict[str, Key], stated: dict[str, Any], every: dict[str, Any]) -> Iterator[str]:
    for name, key in keys.items():
        held = key.example if name not in every else toml.literal(every[name])
        comment = f"{key.about} {str(key.rule).capitalize()}."
        yield from textwrap.wrap(
            comment, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False
        )
        yield f"{'' if name in stated else '#: '}{name} = {held}"
