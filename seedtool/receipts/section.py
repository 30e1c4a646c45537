"""Receipts in a seed: in its fidelity section, of all the rest of its content (SPEC 5.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seedtool import container
from seedtool.container.reader import Wanted, everything
from seedtool.receipts import document
from seedtool.receipts.schema import ROWS, Figure, Receipt
from seedtool.recipes import document as recipe_document
from seedtool.recipes.combinations import SCORES
from seedtool.recipes.schema import Recipe
from seedtool.seed import Section
from seedtool.version import VERSION

if TYPE_CHECKING:
    from seedtool.api import Seed


def content_of(seed: Seed) -> str:
    """Hex digest of the seed's content without its fidelity section; the seed is read."""
    sections = (s for s in seed.sections(everything) if s.kind != "fidelity")
    return container.content_digest(seed.header, sections).hex()


def digest_of(recipe: Recipe) -> str:
    """Hex SHA-256 of a recipe's one form as msgpack."""
    return hashlib.sha256(container.pack(recipe_document.write(recipe))).hexdigest()


def receipts_of(seed: Seed) -> tuple[Receipt, ...]:
    """The receipts that a seed carries, checked; MalformedError, LimitError or VersionError."""
    for section in (seed.jump or seed.sections)(lambda s, _: s.kind == "fidelity"):
        if section.kind == "fidelity":
            return document.of_fidelity(container.document(section))
    return ()


def with_receipts(seed: Seed, receipts: Sequence[Receipt]) -> Seed:
    """The seed with these receipts in place of any others."""

    written = [document.write(receipt) for receipt in receipts]

    def sections(wanted: Wanted) -> Iterator[Section]:
        known: dict[str, Any] = {}
        for section in seed.sections(wanted):
            if section.kind == "fidelity":
                known = container.document(section)
            elif section.kind != "end":
                yield section
        yield container.document_section("fidelity", {**known, document.KEY: written})

    return replace(seed, sections=sections, jump=None)


def placeholder(recipe: Recipe) -> Receipt:
    """A receipt that takes as many bytes as the recipe's will, or a few more."""
    random = np.random.default_rng(0)

    def figure(count: int) -> Figure:
        low, high = SCORES[recipe.metric]
        values = low + min(high - low, 1.0) * random.random(count)
        return Figure(tuple(map(float, values)), float(random.random()))

    digests = [random.bytes(32).hex() for _ in range(4)]
    return Receipt(
        recipe.name,
        digests[0],
        digests[1],
        recipe.metric,
        "coded",
        recipe.growing.grower,
        10**7,
        recipe.seeds,
        tuple(10**7 - 1 - i for i in range(len(recipe.seeds))),
        (1 << 31) - 1,
        digests[2],
        (1 << 31) - 2,
        digests[3],
        False,
        {row: figure(1 if row == "original" else len(recipe.seeds)) for row in ROWS},
        float(random.random()),
        (1 << 62) - 1,
        1,
        "a device of some name",
        {
            **{
                key: f"{VERSION}+{random.bytes(6).hex()}"
                for key in document.ENVIRONMENT
                if key != "threads"
            },
            "threads": 1 << 10,
        },
    )
