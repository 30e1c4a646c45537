"""Codecs that hold no integers: raw, and unknown ones (SPEC 6 and 6.3)."""

from __future__ import annotations

from typing import Any

from making.build import Made, meta, seal, table, tensor
from making.register import vector

DATA = bytes(range(12))


def raw(parts: list[bytes], params: dict[str, Any] | None = None, codec: str = "raw") -> Made:
    part = tensor(codec, parts, DATA, params)
    return seal(table(["w", "I32", [3]]), meta(), part).holds(w=DATA)


@vector()
def ok_raw() -> Made:
    """Three integers."""
    return raw([DATA])


@vector("MalformedError", "raw data has 11 bytes, not 3 x 4")
def codec_raw_short() -> Made:
    """A byte less than the tensor takes."""
    return raw([DATA[:-1]])


@vector("MalformedError", "raw data has 0 bytes, not 3 x 4")
def codec_raw_empty() -> Made:
    """A part of no bytes."""
    return raw([b""])


@vector("MalformedError", "raw: 0 parts where 1 belong")
def codec_raw_no_part() -> Made:
    """No part."""
    return raw([])


@vector("MalformedError", "raw: 2 parts where 1 belong")
def codec_raw_two_parts() -> Made:
    """The elements in two parts."""
    return raw([DATA[:4], DATA[4:]])


@vector("MalformedError", "tensor 'w': unknown parameters 'level'")
def codec_raw_params() -> Made:
    """A parameter, where raw has none."""
    return raw([DATA], {"level": 1})


@vector("MalformedError", "raw data has 4 bytes, not 0 x 1")
def codec_raw_for_nothing() -> Made:
    """Bytes for a tensor that has a size of 0."""
    return seal(table(["w", "U8", [5, 0]]), meta(), tensor("raw", [b"seed"], b""))


@vector("UnknownCodecError", "the codec 'fractal' is not known here")
def codec_unknown() -> Made:
    """A codec that no reader of this version has."""
    return raw([DATA], codec="fractal")


@vector("UnknownCodecError", "the codec '../raw' is not known here")
def codec_unknown_path() -> Made:
    """A codec named like a path."""
    return raw([DATA], codec="../raw")


@vector("UnknownCodecError", "the codec 'base' is not known here")
def codec_unknown_module() -> Made:
    """A codec named like a module of seedtool that is none."""
    return raw([DATA], codec="base")


@vector("UnknownCodecError", "the codec 'RAW' is not known here")
def codec_unknown_case() -> Made:
    """Codecs' names are compared as they are."""
    return raw([DATA], codec="RAW")


@vector("MalformedError", "codec name is not a non-empty string")
def codec_name_empty() -> Made:
    """A codec without a name."""
    return raw([DATA], codec="")


@vector("LimitError", "tensor 'w' would take 8796093022208 bytes, over the limit of 17179869184")
def limit_decoded_tensor() -> Made:
    """2^40 elements in a few hundred bytes: a legal file, and a reader's to refuse."""
    part = tensor("minimal", [], b"", {"init": "constant", "scale": 1.0}, check=bytes(8))
    return seal(table(["w", "F64", [1 << 40]]), meta(), part)
