"""What a plan may make of a tensor because the receiver has a base."""

from __future__ import annotations

import numpy as np

from seedtool import difference
from seedtool.codecs.base import Array
from seedtool.floats import F32, to_float32
from seedtool.planning import lowrank
from seedtool.planning.lowrank import Product, Terms
from seedtool.planning.shaping import Form, Shape
from seedtool.seed import SUM, WORDS, Entry
from seedtool.tensors import Tensors


def values(entry: Entry, data: Array, base: Tensors | None) -> tuple[F32, F32 | None]:
    """What is coded of a tensor, float32: its difference and the base's values, or its own alone.

    Its own where the difference is the larger: a head that began anew has nothing of the base's.
    """
    own = to_float32(data, entry.dtype)
    other = difference.find(entry, base)
    if other is None or not other.takes(entry, SUM):
        return own, None
    moved = difference.subtract(entry, data, other, SUM).astype(np.float32)
    if _energy(moved) > _energy(own):
        return own, None
    return moved, to_float32(other.values, other.entry.dtype)


def _energy(values: F32) -> float:
    return float(np.sum(np.square(values, dtype=np.float64)))


def may_stand(entry: Entry, base: Tensors | None) -> bool:
    """Whether the base's own tensor can stand for this one."""
    other = difference.find(entry, base)
    return other is not None and other.takes(entry, WORDS)


def as_product(
    entry: Entry,
    form: Form,
    shape: Shape,
    scale: float,
    known: dict[str, Terms],
    base: Tensors | None,
) -> Product | None:
    """A difference as a product, by terms that are ``known`` or will be; None if it can't be one.

    What differs in dtype from the base's can't be left out.
    """
    other = difference.find(entry, base)
    if other is None or not other.takes(entry, SUM):
        return None
    if entry.name not in known:
        known[entry.name] = lowrank.decompose(form, shape)
    product = lowrank.code(form, known[entry.name], scale)
    return product if product.rank or other.takes(entry, WORDS) else None
