"""Canonical msgpack: one value has one form, and hostile bytes cost little (SPEC 3.2)."""

from __future__ import annotations

import math
from typing import Any, cast

import msgpack

from seedtool import errors
from seedtool.seed import DEPTH_MAX


def pack(value: Any) -> bytes:
    """``value`` in its shortest form, map keys in the order of their UTF-8 bytes."""
    return cast(bytes, msgpack.packb(_ordered(value), use_bin_type=True))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _ordered(value[k]) for k in sorted(value, key=str.encode)}
    if isinstance(value, (list, tuple)):
        return [_ordered(v) for v in value]
    return value


def unpack(data: bytes, what: str) -> Any:
    """The value of canonical msgpack; MalformedError or LimitError for anything else."""

    def pairs(items: list[tuple[Any, Any]]) -> dict[str, Any]:
        out = dict(items)
        if len(out) != len(items) or any(type(k) is not str for k in out):
            raise errors.MalformedError(f"{what} holds a map with duplicate or non-string keys")
        return out

    def ext(code: int, _: bytes) -> Any:
        raise errors.MalformedError(f"{what} holds the msgpack extension type {code}")

    try:
        value = msgpack.unpackb(
            data, raw=False, strict_map_key=False, object_pairs_hook=pairs, ext_hook=ext
        )
    except errors.SeedError:
        raise
    except msgpack.exceptions.StackError:
        raise errors.LimitError(f"{what} is nested deeper than {DEPTH_MAX}") from None
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as e:
        raise errors.MalformedError(f"{what} is not msgpack: {e}") from None
    _check(value, what, 0)
    if pack(value) != data:
        raise errors.MalformedError(f"{what} is not in canonical form")
    return value


def _check(value: Any, what: str, depth: int) -> None:
    if isinstance(value, (dict, list)):
        if depth == DEPTH_MAX:
            raise errors.LimitError(f"{what} is nested deeper than {DEPTH_MAX}")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, what, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise errors.MalformedError(f"{what} holds a number that is not finite")
    elif value is not None and type(value) not in (bool, int, str, bytes):
        raise errors.MalformedError(f"{what} holds a value of an unknown type")
