"""Recipes as documents: what is taken, what is refused with which line, and one form of each."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import errors
from seedtool.recipes import combinations, document, keys, section, templates, toml
from seedtool.recipes.schema import TASKS, Data, Expected, Loss, Recipe, StepKind, Training
from tests.recipes import recipes

SMALL: dict[str, Any] = {"name": "movies", "task": "text-classification"}


def refused(value: object, kind: type[errors.SeedError] = errors.MalformedError) -> str:
    with pytest.raises(errors.SeedError) as caught:
        document.read(value)
    assert type(caught.value) is kind
    assert "\n" not in caught.value.message
    return caught.value.message


def test_the_keys_are_those_of_the_schema() -> None:
    own = {field.name for field in dataclasses.fields(Recipe)}
    assert {*keys.OWN, *keys.TABLES} == own | {"version"}
    for name, kind in document.MADE.items():
        assert list(keys.TABLES[name]) == [field.name for field in dataclasses.fields(kind)]
    assert tuple(keys.STEPS) == get_args(StepKind)


@given(recipes())
@settings(max_examples=150, deadline=None)
def test_a_recipe_comes_back_from_each_form(recipe: Recipe) -> None:
    assert document.read(document.write(recipe)) == recipe
    assert document.read(document.full(recipe)) == recipe
    assert toml.parse(toml.dump(recipe).encode()) == recipe
    assert section.read(section.make(recipe)) == recipe


@given(recipes(), recipes())
@settings(max_examples=50, deadline=None)
def test_equal_recipes_are_equal_bytes_and_others_are_not(one: Recipe, other: Recipe) -> None:
    again = document.read(document.full(one))
    assert section.make(again) == section.make(one)
    assert (section.make(one) == section.make(other)) == (one == other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 32}, "recipe: the key 'batch' is unknown"),
        ({"training": {"bach": 32}}, "recipe: the key 'training.bach' is unknown"),
        ({"training": {"batch": 0}}, "recipe: training.batch must lie in 1..4096, not 0"),
        ({"training": {"batch": 4097}}, "recipe: training.batch must lie in 1..4096, not 4097"),
        ({"training": {"batch": 2.0}}, "recipe: training.batch must be a whole number, not 2.0"),
        ({"training": {"batch": True}}, "recipe: training.batch must be a whole number, not true"),
        ({"training": {"steps": 10**7 + 1}}, "recipe: training.steps must lie in 1..10000000, not"),
        ({"training": {"rate": 0}}, "recipe: training.rate must lie in 1e-09..10, not 0"),
        ({"training": {"rate": math.nan}}, "recipe: training.rate must be a finite number, not na"),
        ({"training": {"rate": -math.inf}}, "recipe: training.rate must be a finite number, not -"),
        ({"training": {"rate": "1e-3"}}, "recipe: training.rate must be a number, not '1e-3'"),
        ({"training": {"rate": 16**9999}}, "recipe: training.rate must lie in 1e-09..10, not a nu"),
        ({"training": []}, "recipe: training is an array, not a table"),
        ({"training": {"steps": 5, "epochs": 1}}, "recipe: training has either steps or epochs"),
        ({"training": {}}, "recipe: training has either steps or epochs, one of them"),
        ({"training": {"optimizer": "torch.optim.Adam"}}, "recipe: training.optimizer must be one"),
        ({"task": "os.system"}, "recipe: task must be one of text-classification, "),
        ({"task": ["embedding"]}, "recipe: task must be one of"),
        ({"name": ""}, "recipe: name is not a non-empty string"),
        ({"name": None}, "recipe: name is not a non-empty string"),
        ({"name": "../../etc"}, "recipe: name holds '/': a recipe names no path and no code"),
        ({"name": "a\\b"}, r"recipe: name holds '\\': a recipe names no path and no code"),
        ({"name": "os.system"}, "recipe: name holds '.': a recipe names no path and no code"),
        ({"name": "a\u202eb"}, r"recipe: name 'a\u202eb' holds a control character"),
        ({"name": "a\x1b[2J"}, r"recipe: name 'a\x1b[2J' holds a control character"),
        ({"name": "e\u0301"}, r"recipe: name 'e\u0301' is not in Unicode normal form C"),
        ({"name": "\ud800"}, "recipe: name is not valid Unicode"),
        ({"about": "https://a.b"}, "recipe: about holds '/': a recipe names no path and no code"),
        ({"data": {"inputs": "a.b"}}, "recipe: data.inputs holds '.': a recipe names no path and"),
        ({"data": {"path": "x.csv"}}, "recipe: the key 'data.path' is unknown"),
        ({"data": {"digest": "AB" * 32}}, "recipe: data.digest must be 64 hexadecimal digits in"),
        ({"data": {"digest": "ab" * 32}}, "recipe: data.digest is of given data, and source is em"),
        ({"data": {"split": "train"}}, "recipe: data.split is of given data, and source is embed"),
        ({"data": {"source": "given", "examples": "x"}}, "recipe: data.examples is of embedded da"),
        ({"data": {"held_out": 1}}, "recipe: data.held_out must lie in 0..0.9, not 1"),
        ({"classes": ["only"]}, "recipe: classes must have 2 or more, not 1"),
        ({"classes": ["a", "a"]}, "recipe: classes must not hold the same twice"),
        ({"classes": "ab"}, "recipe: classes must be an array, not 'ab'"),
        ({"classes": ["a", "b/c"]}, "recipe: classes[1] holds '/': a recipe names no path and no"),
        ({"seeds": []}, "recipe: seeds must have 1 or more, not 0"),
        ({"seeds": [1 << 32]}, "recipe: seeds[0] must lie in 0..4294967295, not 4294967296"),
        ({"preprocess": [[]]}, "recipe: preprocess[0] must be a row like ['tokenize', 64], not an"),
        ({"preprocess": ["tokenize"]}, "recipe: preprocess[0] must be a row like ['tokenize', 64]"),
        ({"preprocess": [["exec", 1]]}, "recipe: preprocess[0] must be one of tokenize, resize, "),
        ({"preprocess": [["tokenize"]]}, "recipe: preprocess[0]: tokenize takes 1 numbers, not 0"),
        ({"preprocess": [["tokenize", 0]]}, "recipe: preprocess[0]: tokenize must lie in 1..8192"),
        ({"preprocess": [["tokenize", 1]] * 2}, "recipe: preprocess must not hold the same step"),
        ({"preprocess": [["flip", 0.5]]}, "recipe: preprocess has flip, which is not for text-cla"),
        ({"loss": {}}, "recipe: loss has no weight over 0"),
        ({"loss": {"cosine": 1}}, "recipe: loss of text-classification is cross_entropy or kl, no"),
        ({"metric": "perplexity"}, "recipe: metric of text-classification is accuracy or f1, not "),
        ({"training": {"epochs": 1, "target": 90}}, "recipe: training.target of accuracy must lie"),
        ({"expected": {"score": 0.9}}, "recipe: expected.spread is missing"),
        (
            {"expected": {"score": 2.0, "spread": 0, "examples": 9}},
            "recipe: expected.score of accuracy must lie in 0..1, not 2.0",
        ),
    ],
    ids=lambda v: None if isinstance(v, dict) else v[8:40],
)
def test_what_is_wrong_is_refused_in_a_line_that_names_the_key(
    change: dict[str, Any], message: str
) -> None:
    assert refused({**SMALL, **change}).startswith(message)


@pytest.mark.parametrize(
    ("task", "change", "message"),
    [
        ("embedding", {}, "recipe: metric of embedding is cosine or mse, not accuracy"),
        ("embedding", {"metric": "cosine"}, "recipe: loss of embedding is cosine or mse, not cro"),
        ("regression", {"classes": ["a", "b"]}, "recipe: classes are of classifications, not of "),
        ("image-classification", {"metric": "perplexity"}, "recipe: metric of image-classificati"),
        ("image-classification", {"preprocess": [["tokenize", 9]]}, "recipe: preprocess has toke"),
        (
            "embedding",
            {
                "metric": "mse",
                "loss": {"mse": 1},
                "preprocess": [["tokenize", 9], ["resize", 8, 8]],
            },
            "recipe: preprocess has tokenize, which is for texts, and others",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(task: str, change: dict[str, Any], message: str) -> None:
    assert refused({"name": "x", "task": task, **change}).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "n" * 65}, "recipe: name has 65 characters, the limit is 64"),
        ({"about": "n" * 513}, "recipe: about is 513 bytes long, the limit is 512"),
        (
            {"classes": [str(i) for i in range(4097)]},
            "recipe: classes has 4097 items, the limit is 4096",
        ),
        ({"preprocess": [["noise", 1]] * 17}, "recipe: preprocess has 17 items, the limit is 16"),
        ({"seeds": [*range(65)]}, "recipe: seeds has 65 items, the limit is 64"),
        (
            {"preprocess": [["tokenize", 8192]], "training": {"steps": 1, "batch": 129}},
            "recipe: training.batch takes over 2^20 tokens",
        ),
        (
            {
                "task": "image-classification",
                "preprocess": [["resize", 1024, 1024]],
                "training": {"steps": 1, "batch": 65},
            },
            "recipe: training.batch takes over 2^26 pixels",
        ),
    ],
)
def test_what_is_too_large_is_refused(change: dict[str, Any], message: str) -> None:
    assert refused({**SMALL, **change}, errors.LimitError) == message


def test_what_is_missing_another_version_or_no_table_is_refused() -> None:
    assert refused({"name": "x"}) == "recipe: task is missing"
    assert refused({"task": "causal-lm"}) == "recipe: name is missing"
    assert refused([]) == "recipe is an array, not a table"
    newer = refused({**SMALL, "version": 2}, errors.VersionError)
    assert newer == "recipe: version is 2, this reader knows 1"
    assert document.read({**SMALL, "version": 1}) == document.read(SMALL)


def test_examples_of_the_recipes_own_name_are_its_examples_by_default() -> None:
    stated = document.read({**SMALL, "data": {"examples": "movies"}})
    assert stated == document.read(SMALL)
    assert section.make(stated).fields == {"name": "movies", "examples": "movies"}


def test_a_recipe_made_in_python_is_checked_when_it_is_written() -> None:
    with pytest.raises(errors.MalformedError, match=r"training\.batch must lie in"):
        section.make(Recipe("x", "causal-lm", training=Training(steps=1, batch=0)))


VALUES: list[Callable[[random.Random], Any]] = [
    lambda _: None,
    lambda _: True,
    lambda r: r.choice([-1, 0, 1, 1 << 64, -(16**5000)]),
    lambda r: r.choice([math.nan, math.inf, -0.0, 1e308]),
    lambda r: r.choice(["", "../x", "\ud800", "\x00", "a" * 100_000, "os.system"]),
    lambda _: [],
    lambda _: {},
    lambda r: [r.choice([0, "resize", [], {"a": 1}])] * r.choice([1, 20, 5000]),
    lambda _: b"\xff",
    lambda _: object(),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return found + [place for key, held in inner for place in places(held, (*at, key))]


@given(recipes(), st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_random_changes_raise_nothing_but_errors_of_our_own(recipe: Recipe, seed: int) -> None:
    rng = random.Random(seed)
    value = document.full(recipe)
    for _ in range(rng.randint(1, 3)):
        *path, last = rng.choice(places(value))
        held = value
        for key in path:
            held = held[key]
        if isinstance(held, dict) and rng.random() < 0.2:
            held[rng.choice(["x", 1, "a.b", ""])] = 1
        else:
            held[last] = rng.choice(VALUES)(rng)
        if not isinstance(held, (dict, list)):
            return
    try:
        made = document.read(value)
    except errors.SeedError as e:
        caught = e
    else:
        assert document.read(document.write(made)) == made
        return
    assert caught.exit_code in (3, 4, 7)
    assert "\n" not in caught.message
    assert len(caught.message) < 1000


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_a_template_that_says_every_key(task: str) -> None:
    page = templates.template(task)
    made = toml.parse(page.encode())
    assert made == templates.STARTS[made.task]
    assert made.task == task
    lines = [line.removeprefix("#: ") for line in page.splitlines()]
    stated = [line.split(" = ")[0] for line in lines if " = " in line and line[0] != "#"]
    assert stated == [*keys.OWN, *(key for table in keys.TABLES.values() for key in table)]


def test_what_a_template_leaves_out_is_what_holds_without_it() -> None:
    page = templates.template("image-classification").partition("\n#: [expected]")[0]
    none = ("examples = ", "digest = ", "split = ", "steps = ", "target = ")
    lines = [line.removeprefix("#: ") for line in page.splitlines()]
    kept = "\n".join(line for line in lines if not line.startswith(none))
    assert toml.parse(kept.encode()) == templates.STARTS["image-classification"]


def test_a_template_of_no_task_is_refused() -> None:
    with pytest.raises(errors.UsageError, match="a task is one of text-classification, "):
        templates.template("x.y")


def test_combinations_know_every_task_and_metric() -> None:
    for table in (combinations.METRICS, combinations.LOSSES, combinations.TAKES):
        assert set(table) == set(TASKS)
    assert set(combinations.SCORES) == {m for row in combinations.METRICS.values() for m in row}


def test_the_smallest_recipe_says_the_rest_by_default() -> None:
    recipe = document.read(SMALL)
    assert recipe == Recipe("movies", "text-classification")
    assert recipe.loss == Loss(cross_entropy=1.0)
    assert recipe.data == Data()
    assert recipe.expected is None
    scored = document.read({**SMALL, "expected": {"score": 1, "spread": 0, "examples": 5}})
    assert scored.expected == Expected(1.0, 0.0, 5)
