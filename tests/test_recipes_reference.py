"""Recipes in seeds: the independent decoder takes and refuses the same documents."""

from __future__ import annotations

import copy
import importlib
import random
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import container, errors
from seedtool.recipes import document, keys, section
from seedtool.recipes.schema import Recipe
from seedtool.seed import Part, Section
from tests.recipes import recipes
from tests.vectors import FORMAT, reference

reference_recipes = importlib.import_module("reference_recipes")
NUMBERS: list[Any] = [0, 1, 2, 32, 65, 4096, 4097, 1 << 32, -1, True]
FLOATS: list[Any] = [0.0, -0.0, 1.0, 0.5, 0.001, 1e-4, 1e-3, 0.1, 0.3, 0.05, 1e9, 1e-9, 2e9, -1.0]
TEXTS: list[Any] = ["", "x", "a.b", "a/b", "a\\b", "e\u0301", "a\u200eb", "n" * 65, "accuracy"]
KEYS = [*keys.OWN, *keys.TABLES, *(key for table in keys.TABLES.values() for key in table)]
OTHERS: list[Any] = [None, {}, [], ["x"], [["flip", 0.5]], [["shift", 2], ["noise", 1.0]], [1, 0]]


def change(value: dict[str, Any], rng: random.Random) -> None:
    """Take away, exchange or add one key, here or in a table."""
    tables = [held for held in value.values() if isinstance(held, dict)]
    where = rng.choice([value, value, *tables])
    key = rng.choice([*where, rng.choice(KEYS)])
    if key in where and rng.random() < 0.3:
        del where[key]
    else:
        held = rng.choice(NUMBERS + FLOATS + TEXTS + OTHERS + list(value.values()))
        where[key] = copy.deepcopy(held)


def families(fields: dict[str, Any], raw: bytes) -> tuple[str, str]:
    """What seedtool and the reference say of a document: a family, or that it is sound."""
    codes = {3: "malformed", 4: "version", 7: "limit"}
    try:
        section.read(Section("recipe", fields, (Part(raw),)))
        one = "sound"
    except errors.SeedError as e:
        one = codes[e.exit_code]
    try:
        reference_recipes.check_recipe(fields, reference.read_msgpack(raw, "recipe"))
        other = "sound"
    except reference.RuleError as e:
        other = e.family
    return one, other


@given(recipes())
@settings(max_examples=100, deadline=None)
def test_both_take_what_is_written(recipe: Recipe) -> None:
    made = section.make(recipe)
    assert families(dict(made.fields), bytes(made.parts[0].data)) == ("sound", "sound")


@given(recipes(), st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_both_say_the_same_of_changed_documents(recipe: Recipe, seed: int) -> None:
    rng = random.Random(seed)
    made = section.make(recipe)
    value = container.document(made)
    for _ in range(rng.choice((1, 1, 2))):
        change(value, rng)
    one, other = families(dict(made.fields), container.pack(value))
    assert (one == "sound") == (other == "sound"), (one, other, value)


def test_the_text_has_every_key_and_every_range() -> None:
    """Numbers of the tables in SPEC 5.6 are those of the code."""
    text = (FORMAT / "SPEC.md").read_text().split("### 5.6")[1].split("## 6")[0]
    for key in KEYS:
        if key not in ("name", "source"):
            assert f"`{key}`" in text, key
    for table, rows in keys.TABLES.items():
        for key, held in rows.items():
            rule = held.rule
            if isinstance(rule, keys.OneOf) and (table, key) != ("data", "source"):
                assert " ".join(f"`{name}`" for name in rule.names) in text, key
    for kind, rules in keys.STEPS.items():
        assert re.search(rf"`{kind}`\s*\(", text), kind
        assert all(str(rule.high) in text for rule in rules)


def test_defaults_of_the_reference_are_those_of_the_schema() -> None:
    whole = document.full(Recipe("x", "text-classification"))
    for table, rows in reference_recipes.FORM.items():
        held = whole if not table else whole.get(table, {})
        for key, (_, default) in rows.items():
            if default is not None and (table, key) not in {
                ("", "preprocess"),
                ("loss", "cross_entropy"),
            }:
                assert held[key] == default, (table, key)
