"""What coding all tensors of a model at one λ gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from seedtool.codecs.base import coded_bytes
from seedtool.plan import Choice
from seedtool.planning.lowrank import Product
from seedtool.planning.shaping import Fitted, Shape, Shaped
from seedtool.seed import Entry


@dataclass(frozen=True)
class Matrix:
    """A matrix as it was coded."""

    entry: Entry
    shape: Shape
    fitted: Fitted
    shaped: Shaped
    flipped: bool


@dataclass
class Pass:
    """One coding of all tensors: their choices, and what healing needs of the matrices."""

    choices: dict[str, Choice] = field(default_factory=dict)
    shaped: dict[str, Matrix] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)

    @property
    def matrix_bytes(self) -> int:
        """Bytes of the matrices' parts, before zstd."""
        every = [m.shaped.coded for m in self.shaped.values()]
        every += [p.coded for p in self.products.values()]
        return sum(map(coded_bytes, every))
