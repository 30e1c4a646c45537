"""Which of a seed's recipes a few words mean: by name, or by the words that describe each.

The words of a recipe are those of its name, its about and its classes, without endings; a word
counts by how few of the recipes have it (Spärck Jones 1972). A score is the share of the asked
words' weight that the recipe has, 0 to 1. A sentence encoder may score instead
(:mod:`seedtool.growing.encoder`); what is too near a tie or to nothing is never guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from seedtool.errors import UsageError
from seedtool.recipes.schema import Recipe

SHOWN = 10  # names in a message
LENGTH_MAX = 1000  # characters of a description
STOPPED = frozenset(
    re.findall(
        "[a-z]+",
        "a an and are as at be by can do for from how i in into is it its me my of on or our "
        "that the their them they this to want was we what which who will with you your",
    )
)
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ers", "er", "ed", "es", "ly", "e", "s", "y")
STEM = 3  # letters that a word keeps at least


@dataclass(frozen=True)
class Rule:
    """``least``: what a score must be over; ``apart``: over the second best at least by that."""

    least: float
    apart: float


KEYWORDS = Rule(least=0.0, apart=0.1)
ENCODER = Rule(least=0.3, apart=0.05)


@dataclass(frozen=True)
class Match:
    """``how``: name, only, keywords or encoder. ``second``: the next best's name and score."""

    recipe: Recipe
    how: str
    score: float
    second: tuple[str, float] | None = None


def named(recipes: Sequence[Recipe], task: str | None) -> Match | None:
    """The recipe of just that name, or for None the only one; None if words have to tell.

    UsageError for no recipes, or several and no task.
    """
    if not recipes:
        raise UsageError(
            "the seed carries no recipe", hint="seed extract --recipe FILE puts one in"
        )
    if task is None:
        if len(recipes) > 1:
            raise UsageError(
                f"the seed carries {len(recipes)} recipes: {_names(recipes)}", hint="--task NAME"
            )
        return Match(recipes[0], "only", 1.0)
    for recipe in recipes:
        if recipe.name == task:
            return Match(recipe, "name", 1.0)
    if len(task) > LENGTH_MAX:
        raise UsageError(f"a task is described in {LENGTH_MAX} characters at most")
    return None


def keyword_scores(recipes: Sequence[Recipe], task: str) -> list[float]:
    """For each recipe the share of the weight of ``task``'s words that it has."""
    held = [frozenset(stems(described(recipe))) for recipe in recipes]
    asked = sorted(set(stems(task)))
    weight = {w: math.log(1 + len(held) / (1 + sum(w in words for words in held))) for w in asked}
    whole = math.fsum(weight.values())
    if not whole:
        return [0.0] * len(held)
    return [math.fsum(weight[w] for w in asked if w in words) / whole for words in held]


def choose(recipes: Sequence[Recipe], task: str, how: str, scores: Sequence[float]) -> Match:
    """The recipe of the best score; UsageError that lists the names for a tie, or for nothing."""
    rule = ENCODER if how == "encoder" else KEYWORDS
    order = sorted(range(len(recipes)), key=lambda i: (-scores[i], i))
    best = order[0]
    listed = f"it has {_names(recipes)}"
    if not scores[best] > rule.least:
        raise UsageError(f"the seed carries no recipe {task[:64]!a}", hint=listed)
    if len(order) == 1:
        return Match(recipes[best], how, scores[best])
    second = order[1]
    if scores[best] - scores[second] < rule.apart:
        both = " and ".join(f"{recipes[i].name!a} ({scores[i]:.2f})" for i in order[:2])
        raise UsageError(f"{task[:64]!a} may mean {both}", hint=f"--task NAME; {listed}")
    return Match(recipes[best], how, scores[best], (recipes[second].name, scores[second]))


def described(recipe: Recipe) -> str:
    """What is known of a recipe in words: of its name, about and classes."""
    return f"{recipe.name}. {recipe.about}. {' '.join(recipe.classes)}"


def stems(text: str) -> list[str]:
    """Words of letters or digits in lower case, without common English endings, none stopped."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return [_stem(word) for word in words if word not in STOPPED]


def _stem(word: str) -> str:
    """Ending after ending goes, so that forms of a word end alike: embeddings, embedded, embed."""
    while True:
        if len(word) > STEM and word[-1] == word[-2]:
            word = word[:-1]
            continue
        kept = (len(word) - len(e) for e in ENDINGS if word.endswith(e))
        place = next((n for n in kept if n >= STEM), None)
        if place is None:
            return word
        word = word[:place]


def _names(recipes: Sequence[Recipe]) -> str:
    more = f" and {len(recipes) - SHOWN} more" if len(recipes) > SHOWN else ""
    return ", ".join(recipe.name for recipe in recipes[:SHOWN]) + more
