"""Receipts as plain dicts and back: closed, and checked before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from seedtool import container
from seedtool.errors import LimitError, MalformedError, VersionError
from seedtool.receipts.schema import ROWS, VERSION, Figure, Receipt, Row
from seedtool.recipes.combinations import SCORES
from seedtool.recipes.keys import SEEDS_MAX, Digest, OneOf, Real, Rule, Text, Whole, shown
from seedtool.recipes.schema import GROWERS, METRICS, Metric
from seedtool.seed import RECIPES_MAX

KEY = "receipts"  # of the fidelity document


class Begin:
    """Where growing starts: a word, or a codec and its bits; a command is written with it."""

    def read(self, key: str, value: object) -> str:
        text = Text(word=False).read(key, value)
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}(:[0-9.]{1,16})?", text):
            raise MalformedError(f"{key} is {shown(value)}, not a start like coded or trellis:2")
        return text


COUNT = Whole(1, (1 << 31) - 1)
SEED = Whole(0, (1 << 63) - 1)
STEPS = Whole(0, 10**7)
RULES: dict[str, Rule] = {
    "recipe": Text(),
    "recipe_sha256": Digest(),
    "content_sha256": Digest(),
    "metric": OneOf(METRICS),
    "start": Begin(),
    "grower": OneOf(GROWERS),
    "steps": STEPS,
    "examples": COUNT,
    "data_sha256": Digest(),
    "tested": COUNT,
    "test_sha256": Digest(),
    "seconds": Real(0, 1e9),
    "peak_bytes": Whole(0, (1 << 63) - 1),
    "processes": Whole(1, 1 << 16),
    "device": Text(word=False),
}
FIELDS = {  # of the schema, where they are called otherwise
    "recipe_sha256": "recipe_digest",
    "content_sha256": "content",
    "data_sha256": "data",
    "test_sha256": "test",
}
OTHERS = frozenset({"version", "seeds", "done", "held_out", "figures", "environment"})
ENVIRONMENT: dict[str, Rule] = {
    **dict.fromkeys(
        ("seedtool", "python", "torch", "transformers", "system", "machine"), Text(word=False)
    ),
    "threads": Whole(1, 1 << 16),
}


def of_fidelity(document: Mapping[str, Any]) -> tuple[Receipt, ...]:
    """The receipts of a fidelity document; MalformedError, LimitError or VersionError."""
    found = document.get(KEY, [])
    if not isinstance(found, list):
        raise MalformedError(f"receipts are {shown(found)}, not an array")
    if len(found) > RECIPES_MAX:
        raise LimitError(f"{len(found)} receipts, the limit is {RECIPES_MAX}")
    made = tuple(map(read, found))
    for receipt, value in zip(made, found, strict=True):
        # JSON may write 1.0 as 1; a seed has one form of each receipt.
        if container.pack(write(receipt)) != container.pack(value):
            raise MalformedError(f"receipt of {receipt.recipe!a} is not in its one form")
    names = [receipt.recipe for receipt in made]
    if len(set(names)) != len(names):
        raise MalformedError("two receipts are of the same recipe")
    return made


def read(value: object) -> Receipt:
    """The receipt of a dict, as msgpack or JSON give it.

    MalformedError that names the key for whatever is unknown, missing or out of its range,
    LimitError for what is too long, VersionError for another version.
    """
    whole = _table(value, "receipt", {*RULES, *OTHERS})
    if Whole(1, 1 << 16).read("receipt: version", whole["version"]) != VERSION:
        raise VersionError(
            f"receipt: version is {whole['version']}, this reader knows {VERSION}",
            hint="pip install -U seedtool",
        )
    fields = {FIELDS.get(k, k): rule.read(f"receipt: {k}", whole[k]) for k, rule in RULES.items()}
    seeds = _numbers(whole["seeds"], "seeds", SEED)
    if len(set(seeds)) != len(seeds):
        raise MalformedError("receipt: seeds has the same one twice")
    if type(whole["held_out"]) is not bool:
        raise MalformedError("receipt: held_out must be true or false")
    made = Receipt(
        **cast("dict[str, Any]", fields),
        seeds=tuple(map(int, seeds)),
        done=tuple(map(int, _numbers(whole["done"], "done", STEPS, len(seeds)))),
        held_out=whole["held_out"],
        figures=_figures(whole["figures"], cast(Metric, fields["metric"]), len(seeds)),
        environment=_environment(whole["environment"]),
    )
    if any(done > made.steps for done in made.done):
        raise MalformedError("receipt: done has more steps than there were")
    return made


def write(receipt: Receipt) -> dict[str, Any]:
    """The dict of a receipt, its keys sorted."""
    value = {k: getattr(receipt, FIELDS.get(k, k)) for k in RULES}
    value |= {
        "version": VERSION,
        "seeds": list(receipt.seeds),
        "done": list(receipt.done),
        "held_out": receipt.held_out,
        "environment": dict(sorted(receipt.environment.items())),
        "figures": {row: _figure(receipt.figures[row]) for row in sorted(receipt.figures)},
    }
    return {key: value[key] for key in sorted(value)}


def _figure(figure: Figure) -> dict[str, Any]:
    error = {} if figure.error is None else {"error": figure.error}
    return {**error, "values": list(figure.values)}


def _table(
    value: object, what: str, known: set[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is {shown(value)}, not a table")
    for key in value:
        if key not in known:
            raise MalformedError(f"{what}: the key {shown(key)} is unknown")
    for key in sorted(known - optional):
        if key not in value:
            raise MalformedError(f"{what}: {key} is missing")
    return value


def _numbers(
    value: object, key: str, rule: Whole | Real, count: int | None = None
) -> Sequence[float]:
    if not isinstance(value, list):
        raise MalformedError(f"receipt: {key} is {shown(value)}, not an array")
    if len(value) > SEEDS_MAX:
        raise LimitError(f"receipt: {key} has {len(value)} numbers, the limit is {SEEDS_MAX}")
    if not value or len(value) != (count or len(value)):
        raise MalformedError(f"receipt: {key} has not one number for each seed")
    return [rule.read(f"receipt: {key}", item) for item in value]


def _figures(value: object, metric: Metric, seeds: int) -> dict[Row, Figure]:
    found = _table(value, "receipt: figures", set(ROWS), frozenset({"original"}))
    made: dict[Row, Figure] = {}
    for row in ROWS:
        if row in found:
            what = f"figures.{row}"
            held = _table(found[row], f"receipt: {what}", {"values", "error"}, frozenset({"error"}))
            count = 1 if row == "original" else seeds
            values = _numbers(held["values"], f"{what}.values", Real(*SCORES[metric]), count)
            rule = Real(0, 1e9)
            error = rule.read(f"receipt: {what}.error", held["error"]) if "error" in held else None
            made[row] = Figure(tuple(values), error)
    return made


def _environment(value: object) -> dict[str, str | int]:
    found = _table(value, "receipt: environment", set(ENVIRONMENT), frozenset(ENVIRONMENT))
    return {
        key: cast("str | int", ENVIRONMENT[key].read(f"receipt: environment.{key}", held))
        for key, held in found.items()
    }
