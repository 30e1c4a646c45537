"""Recipes as TOML, for people."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seedtool.errors import FileError, LimitError, MalformedError
from seedtool.recipes import document
from seedtool.recipes.schema import Recipe
from seedtool.seed import RECIPE_MAX

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOTS_MAX = 64  # of one key: parsers take time by their square


def load(path: Path) -> Recipe:
    """The recipe of a file; FileError if it can't be read, and what :func:`parse` raises."""
    try:
        with path.open("rb") as file:
            data = file.read(RECIPE_MAX + 1)
    except (OSError, ValueError) as e:  # ValueError: a path that holds a NUL
        raise FileError(f"can't be read: {getattr(e, 'strerror', None) or e}") from None
    return parse(data)


def parse(data: bytes) -> Recipe:
    """The recipe of TOML 1.0 in UTF-8; MalformedError or LimitError for anything else."""
    if len(data) > RECIPE_MAX:
        raise LimitError("recipe: over 64 KiB")
    try:
        text = data.decode()
        _check_dots(text)
        value = tomllib.loads(text)
    except UnicodeDecodeError:
        raise MalformedError("recipe: not UTF-8") from None
    except RecursionError:
        raise MalformedError("recipe: not TOML: it is nested too deep") from None
    except ValueError as e:  # of tomllib, and of Python for numbers of thousands of digits
        raise MalformedError(f"recipe: not TOML: {ascii(str(e))[1:-1][:200]}") from None
    return document.read(value)


def _check_dots(text: str) -> None:
    for line in text.splitlines():
        if line.lstrip()[:1] != "#":
            for piece in re.split("[=,{}\\[\\]]", line):
                if piece.count(".") > DOTS_MAX:
                    raise MalformedError(f"recipe: over {DOTS_MAX} dots in a key or a text")


def dump(recipe: Recipe) -> str:
    """The recipe as TOML, without what is as it is by default."""
    return "\n".join(_lines(document.write(recipe))) + "\n"


def _lines(value: dict[str, Any]) -> Iterator[str]:
    tables = {k: v for k, v in value.items() if isinstance(v, dict)}
    first = [k for k in ("name", "task", "about") if k in value]
    for key in (*first, *(k for k in value if k not in first and k not in tables)):
        yield f"{key} = {literal(value[key])}"
    for name, table in tables.items():
        yield from ("", f"[{name}]")
        yield from (f"{key} = {literal(held)}" for key, held in table.items())


def literal(value: str | float | list[Any]) -> str:
    """A value of a recipe in TOML: JSON writes strings and arrays of such alike."""
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
