"""Recipes of SPEC 5.6 for reference.py: a closed table, and what makes sense together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from reference_blocks import need, read_name

Check = Callable[[Any], None]
CLASSIFICATIONS = ("text-classification", "token-classification", "image-classification")
PIXELS = ("resize", "scale", "shift", "flip", "cutout", "noise")
# task -> its metrics, its losses, its steps
TASKS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "text-classification": (("accuracy", "f1"), ("cross_entropy", "kl"), ("tokenize",)),
    "token-classification": (("accuracy", "f1"), ("cross_entropy", "kl"), ("tokenize",)),
    "image-classification": (("accuracy", "f1"), ("cross_entropy", "kl"), PIXELS),
    "causal-lm": (("perplexity", "accuracy"), ("cross_entropy", "kl"), ("tokenize",)),
    "embedding": (("cosine", "mse"), ("cosine", "mse"), ("tokenize", *PIXELS)),
    "regression": (("mse",), ("mse",), ("tokenize", *PIXELS)),
}
SCORES: dict[str, tuple[float, float]] = {
    **{"accuracy": (0, 1), "f1": (0, 1), "perplexity": (1, 1e9)},
    **{"cosine": (-1, 1), "mse": (0, 1e9)},
}


def whole(low: int, high: int) -> Check:
    return lambda v: need(type(v) is int and low <= v <= high, "recipe: an integer")


def real(low: float, high: float) -> Check:
    def check(v: Any) -> None:
        need(type(v) is float and low <= v <= high, "recipe: a float")
        need(v != 0 or math.copysign(1, v) > 0, "recipe: -0")

    return check


def one_of(*names: str) -> Check:
    return lambda v: need(type(v) is str and v in names, "recipe: an enumeration")


def text(longest: int, marks: str) -> Check:
    def check(v: Any) -> None:
        read_name(v, "recipe")
        need(len(v) <= longest, "recipe: a long text", "limit")
        need(not set(v) & set(marks), "recipe: a text with a slash or a dot")

    return check


def several(each: Check, least: int, most: int) -> Check:
    def check(v: Any) -> None:
        need(type(v) is list, "recipe: an array")
        need(len(v) <= most, "recipe: a long array", "limit")
        for item in v:
            each(item)
        need(len(v) >= least and len({*v}) == len(v), "recipe: few items, or one twice")

    return check


def digest(v: Any) -> None:
    need(type(v) is str and len(v) == 64 and set(v) <= set("0123456789abcdef"), "recipe: digest")


STEPS: dict[str, list[Check]] = {
    **{"tokenize": [whole(1, 8192)], "resize": [whole(1, 1024)] * 2, "shift": [whole(1, 256)]},
    **{"scale": [real(-1000, 1000), real(1e-6, 1000)], "flip": [real(0, 1)]},
    **{"cutout": [whole(1, 256)], "noise": [real(0, 10)]},
}


def steps(v: Any) -> None:
    need(type(v) is list, "recipe: preprocess")
    need(len(v) <= 16, "recipe: preprocess", "limit")
    for row in v:
        need(type(row) is list and row != [] and type(row[0]) is str, "recipe: a step")
        need(row[0] in STEPS and len(row) == 1 + len(STEPS[row[0]]), "recipe: a step")
        for check, number in zip(STEPS[row[0]], row[1:], strict=True):
            check(number)
    need(len({row[0] for row in v}) == len(v), "recipe: a step twice")


WORD = text(64, "/\\.")
WEIGHT = (real(0, 1000), 0.0)
# key -> (check, default); a table is a map of such
FORM: dict[str, dict[str, tuple[Check, Any]]] = {
    "": {
        "version": (lambda v: need(v == 1, "recipe: version", "version"), 1),
        "task": (one_of(*TASKS), None),
        "about": (text(512, "/\\"), None),
        "classes": (several(text(64, "/\\"), 2, 4096), None),
        "preprocess": (steps, []),
        "metric": (one_of(*SCORES), "accuracy"),
        "seeds": (several(whole(0, (1 << 32) - 1), 1, 64), [0]),
    },
    "data": {
        "digest": (digest, None),
        "split": (WORD, None),
        "held_out": (real(0, 0.9), 0.1),
        "inputs": (WORD, "input"),
        "label": (WORD, "label"),
    },
    "loss": {
        **{"cross_entropy": WEIGHT, "kl": WEIGHT, "cosine": WEIGHT, "mse": WEIGHT},
        "temperature": (real(0.01, 100), 1.0),
    },
    "training": {
        "steps": (whole(1, 10**7), None),
        "epochs": (real(0.001, 10**4), None),
        "batch": (whole(1, 4096), 32),
        "optimizer": (one_of("adamw", "sgd"), "adamw"),
        "rate": (real(1e-9, 10), 0.001),
        "decay": (real(0, 10), 0.01),
        "schedule": (one_of("constant", "linear", "cosine"), "cosine"),
        "warmup": (real(0, 1), 0.05),
        "clip": (real(0, 10**4), 1.0),
        "trains": (one_of("all", "head"), "all"),
        "target": (real(-1e9, 1e9), None),
    },
    "growing": {
        "grower": (one_of("gradient", "thermal", "hybrid", "evolution"), "gradient"),
        "temperature": (real(0, 100), 1e-4),
        "cooling": (real(1e-12, 1), 1e-3),
        "heat": (real(0, 1), 0.3),
        "population": (whole(2, 4096), 16),
        "space": (one_of("scales", "coefficients"), "scales"),
    },
    "expected": {
        "score": (real(-1e9, 1e9), None),
        "spread": (real(0, 1e9), None),
        "examples": (whole(1, (1 << 31) - 1), None),
    },
}
DEFAULTS: dict[str, Any] = {"data": {}, "growing": {}, "loss": {"cross_entropy": 1.0}}
DEFAULTS |= {"training": {"epochs": 1.0}}


def check_recipe(head: dict[str, Any], value: Any) -> None:
    """5.6: the document of a recipe with that head."""
    need(type(value) is dict, "recipe: no map")
    WORD(head["name"])
    WORD(head.get("examples", "x"))
    check_table("", {k: v for k, v in value.items() if k == "" or k not in FORM})
    for name in FORM.keys() & value.keys() - {""}:
        need(type(value[name]) is dict, f"recipe: {name}")
        check_table(name, value[name])
        need(value[name] != DEFAULTS.get(name), f"recipe: {name} is the default")
    need("task" in value, "recipe: no task")
    need(len(value.get("expected", "all")) == 3, "recipe: expected")
    check_sense(value, embedded="examples" in head)


def check_table(name: str, table: dict[str, Any]) -> None:
    for key, held in table.items():
        need(key in FORM[name], "recipe: an unknown key")
        check, default = FORM[name][key]
        check(held)
        need(held != default, f"recipe: {key} is the default")


def check_sense(value: dict[str, Any], *, embedded: bool) -> None:
    metrics, losses, kinds = TASKS[value["task"]]
    metric = value.get("metric", "accuracy")
    need("classes" not in value or value["task"] in CLASSIFICATIONS, "recipe: classes")
    need(metric in metrics, "recipe: metric")
    need(not embedded or not {"digest", "split"} & value.get("data", {}).keys(), "recipe: data")
    loss = value.get("loss", DEFAULTS["loss"])
    weighed = {k for k in loss if k != "temperature"}
    need(bool(weighed) and weighed <= {*losses}, "recipe: loss")
    rows = {row[0]: row[1:] for row in value.get("preprocess", [])}
    need(rows.keys() <= {*kinds}, "recipe: a step of another task")
    need("tokenize" not in rows or len(rows) == 1, "recipe: tokenize and others")
    training = value.get("training", DEFAULTS["training"])
    batch = training.get("batch", 32)
    need(batch * rows.get("tokenize", [0])[0] <= 1 << 20, "recipe: tokens", "limit")
    need(batch * math.prod(rows.get("resize", [0])) <= 1 << 26, "recipe: pixels", "limit")
    need(("steps" in training) != ("epochs" in training), "recipe: steps or epochs")
    low, high = SCORES[metric]
    scores = [training.get("target"), value.get("expected", {}).get("score")]
    need(all(s is None or low <= s <= high for s in scores), "recipe: a score")
