"""A recipe as a plain dict and back: closed, and of equal recipes the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from seedtool.errors import MalformedError
from seedtool.recipes import combinations
from seedtool.recipes.keys import OWN, TABLES, Key, shown
from seedtool.recipes.schema import (
    VERSION,
    Data,
    Expected,
    Growing,
    Loss,
    Recipe,
    Step,
    Training,
)

MADE: dict[str, type] = {
    "data": Data,
    "loss": Loss,
    "training": Training,
    "growing": Growing,
    "expected": Expected,
}


def read(value: object, what: str = "recipe") -> Recipe:
    """The recipe of a dict of plain values, as TOML or msgpack give it; ``what`` begins messages.

    Raises MalformedError that names the key for what is unknown, missing, of another type, out
    of range or senseless, LimitError for what is too long, VersionError for another version.
    """
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is {shown(value)}, not a table")
    rest = {k: v for k, v in value.items() if k not in TABLES}
    fields = _read_table(rest, "", OWN, what)
    fields.pop("version", None)
    for name, keys in TABLES.items():
        if name in value:
            if not isinstance(value[name], dict):
                raise MalformedError(f"{what}: {name} is {shown(value[name])}, not a table")
            own = _read_table(value[name], f"{name}.", keys, what)
            fields[name] = _made(MADE[name], own, f"{what}: {name}.")
    recipe: Recipe = _made(Recipe, fields, f"{what}: ")
    combinations.check(recipe, what)
    if recipe.data.examples == recipe.name:  # as it is by default
        recipe = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, examples=None))
    return recipe


def _read_table(
    value: Mapping[str, Any], prefix: str, keys: Mapping[str, Key], what: str
) -> dict[str, Any]:
    for key in value:
        if key not in keys:
            told = shown(prefix + key if isinstance(key, str) else key)
            raise MalformedError(f"{what}: the key {told} is unknown")
    return {k: keys[k].rule.read(f"{what}: {prefix}{k}", v) for k, v in value.items()}


def _made(kind: type, fields: dict[str, Any], before: str) -> Any:
    for field in dataclasses.fields(kind):
        if field.name not in fields and not _has_default(field):
            raise MalformedError(f"{before}{field.name} is missing")
    return kind(**fields)


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def write(recipe: Recipe) -> dict[str, Any]:
    """The dict of a recipe: without what is as it is by default, in the order of the keys."""
    return _changed(recipe)


def full(recipe: Recipe) -> dict[str, Any]:
    """The dict of a recipe with all that it says by default, but for what is none or empty."""
    value = {"version": VERSION, **{f: _plain(getattr(recipe, f)) for f in _order(Recipe)}}
    return {k: v for k, v in value.items() if v not in (None, "", [])}


def _order(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _changed(value: Any) -> dict[str, Any]:
    out = {}
    for field in sorted(dataclasses.fields(value), key=lambda f: f.name):
        held = getattr(value, field.name)
        if held != _default(field):
            tabled = dataclasses.is_dataclass(held)
            out[field.name] = _changed(held) if tabled else _plain(held)
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, Step):
        return [value.kind, *value.values]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        held = {name: _plain(getattr(value, name)) for name in _order(type(value))}
        return {k: v for k, v in held.items() if v is not None}
    return value
