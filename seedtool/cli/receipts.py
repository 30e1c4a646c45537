"""Receipts at the command line: as tables, with their bytes, and compared to what came now."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seedtool.cli.text import many, say, table

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.receipts.schema import Figure, Receipt
    from seedtool.recipes.schema import Recipe

Sizes = dict[str, int | None]
TITLES = {
    "zero_shot": "0 steps",
    "grown": "grown",
    "random": "random start, grown alike",
    "original": "original",
}


def sizes(seed: Seed, recipe: Recipe | None, seed_bytes: int | None, data_bytes: int) -> Sizes:
    """Bytes of the seed, and in it of the recipe and its examples; of the base and data given."""
    from seedtool.recipes.section import examples_of

    stored = {
        (section.kind, section.fields["name"]): section.stored
        for section in (seed.jump or seed.sections)(lambda _, __: False)
        if section.kind in ("recipe", "examples")
    }
    inside = None if recipe is None else examples_of(recipe)
    return {
        "seed": seed_bytes,
        "recipe": stored.get(("recipe", "" if recipe is None else recipe.name), 0),
        "examples": stored.get(("examples", inside or ""), 0),
        "base": seed.base.stored if seed.base else 0,
        "data": data_bytes,
    }


def lines(receipt: Receipt) -> Iterator[str]:
    """A receipt in words: what was measured, the figures, what growing took."""
    kept = "that were held out" if receipt.held_out else "of test data"
    yield (
        f"receipt of {receipt.recipe!r}: {receipt.metric} on {many(receipt.tested, 'example')} "
        f"{kept}; {receipt.start}, {receipt.grower}, {many(len(receipt.seeds), 'seed')}"
    )
    rows = [["", receipt.metric, "± seeds", "± test"]]
    rows += [[TITLES[row], *_cells(figure)] for row, figure in receipt.figures.items()]
    yield from table(rows, right=frozenset({1, 2, 3})).splitlines()
    early = "" if min(receipt.done) == receipt.steps else f" ({min(receipt.done):,} at least)"
    memory = receipt.peak_bytes / (1 << 20)
    yield (
        f"{receipt.steps:,} steps{early} on {many(receipt.examples, 'example')}, "
        f"{receipt.seconds / 60:.1f} min, {memory:.0f} MiB on {receipt.device}"
    )


def _cells(figure: Figure) -> list[str]:
    errors = (figure.spread, figure.error)
    return [f"{figure.mean:.4f}", *("" if e is None else f"{e:.4f}" for e in errors)]


def told(size: Sizes) -> str:
    """Bytes in words, each named."""
    names = {"recipe": "recipe", "examples": "examples"}
    inside = [f"{size[key]:,} of {what}" for key, what in names.items() if size[key]]
    whole = "a seed" if size["seed"] is None else f"{size['seed']:,} bytes of the seed"
    others = {"base": "of the base", "data": "of data given"}
    more = [f"{size[key]:,} {what}" for key, what in others.items() if size[key]]
    parts = f" ({', '.join(inside)})" if inside else ""
    return "it took " + " + ".join((whole + parts, *more))


def tell(receipt: Receipt, size: Sizes) -> None:
    """The table and the bytes on standard error."""
    for line in lines(receipt):
        say(line)
    say(told(size))


def command_of(
    seed: str, receipt: Receipt, recipe: str | None, data: str | None, test: str | None
) -> str:
    """The command that makes it again, of the receipt's parts and the caller's own words."""
    words = ["seed", "assemble", seed, "-o", "OUT", "--grow"]
    words += ["--recipe", recipe] if recipe else ["--task", receipt.recipe]
    words += ["--start", receipt.start, "--grower", receipt.grower, "--steps", str(receipt.steps)]
    words += ["--seed", str(receipt.seeds[0])] if len(receipt.seeds) == 1 else []
    words += ["--data", data] if data else []
    words += ["--test-data", test] if test else []
    return shlex.join([*words, "--receipt", "RECEIPT"])


def compared(receipt: Receipt, found: Receipt) -> dict[str, Any]:
    """Each figure again as JSON holds it, and what of the environment is not the receipt's."""
    from seedtool.receipts import comparing

    rows = [
        {
            "figure": one.row,
            "receipt": one.stated.mean,
            "again": one.found.mean,
            "allowed": one.allowed,
            "equal": one.equal,
            "near": one.near,
        }
        for one in comparing.compare(receipt, found)
    ]
    return {
        "recipe": receipt.recipe,
        "metric": receipt.metric,
        "seeds": list(found.seeds),
        "differing": [*comparing.differing(receipt, found)],
        "figures": rows,
    }


def unlike(row: dict[str, Any]) -> Iterator[str]:
    """A line for each figure of a comparison that differs by more than the errors."""
    for one in row["figures"]:
        if not one["near"]:
            yield (
                f"receipt of {row['recipe']!r}: {TITLES[one['figure']]}: {row['metric']} is "
                f"{one['again']:.4f} now and {one['receipt']:.4f} in the receipt, "
                f"{one['allowed']:.4f} apart would do"
            )
