"""Which codec and options each tensor gets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seedtool import codecs
from seedtool.codecs.base import FALLBACK, Codec, Coded
from seedtool.errors import UsageError
from seedtool.seed import Entry

WEIGHT_MIN = 1024  # elements; smaller tensors and vectors gain nothing from a lossy codec


@dataclass(frozen=True)
class Choice:
    """A codec's id and its options, for one tensor.

    ``delta``: the codec gets the difference to the base, where the base has the tensor.
    The codec ``same`` takes the base's tensor as it is. ``coded``: the tensor (or its
    difference) as the codec wrote it already, for what the whole model needs of it.
    """

    codec: str
    options: Any
    delta: bool = False
    coded: Coded | None = None


def plan(entries: Iterable[Entry], codec: str, settings: Mapping[str, object]) -> dict[str, Choice]:
    """A choice for every stored tensor, by name.

    Lossy codecs take the weight matrices (or all floats, where the codec says
    so); everything else is kept by ``lossless``. UsageError for unknown codecs
    and settings.
    """
    if codec not in codecs.names():
        raise UsageError(f"there is no codec {codec!a}", hint=f"one of {', '.join(codecs.names())}")
    asked = codecs.load(codec)
    choice = Choice(codec, make_options(codec, asked, settings))
    fallback = Choice(FALLBACK, codecs.load(FALLBACK).Options())
    return {
        entry.name: choice if _takes(asked, entry) else fallback
        for entry in entries
        if entry.same is None
    }


def _takes(codec: Codec, entry: Entry) -> bool:
    if not codec.accepts(entry):
        return False
    is_weight = len(entry.shape) > 1 and entry.size >= WEIGHT_MIN
    return codec.lossless or codec.vectors_too or is_weight


def make_options(name: str, codec: Codec, settings: Mapping[str, object]) -> Any:
    """The codec's Options with ``settings`` (values or their text) put in."""
    fields = {f.name: f for f in dataclasses.fields(codec.Options)}
    values: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in fields:
            known = ", ".join(fields) or "none"
            raise UsageError(f"codec {name} has no option {key!a}; it has: {known}")
        values[key] = _convert(name, key, value, type(fields[key].default))
    return codec.Options(**values)


def _convert(codec: str, key: str, value: object, kind: type) -> object:
    text = str(value).lower()
    if kind is bool:
        if text not in ("true", "false"):
            raise UsageError(f"option {key} of codec {codec} is true or false, not {text!a}")
        return text == "true"
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"option {key} of codec {codec} is of type {kind.__name__}, not {text!a}"
        ) from None
