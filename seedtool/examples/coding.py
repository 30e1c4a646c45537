"""Examples as a section's parameters and parts, and those back into examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from seedtool.codecs.base import Buffers, Coded, Params
from seedtool.errors import DigestError, LimitError, MalformedError, UsageError
from seedtool.examples import numbers, pixels, strings, targets
from seedtool.examples.labelled import (
    CLASSES_MAX,
    EXAMPLES_MAX,
    F32,
    I64,
    RANK_MAX,
    Examples,
    Inputs,
)
from seedtool.examples.sizes import written
from seedtool.seed import check_name

CHECK = 8  # bytes of the digest that a section states


@dataclass(frozen=True)
class Quality:
    """``step`` of images' coefficients in values of a pixel; 0 keeps every bit.

    ``bits`` of a number among inputs that are neither images nor texts, ``vector_bits`` of one of
    a vector that is a label; 0 keeps every bit. At 3.5 vectors of MiniLM are at a mean cosine of
    .995 to the exact ones.
    ``keep``: how many classes of a soft label have a probability of their own, ``fine``: levels
    an octave, ``levels`` of probability.
    """

    step: int = 40
    bits: float = 0.0
    vector_bits: float = 3.5
    keep: int = 5
    fine: int = 2
    levels: int = 24

    def __post_init__(self) -> None:
        if not 0 <= self.step <= pixels.STEP_MAX:
            raise UsageError(f"the step of images lies in 0..{pixels.STEP_MAX}, not {self.step}")
        for bits in (self.bits, self.vector_bits):
            if not 0 <= bits <= 12:
                raise UsageError(f"bits lie in 0..12, not {bits}")


def encode(examples: Examples, quality: Quality = Quality()) -> Coded:
    """Examples in the fewest bytes, sorted by class. UsageError for what no section holds."""
    if not 1 <= len(examples) <= EXAMPLES_MAX:
        raise UsageError(f"a seed holds 1 to {EXAMPLES_MAX} examples, not {len(examples)}")
    _check(examples)
    ordered = in_order(examples)
    inputs = _encode_inputs(ordered.inputs, quality)
    labels = targets.encode_labels(ordered.labels, quality.vector_bits)
    params: dict[str, Any] = {"classes": list(ordered.classes), "count": len(ordered)}
    coded = {"inputs": inputs, "labels": labels}
    if ordered.soft is not None:
        hard = ordered.labels if ordered.kind == "class" else None
        coded["soft"] = targets.encode_soft(
            ordered.soft, cast("I64 | None", hard), quality.keep, quality.fine, quality.levels
        )
    for key, one in coded.items():
        params[key] = {**one.params, "parts": len(one.parts)}
    parts = tuple(part for one in coded.values() for part in one.parts)
    # What decodes is what the check is of: inputs and soft labels may have lost some bits.
    made = _decode(params, [part.data for part in parts])
    return Coded({**params, "check": made.digest()[:CHECK]}, parts)


def decode(params: Mapping[str, Any], parts: Buffers) -> Examples:
    """The examples of a section, everything in which is hostile.

    MalformedError, LimitError, DigestError; MissingExtraError where images are a picture of
    Pillow's and it is not installed.
    """
    plain = dict(params)
    check = plain.pop("check", None)
    if type(check) is not bytes or len(check) != CHECK:
        raise MalformedError("examples: the check is missing or no 8 bytes")
    made = _decode(plain, parts)
    if made.digest()[:CHECK] != check:
        raise DigestError("examples: what was decoded is not what was coded")
    return made


def size(coded: Coded) -> int:
    """Bytes of the parts in a file; what the head takes is about 200 more."""
    return written(coded.parts)


def in_order(examples: Examples) -> Examples:
    """Sorted by class, as a section holds them; others as they are."""
    if examples.kind != "class":
        return examples
    return examples.take(np.argsort(cast(I64, examples.labels), kind="stable"))


def _check(examples: Examples) -> None:
    """UsageError for names, labels or soft labels that a reader would refuse."""
    try:
        _names(examples.classes)
    except MalformedError as error:
        raise UsageError(error.message) from None
    count, labels, soft = len(examples.classes), examples.labels, examples.soft
    if soft is not None and soft.shape != (len(examples), count):
        raise UsageError(f"soft labels have the shape {soft.shape}, and there are {count} classes")
    if examples.kind == "vector" and not cast(F32, labels).size:
        raise UsageError("vectors of no numbers are no labels")
    if labels is None or examples.kind in ("value", "vector"):
        return
    if isinstance(labels, tuple):
        texts = examples.inputs
        if not isinstance(texts, tuple) or any(
            len(text.split()) != len(tags) for text, tags in zip(texts, labels, strict=True)
        ):
            raise UsageError("tags are one for each word of a text")
    flat = np.concatenate([np.empty(0, np.int64), *labels]) if isinstance(labels, tuple) else labels
    if flat.min(initial=0) < 0 or flat.max(initial=-1) >= count:
        raise UsageError(f"a label is none of the {count} classes")


def _encode_inputs(inputs: Inputs, quality: Quality) -> Coded:
    if isinstance(inputs, tuple):
        coded = strings.encode(inputs)
        return Coded({**coded.params, "kind": "texts"}, coded.parts)
    if inputs.dtype == np.uint8 and inputs.ndim > 2:
        coded = pixels.encode(inputs, quality.step)
        return Coded({**coded.params, "kind": "images"}, coded.parts)
    coded = numbers.encode(inputs, quality.bits)
    params = {"kind": "numbers", "shape": list(inputs.shape[1:])}
    return Coded({**coded.params, **params}, coded.parts)


def _decode(params: Mapping[str, Any], parts: Buffers) -> Examples:
    top = Params(params, "examples")
    count = top.integer("count", 1, (1 << 31) - 1)
    if count > EXAMPLES_MAX:
        raise LimitError(f"{count} examples, the limit is {EXAMPLES_MAX}")
    names = _names(params.get("classes"))
    stated = {key: top.map(key) for key in ("inputs", "labels", "soft") if top.has(key)}
    if set(params) - {"classes", "count", *stated} or not {"inputs", "labels"} <= set(stated):
        raise MalformedError("examples: parameters are missing or unknown")
    rest = list(parts)
    mine = {}
    for key, inner in stated.items():
        many = inner.integer("parts", 0, len(rest))
        mine[key], rest = rest[:many], rest[many:]
    if rest:
        raise MalformedError("examples: parts are left over")
    inputs = _decode_inputs(count, stated["inputs"], mine["inputs"])
    words = [len(text.split()) for text in inputs] if isinstance(inputs, tuple) else []
    labels = targets.decode_labels(count, stated["labels"], mine["labels"], len(names), words)
    soft = None
    if "soft" in stated:
        hard = labels if isinstance(labels, np.ndarray) and labels.dtype == np.int64 else None
        soft = targets.decode_soft(
            count, stated["soft"], mine["soft"], len(names), cast("I64 | None", hard)
        )
    return Examples(inputs, labels, soft, names)


def _decode_inputs(count: int, params: Params, parts: Buffers) -> Inputs:
    kind = params.choice("kind", ("images", "numbers", "texts"))
    if kind == "texts":
        return strings.decode(count, params, parts)
    if kind == "images":
        return pixels.decode(count, params, parts)
    name = params.choice("codec", numbers.CODECS)
    shape = tuple(params.integers("shape", 1, (1 << 64) - 1))
    inner = params.map("values")
    params.done()
    if not 1 <= len(shape) < RANK_MAX:
        raise MalformedError("examples: inputs are not of 1 to 3 dimensions")
    return numbers.decode((count, *shape), name, inner, parts, "inputs")


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise MalformedError("examples: the classes are no array")
    if len(value) > CLASSES_MAX:
        raise LimitError(f"examples: {len(value)} classes, the limit is {CLASSES_MAX}")
    names = tuple(check_name(name, "a class's name") for name in value)
    if len(set(names)) != len(names):
        raise MalformedError("examples: a class's name appears twice")
    return names
