"""``raw``: the tensor's bytes, little-endian and in C order (SPEC 6.3)."""

from __future__ import annotations

from typing import Any

from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, Params
from seedtool.seed import Entry, Part


class Codec(base.Codec):
    lossless = True

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        return Coded({}, (Part(base.plain_bytes(data)),))

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        params.done()
        base.expect_parts(parts, 1, "raw")
        kind = base.storage(entry).str
        return base.view(parts[0], kind, entry.size, "raw data").reshape(entry.shape)
