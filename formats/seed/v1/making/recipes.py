"""Examples and recipes: examples_*, recipe_* and their limits (SPEC 5.6)."""

from __future__ import annotations

from typing import Any

from making.build import Made, Piece, meta, pack, seal, section, table, tensor
from making.register import vector

FIELDS = "the head of a section of the kind 'examples' has other fields"
ROW = ["w", "U8", [4]]
DATA = b"seed"
SMALL: dict[str, Any] = {"task": "text-classification"}


def examples(name: Any = "movies", parts: list[bytes] | None = None, **changes: Any) -> Piece:
    fields: dict[str, Any] = {"name": name, "count": 2, "codec": "x", "params": {}, **changes}
    return section("examples", [b"good", b"bad"] if parts is None else parts, **fields)


def recipe(document: Any, name: Any = "movies", **fields: Any) -> Piece:
    return section("recipe", [pack(document)], name=name, **fields)


def seed(*pieces: Piece) -> Made:
    return seal(table(), meta(), *pieces)


def changed(**keys: Any) -> Made:
    """A seed of one recipe with these keys more."""
    return seed(recipe({**SMALL, **keys}))


@vector()
def ok_recipe_small() -> Made:
    """A recipe with nothing but a task, for data that the caller gives."""
    return changed()


@vector()
def ok_recipe_embedded() -> Made:
    """Two recipes of the same examples, in their places among the other kinds."""
    pieces = [
        meta(),
        section("asset", [b"{}"], name="config.json", role="config"),
        section("y", []),
        examples(),
        recipe(SMALL, examples="movies"),
        recipe({"task": "token-classification"}, "tokens", examples="movies"),
        tensor("raw", [DATA], DATA),
    ]
    return seal(table(ROW), *pieces).holds(w=DATA)


@vector()
def ok_recipe_whole() -> Made:
    """A recipe with every key that it can have at once."""
    document = {
        "task": "image-classification",
        "about": "digits: \u96f6 to nine",
        "classes": ["zero", "one", "2.5"],
        "data": {
            **{"digest": "0f" * 32, "split": "train", "held_out": 0.0},
            **{"inputs": "images", "label": "digit"},
        },
        "preprocess": [
            *(["resize", 28, 28], ["scale", -0.5, 0.25], ["shift", 2], ["flip", 0.5]),
            *(["cutout", 8], ["noise", 0.0]),
        ],
        "loss": {"cross_entropy": 0.5, "kl": 0.5, "temperature": 4.0},
        "training": {
            **{"steps": 100, "batch": 4096, "optimizer": "sgd", "rate": 1e-9, "decay": 0.0},
            **{"schedule": "constant", "warmup": 1.0, "clip": 0.0, "trains": "head"},
            "target": 1.0,
        },
        "growing": {
            **{"grower": "evolution", "temperature": 100.0, "cooling": 1e-12, "heat": 0.0},
            **{"population": 2, "space": "coefficients"},
        },
        "metric": "f1",
        "seeds": [4294967295, 0],
        "expected": {"score": 0.9, "spread": 0.0, "examples": 10000},
    }
    return seed(recipe(document, "digits of all kinds"))


@vector()
def ok_recipe_every_task() -> Made:
    """A recipe of each task, with the losses and metrics that it may have."""
    text = [["tokenize", 8192]]
    least = {"preprocess": text, "training": {"epochs": 0.001, "batch": 128}}
    documents: list[dict[str, Any]] = [
        {"task": "text-classification", "loss": {"kl": 1.0}},
        {"task": "token-classification", "metric": "f1"},
        {"task": "image-classification"},
        {"task": "causal-lm", "metric": "perplexity", "expected": score(1.0), **least},
        {"task": "embedding", "metric": "cosine", "loss": {"cosine": 1.0, "mse": 1000.0}},
        {"task": "regression", "metric": "mse", "loss": {"mse": 1.0}, "expected": score(1e9)},
    ]
    return seed(*(recipe(d, d["task"]) for d in documents))


def score(value: Any, examples: Any = 1) -> dict[str, Any]:
    return {"score": value, "spread": 1.0, "examples": examples}


@vector()
def ok_examples_alone() -> Made:
    """Examples of no part that no recipe takes, by a codec that no reader has."""
    return seed(examples("a/b.c", [], codec="anything", params={"deep": [1, {"x": 2.5}]}))


