"""Texts coded together: the smallest of zstd, which the container tries, xz and bzip2."""

from __future__ import annotations

import bz2
import lzma
from typing import Any

from seedtool.codecs import base
from seedtool.codecs.base import Buffers, Coded, Params
from seedtool.errors import LimitError, MalformedError
from seedtool.examples.sizes import DECODED_MAX, written
from seedtool.seed import MIB, Part

FORMS = ("zstd", "xz", "bzip2")
FORMAT, FILTER = lzma.FORMAT_XZ, lzma.FILTER_LZMA2
MEMORY_MAX = 64 * MIB  # of a decoder
PRESET = 9 | lzma.PRESET_EXTREME
ENDS = ("\n", "\0")  # after each text: the first that none of them holds


def encode(texts: tuple[str, ...]) -> Coded:
    """Texts without zero characters in the smallest form; MalformedError for other ones."""
    if any("\0" in text for text in texts):
        raise MalformedError("a text holds a zero character")
    end = next(e for e in ENDS if not any(e in text for text in texts))
    try:
        data = "".join(text + end for text in texts).encode()
    except UnicodeEncodeError:
        raise MalformedError("a text is not valid Unicode") from None
    packed = {
        "zstd": Part(data),
        "xz": Part(_xz(data), packed=True),
        "bzip2": Part(bz2.compress(data), packed=True),
    }
    form = min(FORMS, key=lambda name: written([packed[name]]))
    params = {"bytes": len(data), "end": ENDS.index(end), "form": form}
    return Coded(params, (packed[form],))


def decode(count: int, params: Params, parts: Buffers) -> tuple[str, ...]:
    """``count`` texts; MalformedError or LimitError for what :func:`encode` would not write."""
    form = params.choice("form", FORMS)
    size = params.integer("bytes", 0, (1 << 64) - 1)
    end = ENDS[params.integer("end", 0, len(ENDS) - 1)]
    params.done()
    base.expect_parts(parts, 1, "examples")
    if size > DECODED_MAX:
        raise LimitError(f"examples: the texts take over {DECODED_MAX} bytes")
    data = bytes(parts[0]) if form == "zstd" else _unpacked(form, bytes(parts[0]), size)
    if len(data) != size:
        raise MalformedError("examples: the texts have another length than stated")
    if data.count(end.encode()) != count or (data and not data.endswith(end.encode())):
        raise MalformedError(f"examples: the texts are not {count}")
    try:
        texts = data.decode().split(end)[:-1]
    except UnicodeDecodeError:
        raise MalformedError("examples: the texts are not UTF-8") from None
    if any("\0" in text for text in texts):
        raise MalformedError("examples: a text holds a zero character")
    return tuple(texts)


def _xz(data: bytes) -> bytes:
    filters = [{"id": FILTER, "preset": PRESET, "dict_size": min(max(len(data), 4096), 8 * MIB)}]
    return lzma.compress(data, FORMAT, check=lzma.CHECK_NONE, filters=filters)


def _unpacked(form: str, data: bytes, size: int) -> bytes:
    """At most ``size`` bytes and one, so that a bomb ends where its length is wrong."""
    decoder: Any = lzma.LZMADecompressor(FORMAT, MEMORY_MAX) if form == "xz" else None
    decoder = decoder or bz2.BZ2Decompressor()
    try:
        made: bytes = decoder.decompress(data, size + 1)
    except (lzma.LZMAError, OSError, EOFError) as error:
        raise MalformedError(f"examples: the texts can't be unpacked: {error}") from None
    if not decoder.eof and len(made) == size:
        # The end mark may come after the last byte that was asked for.
        try:
            made += decoder.decompress(b"", 1)
        except (lzma.LZMAError, OSError, EOFError) as error:
            raise MalformedError(f"examples: the texts can't be unpacked: {error}") from None
    if not decoder.eof or decoder.unused_data:
        raise MalformedError("examples: the texts end too early, or other bytes follow them")
    if form == "xz" and decoder.check != lzma.CHECK_NONE:
        raise MalformedError("examples: the texts have a check of xz's own")
    return made
