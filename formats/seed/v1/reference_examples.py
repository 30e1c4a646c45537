"""The codec `examples` (SPEC 5.7) for reference.py: texts, numbers, labels and soft labels."""

from __future__ import annotations

import bz2
import hashlib
import lzma
import math
import struct
from typing import Any

import numpy as np
from reference_blocks import MIB, RuleError, need, read_name
from reference_codecs import CODECS, lossless
from reference_elements import check_params
from reference_heads import is_size
from reference_images import read_images

DECODED = 1 << 26  # bytes of the inputs, and of the soft labels
# Those of 5.7: others are part of a word.
BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
BLANKS += "".join(map(chr, range(0x2000, 0x200B)))
UNIT = 1 << 24  # of a weight


def read_examples(head: dict[str, Any], parts: list[bytes]) -> str:
    """The digest of the examples of a section, in hexadecimal."""
    need(head["params"].get("count") == head["count"], "examples: another count than the head's")
    digest = hashlib.sha256(b"".join(map(described, decode_examples(head["params"], parts))))
    need(digest.digest()[:8] == head["params"]["check"], "examples: check", "digest")
    return digest.hexdigest()


def decode_examples(params: dict[str, Any], parts: list[bytes]) -> tuple[Any, Any, Any, list[str]]:
    """Inputs, labels, soft labels and the classes' names, whatever the check."""
    types = {"count": int, "classes": list, "inputs": dict, "labels": dict, "check": bytes}
    check_params(params, **types, **({"soft": dict} if "soft" in params else {}))
    count = params["count"]
    need(count >= 1, "examples: count")
    need(count <= 1 << 22, "examples: count", "limit")
    need(len(params["check"]) == 8, "examples: check")
    names = read_classes(params["classes"])
    given = {}
    for key in ("inputs", "labels", "soft"):
        if key in params:
            inner = dict(params[key])
            many = inner.pop("parts", None)
            need(is_size(many) and many <= len(parts), "examples: parts")
            given[key], parts = (inner, parts[:many]), parts[many:]
    need(parts == [], "examples: parts left over")
    inputs = read_inputs(count, *given["inputs"])
    labels = read_labels(count, *given["labels"], names, inputs)
    soft = None
    if "soft" in given:
        soft = read_soft(count, *given["soft"], len(names), labels)
    return inputs, labels, soft, names


def described(value: Any) -> bytes:
    """What the digest of examples is of."""
    if value is None:
        return b"none\n"
    if isinstance(value, str):
        return struct.pack("<I", len(value.encode())) + value.encode()
    if isinstance(value, list):
        return b"list %d\n" % len(value) + b"".join(map(described, value))
    sizes = ", ".join(map(str, value.shape))
    return f"array {value.dtype.name} [{sizes}]\n".encode() + value.tobytes()


def read_classes(names: list[Any]) -> list[str]:
    need(len(names) <= 4096, "examples: classes", "limit")
    for name in names:
        read_name(name, "class")
    need(len({*names}) == len(names), "examples: a class twice")
    return names


# ---- Inputs


def read_inputs(count: int, params: dict[str, Any], parts: list[bytes]) -> Any:
    """A list of texts, or an array of uint8 or float32."""
    kind = params.get("kind")
    if kind == "texts":
        return read_texts(count, params, parts)
    if kind == "images":
        return read_images(count, params, parts)
    need(kind == "numbers", "inputs: kind")
    check_params(params, kind=str, codec=str, shape=list, values=dict)
    shape = params["shape"]
    need(1 <= len(shape) <= 3 and all(is_size(n) and n > 0 for n in shape), "numbers: shape")
    return read_floats([count, *shape], params, parts)


def read_floats(shape: list[int], params: dict[str, Any], parts: list[bytes]) -> np.ndarray:
    """Of the codec and its params that `params` names."""
    need(params["codec"] in ("lossless", "trellis"), "floats: codec")
    need(4 * math.prod(shape) <= DECODED, "floats: bytes", "limit")
    return floats(CODECS[params["codec"]]("F32", shape, params["values"], parts), shape)


def floats(data: bytes, shape: list[int]) -> np.ndarray:
    made = np.frombuffer(data, "<f4").reshape(shape)
    need(bool(np.isfinite(made).all()), "examples: not finite")
    return made


def read_texts(count: int, params: dict[str, Any], parts: list[bytes]) -> list[str]:
    check_params(params, kind=str, form=str, bytes=int, end=int)
    need(params["form"] in ("zstd", "xz", "bzip2"), "texts: form")
    need(params["bytes"] >= 0 and params["end"] in (0, 1) and len(parts) == 1, "texts: params")
    need(params["bytes"] <= DECODED, "texts: bytes", "limit")
    data = parts[0]
    if params["form"] != "zstd":
        data = unpack(params["form"], data, params["bytes"])
    need(len(data) == params["bytes"], "texts: another length")
    end = b"\0" if params["end"] else b"\n"
    need(data.endswith(end) and data.count(end) == count, "texts: another number")
    need(params["end"] == 1 or b"\0" not in data, "texts: a zero character")
    try:
        return data.decode().split(end.decode())[:-1]
    except UnicodeDecodeError:
        raise RuleError("malformed", "texts: not UTF-8") from None