@vector()
def ok_recipe_64() -> Made:
    """64 recipes and 64 examples."""
    names = [str(i) for i in range(64)]
    return seed(*(examples(n, []) for n in names), *(recipe(SMALL, n, examples=n) for n in names))


@vector("LimitError", "over 64 sections of the kind 'recipe'")
def limit_recipes() -> Made:
    """65 recipes."""
    return seed(*(recipe(SMALL, str(i)) for i in range(65)))


@vector("LimitError", "over 64 sections of the kind 'examples'")
def limit_examples() -> Made:
    """65 examples."""
    return seed(*(examples(str(i), []) for i in range(65)))


@vector("LimitError", "examples take 268435457 bytes, over 256 MiB")
def limit_examples_together() -> Made:
    """Examples of a byte and others that declare 256 MiB."""
    fields = {"kind": "examples", "name": "b", "count": 1, "codec": "x", "params": {}}
    large = section(None, [], head=pack({**fields, "parts": [1 << 27, 1 << 27]}))
    return seed(examples("a", [b"."]), large)


@vector("LimitError", "a recipe of 65537 bytes, over 64 KiB")
def limit_recipe() -> Made:
    """A recipe that declares 64 KiB + 1 byte."""
    head = pack({"kind": "recipe", "name": "a", "parts": [65537]})
    return seed(section(None, [], head=head))


@vector("MalformedError", "examples name 'Movies' appears twice (case folded)")
def examples_name_twice() -> Made:
    """Examples whose names are one where case is not kept."""
    return seed(examples(), examples("Movies"))


@vector("MalformedError", "name of examples is not a non-empty string")
def examples_name_empty() -> Made:
    """Examples without a name."""
    return seed(examples(""))


@vector("MalformedError", "codec name is not a non-empty string")
def examples_codec_empty() -> Made:
    """Examples of a codec without a name."""
    return seed(examples(codec=""))


@vector("MalformedError", "a count of examples is not in 1..2^31-1")
def examples_count_0() -> Made:
    """No examples."""
    return seed(examples(count=0))


@vector("MalformedError", "a count of examples is not in 1..2^31-1")
def examples_count_2_31() -> Made:
    """2^31 examples."""
    return seed(examples(count=1 << 31))


@vector("MalformedError", FIELDS)
def examples_count_boolean() -> Made:
    """A count of true."""
    return seed(examples(count=True))


@vector("MalformedError", FIELDS)
def examples_params_missing() -> Made:
    """Examples without params."""
    return seed(section("examples", [], name="a", count=1, codec="x"))


@vector("MalformedError", FIELDS)
def examples_critical() -> Made:
    """The critical key at examples."""
    return seed(examples(critical=True))


@vector("MalformedError", "a section of the kind 'examples' stands out of order")
def examples_after_recipe() -> Made:
    """Examples after a recipe."""
    return seed(recipe(SMALL), examples())


@vector("MalformedError", "a section of the kind 'recipe' stands out of order")
def recipe_after_tensor() -> Made:
    """A recipe after a tensor."""
    return seal(table(ROW), meta(), tensor("raw", [DATA], DATA), recipe(SMALL))


@vector("MalformedError", "recipe 'movies' is of examples that the seed does not have")
def recipe_examples_missing() -> Made:
    """A recipe of examples that are not there."""
    return seed(recipe(SMALL, examples="movies"))


@vector("MalformedError", "recipe 'movies' is of examples that the seed does not have")
def recipe_examples_case() -> Made:
    """A recipe of examples whose name has another case."""
    return seed(examples("Movies"), recipe(SMALL, examples="movies"))


@vector("MalformedError", "recipe name 'MOVIES' appears twice (case folded)")
def recipe_name_twice() -> Made:
    """Two recipes whose names are one where case is not kept."""
    return seed(recipe(SMALL), recipe(SMALL, "MOVIES"))


@vector("MalformedError", "a section of the kind 'recipe' has 2 parts, not 1")
def recipe_two_parts() -> Made:
    """A recipe in two parts."""
    return seed(section("recipe", [pack(SMALL), b""], name="a"))


@vector("MalformedError", "the recipe document is not a map")
def recipe_array() -> Made:
    """A recipe that is an array."""
    return seed(recipe([]))
