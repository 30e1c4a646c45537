"""Receipts in the fidelity section: ok_fidelity_*, fidelity_* and their limits (SPEC 5.3)."""

from __future__ import annotations

from typing import Any

from making.build import Made, document, meta, seal, table
from making.register import vector

SEEDS = [0, 7, (1 << 63) - 1]
FIGURES: dict[str, Any] = {
    "zero_shot": {"values": [0.25, 0.25, 0.25], "error": 0.02},
    "grown": {"values": [0.75, 0.5, 1.0], "error": 0.02},
    "random": {"values": [0.0, 0.125, 0.25]},
    "original": {"values": [0.875], "error": 0.0},
}
WHOLE: dict[str, Any] = {
    **{"version": 1, "recipe": "movies", "recipe_sha256": "0f" * 32, "content_sha256": "1e" * 32},
    **{"metric": "accuracy", "grower": "gradient", "start": "trellis:2.5"},
    **{"seeds": SEEDS, "steps": 100, "done": [100, 0, 63]},
    **{"examples": 1, "data_sha256": "2d" * 32, "tested": (1 << 31) - 1, "test_sha256": "3c" * 32},
    **{"held_out": True, "figures": FIGURES},
    **{"seconds": 0.5, "peak_bytes": 1 << 40, "processes": 1, "device": "cpu"},
    "environment": {"python": "3.11.2", "threads": 2},
}


def receipts(*held: Any) -> Made:
    return seal(table(), meta(), document("fidelity", {"receipts": [*held]}))


def changed(**keys: Any) -> Made:
    """A receipt with other keys; those of None are left out."""
    return receipts({k: v for k, v in {**WHOLE, **keys}.items() if v is not None})


def figures(**keys: Any) -> Made:
    return changed(figures={k: v for k, v in {**FIGURES, **keys}.items() if v is not None})


@vector()
def ok_fidelity_receipts() -> Made:
    """Two receipts; the other has no figure that may be left out, and no environment."""
    three = {k: {"values": [1e9]} for k in ("zero_shot", "grown", "random")}
    other = {**WHOLE, "recipe": "b", "metric": "mse", "start": "coded", "figures": three}
    return receipts(WHOLE, {**other, "seeds": [5], "done": [100], "environment": {}})


@vector()
def ok_fidelity_no_receipts() -> Made:
    """An array of no receipts, beside what readers need not know."""
    known = {"receipts": [], "weights": {"w": 1.5}, "other": None}
    return seal(table(), meta(), document("fidelity", known))


@vector("LimitError", "65 receipts, the limit is 64")
def limit_fidelity_receipts() -> Made:
    """65 receipts."""
    return receipts(*({"recipe": str(i)} for i in range(65)))


@vector("LimitError", "receipt: seeds has 65 numbers, the limit is 64")
def limit_fidelity_seeds() -> Made:
    """65 seeds."""
    return changed(seeds=[*range(65)])


@vector("LimitError", "receipt: device has 65 characters, the limit is 64")
def limit_fidelity_text() -> Made:
    """A device of 65 characters."""
    return changed(device="d" * 65)


@vector("MalformedError", "receipts are a table, not an array")
def fidelity_receipts_map() -> Made:
    """Receipts that are a map."""
    return seal(table(), meta(), document("fidelity", {"receipts": {}}))


@vector("MalformedError", "two receipts are of the same recipe")
def fidelity_recipe_twice() -> Made:
    """Two receipts of one recipe."""
    return receipts(WHOLE, WHOLE)


@vector("VersionError", "receipt: version is 2, this reader knows 1")
def fidelity_version_2() -> Made:
    """A receipt of a version to come."""
    return changed(version=2)


@vector("MalformedError", "receipt: the key 'command' is unknown")
def fidelity_key_unknown() -> Made:
    """A key that receipts do not have."""
    return changed(command="sh")


@vector("MalformedError", "receipt: data_sha256 is missing")
def fidelity_key_missing() -> Made:
    """A receipt without its data's digest."""
    return changed(data_sha256=None)


@vector("MalformedError", "receipt: recipe holds '.': a recipe names no path and no code")
def fidelity_recipe_dot() -> Made:
    """A recipe of a dotted name."""
    return changed(recipe="os.system")


@vector(
    "MalformedError",
    "receipt: test_sha256 must be 64 hexadecimal digits in lower case, not "
    "'3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C'",
)
def fidelity_digest_upper() -> Made:
    """A digest in upper case."""
    return changed(test_sha256="3C" * 32)


@vector(
    "MalformedError", "receipt: start is 'trellis --force', not a start like coded or trellis:2"
)
def fidelity_start() -> Made:
    """A start with an option."""
    return changed(start="trellis --force")


@vector("MalformedError", "receipt: done has more steps than there were")
def fidelity_done_over() -> Made:
    """More steps done than there were."""
    return changed(done=[100, 101, 63])


@vector("MalformedError", "receipt: done has not one number for each seed")
def fidelity_done_short() -> Made:
    """Steps of two of three seeds."""
    return changed(done=[100, 0])


@vector("MalformedError", "receipt: seeds has the same one twice")
def fidelity_seed_twice() -> Made:
    """A seed that comes twice."""
    return changed(seeds=[7, 0, 7])


@vector("MalformedError", "receipt: held_out must be true or false")
def fidelity_held_out_number() -> Made:
    """A number for whether examples were held out."""
    return changed(held_out=1)


@vector("MalformedError", "receipt of 'movies' is not in its one form")
def fidelity_seconds_integer() -> Made:
    """Seconds that are an integer."""
    return changed(seconds=1)


@vector("MalformedError", "receipt: figures: random is missing")
def fidelity_figure_missing() -> Made:
    """No figure of a random start."""
    return figures(random=None)


@vector("MalformedError", "receipt: figures.grown.values must lie in 0..1, not 1.5")
def fidelity_figure_over() -> Made:
    """An accuracy of 1.5."""
    return figures(grown={"values": [0.5, 1.5, 0.5]})


@vector("MalformedError", "receipt: figures.grown.values has not one number for each seed")
def fidelity_figure_short() -> Made:
    """Two values of three seeds."""
    return figures(grown={"values": [0.5, 0.5]})


@vector("MalformedError", "receipt: figures.original.values has not one number for each seed")
def fidelity_original_many() -> Made:
    """The original by three seeds."""
    return figures(original={"values": [0.5, 0.5, 0.5]})


@vector("MalformedError", "receipt: environment: the key 'path' is unknown")
def fidelity_environment_key() -> Made:
    """An environment with a path."""
    return changed(environment={"path": "bin"})
