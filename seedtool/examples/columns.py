"""Columns of plain values as examples: what a label is, and which numbers stand for classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from seedtool.errors import LimitError, MalformedError, UsageError
from seedtool.examples.labelled import (
    BYTES_MAX,
    CLASSES_MAX,
    EXAMPLES_MAX,
    F32,
    I64,
    Examples,
    Inputs,
    Kind,
)

NUMBER_MAX = CLASSES_MAX  # classes that numbers name without names of their own


def joined(
    inputs: Sequence[Any], labels: Sequence[Any] | None, kind: Kind, classes: tuple[str, ...]
) -> Examples:
    """Examples of a column of inputs and one of labels.

    Inputs are texts, lists of words or lists of numbers. A class is a name, or a number from
    0; where ``classes`` is empty it becomes the sorted names that occur. A vector is a list of
    numbers. MalformedError says which row is none, UsageError that the first one is no vector.
    """
    check_count(len(inputs))
    if not len(inputs):
        raise MalformedError("holds no examples")
    values = _inputs(inputs)
    if kind == "none" or labels is None:
        return Examples(values)
    if kind == "value":
        return Examples(values, numbers(labels, "label"))
    if kind == "vector":
        if not isinstance(labels[0], (list, tuple)) or not labels[0]:
            raise UsageError("its labels are no vectors")
        return Examples(values, _rows(labels, "label"))
    if kind == "class":
        names = classes or _names(labels)
        return Examples(values, numbered(labels, names), None, names)
    tags = _tags(values, labels)
    flat = [tag for row in tags for tag in row]
    names = classes or _names(flat)
    plain = numbered(flat, names)
    ends = np.cumsum([len(row) for row in tags])
    return Examples(values, tuple(np.split(plain, ends[:-1])), None, names)


def check_count(count: int) -> None:
    if count > EXAMPLES_MAX:
        raise LimitError(f"holds more than {EXAMPLES_MAX} examples", hint="give a part of it")


def check_bytes(size: int) -> None:
    if size > BYTES_MAX:
        raise LimitError(f"its inputs take {size} bytes of memory", hint="give a part of it")


def numbered(labels: Sequence[Any], names: tuple[str, ...]) -> I64:
    """Labels as int64 indices into ``names``."""
    place = {name: i for i, name in enumerate(names)}
    out = np.empty(len(labels), np.int64)
    for row, label in enumerate(labels):
        found = place.get(_text(label))
        if found is None and isinstance(label, (int, np.integer)) and 0 <= label < len(names):
            found = int(label)
        if found is None:
            raise MalformedError(f"the label of row {row + 1}, {_shown(label)}, is no known class")
        out[row] = found
    return out


def numbers(values: Sequence[Any], what: str) -> F32:
    """A column as float32; MalformedError for what is no finite number."""
    out = np.empty(len(values), np.float32)
    for row, value in enumerate(values):
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, bool) or not abs(number) <= float(np.finfo(np.float32).max):
            raise MalformedError(f"the {what} of row {row + 1}, {_shown(value)}, is no number")
        out[row] = number
    return out


def _names(labels: Sequence[Any]) -> tuple[str, ...]:
    """The classes that occur; numbers from 0 keep their places, though some do not occur."""
    found = {_text(label) for label in labels} - {""}  # which is no name: its row is told
    if found and all(name.isdecimal() and name.isascii() and len(name) < 5 for name in found):
        top = max(map(int, found))
        if top < NUMBER_MAX:
            return tuple(map(str, range(top + 1)))
    if len(found) > CLASSES_MAX:
        raise LimitError(f"the labels name {len(found)} classes, the limit is {CLASSES_MAX}")
    return tuple(sorted(found))


def _text(label: Any) -> str:
    if isinstance(label, (str, int, np.integer)) and not isinstance(label, bool):
        return str(label)
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label).lower() if isinstance(label, (bool, np.bool_)) else ""


def _shown(value: Any) -> str:
    return ascii(value[:40]) if isinstance(value, str) else f"of the type {type(value).__name__}"


def _inputs(values: Sequence[Any]) -> Inputs:
    first = values[0]
    if isinstance(first, str):
        return _texts(values)
    if isinstance(first, (list, tuple)) and first and isinstance(first[0], str):
        return _texts([_sentence(row, words) for row, words in enumerate(values)])
    if isinstance(first, (list, tuple)):
        return _rows(values, "input")
    check_bytes(4 * len(values))
    return numbers(values, "input").reshape(-1, 1)


def _rows(values: Sequence[Any], what: str) -> F32:
    """Lists of numbers as float32 [n, d]."""
    width = len(values[0])
    check_bytes(4 * len(values) * width)
    if any(not isinstance(v, (list, tuple)) or len(v) != width for v in values):
        raise MalformedError(f"its {what}s are lists of different lengths")
    return numbers([x for v in values for x in v], what).reshape(len(values), width)


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    for row, text in enumerate(values):
        if not isinstance(text, str) or not text.strip():
            raise MalformedError(f"the input of row {row + 1} is no text, or an empty one")
    return tuple(values)


def _sentence(row: int, words: Any) -> str:
    """Words with single blanks between them, which is how tags find them again."""
    if not isinstance(words, (list, tuple)):
        raise MalformedError(f"the input of row {row + 1} is no list of words")
    if not all(isinstance(w, str) and len(w.split()) == 1 for w in words):
        raise MalformedError(f"row {row + 1} has a word that is empty or holds a blank")
    return " ".join(words)


def _tags(inputs: Inputs, labels: Sequence[Any]) -> list[Sequence[Any]]:
    tags = [row.split() if isinstance(row, str) else row for row in labels]
    for row, (text, found) in enumerate(zip(inputs, tags, strict=True)):
        if not isinstance(text, str) or not isinstance(found, (list, tuple)):
            raise MalformedError(f"row {row + 1} has no list of tags for the words of a text")
        if len(found) != len(text.split()):
            raise MalformedError(
                f"row {row + 1} has {len(text.split())} words, but {len(found)} tags"
            )
    return tags
