"""Labels coded small: classes in order, values and tags as they are, soft labels as levels.

A soft label's level is its probability's logarithm in halves, thirds or quarters of an octave;
classes below the last level share what the others leave (top-k with the remainder spread).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import codecs
from seedtool.codecs import base
from seedtool.codecs.base import Buffers, Coded, Params
from seedtool.errors import LimitError, MalformedError, UsageError
from seedtool.examples import numbers
from seedtool.examples.labelled import F32, I64, Labels
from seedtool.examples.sizes import DECODED_MAX
from seedtool.seed import Entry, Part

FORMS = ("none", "class", "value", "tags", "vectors")
SIZE_MAX = (1 << 64) - 1  # of a vector, before its bytes are counted
UNIT = 1 << 24  # of a probability, as an integer
FINE_MAX = 8  # levels an octave
LEVELS_MAX = 160
ORDERED_MAX = 64  # classes up to which an order for each label's class pays

U8 = npt.NDArray[np.uint8]


def encode_labels(labels: Labels, bits: float) -> Coded:
    """Labels of any kind; classes must ascend (:func:`seedtool.examples.coding.encode` sorts).

    ``bits``: of a number of a vector; 0 keeps every bit.
    """
    if labels is None:
        return Coded({"form": "none"}, ())
    if isinstance(labels, tuple):
        flat = np.concatenate(labels) if labels else np.empty(0, np.int64)
        entry = Entry("labels", "U16", flat.shape)
        coded = codecs.load("lossless").encode(entry, flat.astype(np.uint16), None)
        return Coded({"form": "tags", "values": coded.params}, coded.parts)
    if labels.dtype == np.int64:
        counts = np.bincount(labels).astype("<u4")
        return Coded({"form": "class"}, (Part(counts.view("<u1").reshape(-1, 4).T.tobytes()),))
    if labels.ndim == 2:
        coded = numbers.encode(labels, bits, directions=True)
        return Coded({"form": "vectors", "size": labels.shape[1], **coded.params}, coded.parts)
    entry = Entry("labels", "F32", labels.shape)
    coded = codecs.load("lossless").encode(entry, labels.astype("<f4"), None)
    return Coded({"form": "value", "values": coded.params}, coded.parts)


def decode_labels(
    count: int, params: Params, parts: Buffers, classes: int, words: list[int]
) -> Labels:
    """Labels of ``count`` examples; ``words`` of each, where they are texts.

    MalformedError for what :func:`encode_labels` would not write.
    """
    form = params.choice("form", FORMS)
    if form == "vectors":
        name, size = params.choice("codec", numbers.CODECS), params.integer("size", 1, SIZE_MAX)
        values = params.map("values")
        params.done()
        return numbers.decode((count, size), name, values, parts, "vectors")
    inner = params.map("values") if form in {"value", "tags"} else None
    params.done()
    lossless = codecs.load("lossless")
    if inner is None:
        base.expect_parts(parts, int(form == "class"), "examples")
        return _classes(count, parts[0], classes) if parts else None
    if form == "value":
        entry = Entry("labels", "F32", (count,))
        made: F32 = lossless.decode(entry, inner, parts).view(np.float32)
        if not np.isfinite(made).all():
            raise MalformedError("examples: a label is not finite")
        return made
    if len(words) != count:
        raise MalformedError("examples: there are tags, but no texts")
    tags = lossless.decode(Entry("labels", "U16", (sum(words),)), inner, parts).view(np.uint16)
    if tags.size and int(tags.max()) >= classes:
        raise MalformedError("examples: a tag is no class")
    return tuple(np.split(tags.astype(np.int64), np.cumsum(words)[:-1])) if words else ()


def _classes(count: int, part: bytes | bytearray | memoryview, classes: int) -> I64:
    kinds = memoryview(part).nbytes // 4
    if kinds > classes:
        raise MalformedError("examples: there are labels of more classes than have names")
    counts = base.view(part, "|u1", 4 * kinds, "class counts").reshape(4, kinds).T
    many = np.ascontiguousarray(counts).view("<u4").reshape(-1).astype(np.int64)
    if int(many.sum()) != count or (kinds and not many[-1]):
        raise MalformedError("examples: the classes do not count to the examples")
    return np.repeat(np.arange(kinds), many)


def encode_soft(soft: F32, labels: I64 | None, keep: int, fine: int, levels: int) -> Coded:
    """Probabilities [n, classes] as ``levels`` of 1/``fine`` octaves, the ``keep`` largest of each.

    ``labels``: classes that the probabilities are likely to follow.
    """
    if not 1 <= fine <= FINE_MAX or not 2 <= levels <= LEVELS_MAX or keep < 1:
        raise UsageError(f"soft labels have 1 to {FINE_MAX} levels an octave, 2 to {LEVELS_MAX}")
    with np.errstate(divide="ignore"):
        level = np.rint(-fine * np.log2(np.maximum(soft, 1e-30)))
    level = np.clip(level, 0, levels - 1)
    rank = np.argsort(np.argsort(-soft, axis=1, kind="stable"), axis=1, kind="stable")
    level[rank >= keep] = levels - 1
    order = _orders(level, labels)
    ordered = np.take_along_axis(level, _order_of(order, labels, len(soft)), axis=1)
    plane = np.ascontiguousarray(ordered.T.astype(np.uint8))
    entry = Entry("soft", "U8", plane.shape)
    coded = codecs.load("lossless").encode(entry, plane, None)
    params = {"fine": fine, "levels": levels, "ordered": len(order), "values": coded.params}
    return Coded(params, (Part(order.tobytes()), *coded.parts))


def decode_soft(
    count: int, params: Params, parts: Buffers, classes: int, labels: I64 | None
) -> F32:
    """Probabilities, float32 [count, classes], alike everywhere; MalformedError, LimitError."""
    fine = params.integer("fine", 1, FINE_MAX)
    levels = params.integer("levels", 2, LEVELS_MAX)
    ordered = params.integer("ordered", 0, ORDERED_MAX)
    inner = params.map("values")
    params.done()
    if 4 * count * classes > DECODED_MAX:
        raise LimitError(f"examples: the soft labels take over {DECODED_MAX} bytes")
    if not parts or (ordered and (ordered != classes or labels is None)):
        raise MalformedError("examples: soft labels have an order for other classes")
    order = base.view(parts[0], "|u1", ordered * classes, "an order").reshape(ordered, classes)
    if ordered and np.any(np.sort(order, axis=1) != np.arange(classes)):
        raise MalformedError("examples: an order of classes is none")
    entry = Entry("soft", "U8", (classes, count))
    plane = codecs.load("lossless").decode(entry, inner, parts[1:]).view(np.uint8)
    if int(plane.max(initial=0)) >= levels:
        raise MalformedError("examples: a soft label is beyond the last level")
    level = np.empty((count, classes), np.uint8)
    np.put_along_axis(level, _order_of(order, labels, count), plane.T, axis=1)
    return _probabilities(level, fine, levels)


def weights(fine: int, levels: int) -> I64:
    """Of each level in 2^-24: the integer nearest to 2^24 · 2^(-level/fine).

    None lies so near to a half that a power in float64 could round it wrongly (the tests look).
    """
    made: I64 = np.rint(UNIT * np.exp2(-np.arange(levels) / fine)).astype(np.int64)
    return made


def _probabilities(level: U8, fine: int, levels: int) -> F32:
    """Integers over their sum: one float64 division each, then float32."""
    table = weights(fine, levels)
    table[-1] = 0
    mass = table[level]
    rest = level == levels - 1
    left = np.maximum(UNIT - mass.sum(axis=1), 1)
    mass *= 1 << 12  # so that what few classes share is not rounded away
    share = (left << 12) // np.maximum(rest.sum(axis=1), 1)
    mass += np.where(rest, np.maximum(share, 1)[:, None], 0)
    total = mass.sum(axis=1)
    if level.size and not total.all():
        raise MalformedError("examples: soft labels have no probability at all")
    made: F32 = (mass / total[:, None]).astype(np.float32)
    return made


def _orders(level: npt.NDArray[Any], labels: I64 | None) -> U8:
    """For each class, the classes that its examples are likely to be, likeliest first."""
    classes = level.shape[1]
    if labels is None or classes > ORDERED_MAX or classes > 256:
        return np.empty((0, classes), np.uint8)
    made = np.empty((classes, classes), np.uint8)
    for label in range(classes):
        mine = level[labels == label]
        mean = mine.mean(axis=0) if len(mine) else np.arange(classes)
        made[label] = np.argsort(mean, kind="stable")
    return made


def _order_of(order: U8, labels: I64 | None, count: int) -> npt.NDArray[np.intp]:
    """For each example, its classes in the order of coding."""
    if labels is None or not len(order):
        return np.broadcast_to(np.arange(order.shape[1]), (count, order.shape[1]))
    return order[labels].astype(np.intp)
