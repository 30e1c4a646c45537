"""The sections that carry recipes and their examples in a seed, in their order."""

from __future__ import annotations

from collections.abc import Iterable

from seedtool.errors import UsageError
from seedtool.recipes.schema import Recipe
from seedtool.recipes.section import examples_of, make
from seedtool.seed import Section


def sections_of(carried: Iterable[tuple[Recipe, Section | None]]) -> tuple[Section, ...]:
    """Each section of examples once, then the recipes; all are checked.

    UsageError for a recipe without the examples that it embeds, with such that it does not, or
    of a name that came before.
    """
    examples: dict[str, Section] = {}
    recipes: dict[str, Section] = {}
    for recipe, given in carried:
        section = make(recipe)
        if recipe.name.casefold() in recipes:
            raise UsageError(f"two recipes are called {recipe.name!a}")
        recipes[recipe.name.casefold()] = section
        name = examples_of(recipe)
        if name is None:
            if given is not None:
                raise UsageError(
                    f"recipe {recipe.name!a}: its data is given by the receiver, not embedded"
                )
            continue
        if given is None:
            raise UsageError(
                f"recipe {recipe.name!a}: its data is to be embedded, and none is given",
                hint='--data DATA, or source = "given" in the recipe',
            )
        if given.fields["name"] != name:
            raise UsageError(
                f"recipe {recipe.name!a} takes examples called {name!a}, "
                f"not {given.fields['name'][:64]!a}"
            )
        if examples.setdefault(name, given) != given:
            raise UsageError(f"two different examples are called {name!a}")
    return (*examples.values(), *recipes.values())
