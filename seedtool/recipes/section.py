"""A recipe as a section of a seed and back (SPEC 5.6).

The head has its name and the name of the examples that it takes; the document has the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seedtool import container
from seedtool.errors import LimitError, MalformedError
from seedtool.recipes import document
from seedtool.recipes.schema import Recipe
from seedtool.seed import RECIPE_MAX, Part, Section


def examples_of(recipe: Recipe) -> str | None:
    """The name of the seed's examples that the recipe takes, None if the caller gives data."""
    if recipe.data.source == "given":
        return None
    return recipe.data.examples or recipe.name


def make(recipe: Recipe) -> Section:
    """The section of a recipe; MalformedError or LimitError if nobody could read it again."""
    recipe = document.read(document.write(recipe))
    raw = container.pack(_rest(recipe))
    if len(raw) > RECIPE_MAX:
        raise LimitError(f"recipe {recipe.name!a}: takes {len(raw)} bytes, over 64 KiB")
    named = {"name": recipe.name}
    examples = examples_of(recipe)
    return Section("recipe", named | ({"examples": examples} if examples else {}), (Part(raw),))


def read(section: Section) -> Recipe:
    """The recipe of a section; MalformedError, LimitError or VersionError."""
    name, examples = section.fields["name"], section.fields.get("examples")
    what = f"recipe {name[:64]!a}"
    value = container.document(section)
    value["name"] = name
    data = value.get("data", {})
    if isinstance(data, dict):
        data = {"source": "given" if examples is None else "embedded", **data}
        if examples is not None:
            data["examples"] = examples
        value["data"] = data
    recipe = document.read(value, what)
    if container.pack(_rest(recipe)) != bytes(section.parts[0].data):
        raise MalformedError(f"{what} is not in its one form")
    return recipe


def _rest(recipe: Recipe) -> dict[str, Any]:
    """The document: what the head does not say."""
    kept = replace(recipe.data, source="embedded", examples=None)
    value = document.write(replace(recipe, data=kept))
    del value["name"]
    return value