def unpack(form: str, data: bytes, size: int) -> bytes:
    """No more than a byte over ``size``."""
    decoder: Any = bz2.BZ2Decompressor()
    if form == "xz":
        decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, 64 * MIB)
    try:
        made: bytes = decoder.decompress(data, size + 1)
        if not decoder.eof and len(made) <= size:
            made += decoder.decompress(b"", 1)
    except (lzma.LZMAError, OSError, EOFError):
        raise RuleError("malformed", f"texts: no {form} stream") from None
    need(decoder.eof and decoder.unused_data == b"", "texts: not one whole stream")
    need(form != "xz" or decoder.check == lzma.CHECK_NONE, "texts: a check")
    return made


# ---- Labels


def read_labels(
    count: int, params: dict[str, Any], parts: list[bytes], names: list[str], inputs: Any
) -> Any:
    """None, an array of int64 or float32, or a list of arrays of int64."""
    form = params.get("form")
    if form in ("none", "class"):
        check_params(params, form=str)
        need(len(parts) == (form == "class"), "labels: parts")
        return read_class_counts(count, parts[0], len(names)) if parts else None
    if form == "vectors":
        check_params(params, form=str, codec=str, size=int, values=dict)
        need(params["size"] >= 1, "vectors: size")
        return read_floats([count, params["size"]], params, parts)
    need(form in ("value", "tags"), "labels: form")
    check_params(params, form=str, values=dict)
    if form == "value":
        return floats(lossless("F32", [count], params["values"], parts), [count])
    need(isinstance(inputs, list), "tags: no texts")
    words = [count_words(text) for text in inputs]
    tags = np.frombuffer(lossless("U16", [sum(words)], params["values"], parts), "<u2")
    need(bool(np.all(tags < len(names))), "tags: no class")
    ends = np.cumsum(words)
    return [tags[b - n : b].astype("<i8") for n, b in zip(words, ends, strict=True)]


def count_words(text: str) -> int:
    for blank in BLANKS:
        text = text.replace(blank, "\n")
    return len([run for run in text.split("\n") if run != ""])


def read_class_counts(count: int, part: bytes, classes: int) -> np.ndarray:
    many = len(part) // 4
    need(len(part) == 4 * many and 1 <= many <= classes, "labels: number of classes")
    planes = np.frombuffer(part, np.uint8).astype(np.int64).reshape(4, many)
    counts = sum(planes[byte] << 8 * byte for byte in range(4))
    need(int(counts.sum()) == count and counts[-1] > 0, "labels: counts")
    return np.repeat(np.arange(many, dtype="<i8"), counts)


# ---- Soft labels


def read_soft(
    count: int, params: dict[str, Any], parts: list[bytes], classes: int, labels: Any
) -> np.ndarray:
    check_params(params, fine=int, levels=int, ordered=int, values=dict)
    fine, levels, ordered = params["fine"], params["levels"], params["ordered"]
    need(1 <= fine <= 8 and 2 <= levels <= 160 and 0 <= ordered <= 64, "soft: params")
    need(4 * count * classes <= DECODED, "soft: bytes", "limit")
    need(len(parts) > 0 and len(parts[0]) == ordered * classes, "soft: order")
    orders = [[*parts[0][r * classes : (r + 1) * classes]] for r in range(ordered)]
    if ordered:
        by_class = isinstance(labels, np.ndarray) and labels.dtype == np.int64
        need(ordered == classes and by_class, "soft: order of other labels")
        need(all(sorted(order) == [*range(classes)] for order in orders), "soft: no permutation")
    data = lossless("U8", [classes, count], params["values"], parts[1:])
    plane = np.frombuffer(data, np.uint8).reshape(classes, count)
    need(bool(np.all(plane < levels)), "soft: level")
    # round() takes a half, which is at level 25 * fine alone, to the even 0.
    weights = np.array([round(UNIT * 2 ** (-level / fine)) for level in range(levels)])
    soft = np.zeros((count, classes), "<f4")
    for i in range(count):
        level = np.zeros(classes, np.int64)
        level[orders[labels[i]] if ordered else range(classes)] = plane[:, i]
        kept = level < levels - 1
        weight = weights[level] << 12
        left = max(UNIT - int(weights[level[kept]].sum()), 1)
        others = classes - int(kept.sum())
        if others:
            weight[~kept] = max((left << 12) // others, 1)
        need(classes == 0 or weight.sum() > 0, "soft: no weight")
        soft[i] = weight / max(int(weight.sum()), 1)
    return soft
