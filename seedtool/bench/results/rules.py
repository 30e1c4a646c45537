"""What a bench's document must look like: checked before anything of it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from seedtool.errors import LimitError, MalformedError, VersionError

FORMAT, VERSION = "seedtool-bench", 1
BYTES_MAX = 64 << 20
TEXT_MAX = 1 << 14  # characters
POINTS_MAX = 1 << 16
FIGURES_MAX = 1 << 8
WHOLE_MAX = 1 << 53
LARGEST, LEAST = 1e100, 1e-100  # of figures: reports square and divide them

Check = Callable[[Any], bool]


def check_size(size: int, name: str) -> None:
    """LimitError for a file that is too long to be read."""
    if size > BYTES_MAX:
        raise LimitError(f"{name}: {size:,} bytes, over the limit of {BYTES_MAX:,} of a document")


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < WHOLE_MAX


def _number(value: Any) -> bool:
    if type(value) is int:
        return abs(value) < WHOLE_MAX
    return type(value) is float and (value == 0 or LEAST <= abs(value) <= LARGEST)


def _amount(value: Any) -> bool:
    return _number(value) and value >= 0


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool) or _text(value) or _number(value)


def _option(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= POINTS_MAX and all(map(_plain, value))
    return _plain(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(*values: str) -> Check:
    return lambda value: isinstance(value, str) and value in values


def _map_of(check: Check, most: int = FIGURES_MAX) -> Check:
    def run(value: Any) -> bool:
        if not isinstance(value, dict) or len(value) > most:
            return False
        return all(_text(k) and check(v) for k, v in value.items())

    return run


def _list_of(check: Check, most: int) -> Check:
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(check, value))


def _record(keys: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    more = optional or {}

    def run(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and keys.keys() <= value.keys() <= {*keys, *more}
            and all({**keys, **more}[k](v) for k, v in value.items())
        )

    return run


def _digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


INPUT = _record({"name": _text, "sha256": _digest, "size": _whole, "unit": _text})
MEASURE = _record(
    {"about": _text, "unit": _text, "better": _one_of("lower", "higher", ""), "exact": _flag}
)
FAILURE = _record({"message": _text, "hint": _text, "code": _whole})
POINT = _record(
    {
        "key": _text,
        "group": _text,
        "repeat": lambda value: value is None or _whole(value),
        "params": _map_of(_plain),
        "seed": _whole,
        "figures": _map_of(_plain),
        "controls": _map_of(_map_of(_plain)),
        "notes": _list_of(_text, FIGURES_MAX),
    },
    {"error": FAILURE},
)
KEYS: dict[str, Check] = {
    "format": _one_of(FORMAT),
    "version": _whole,
    "bench": _text,
    "command": _text,
    "seed": _whole,
    "options": _map_of(_option),
    "inputs": _map_of(INPUT),
    "measures": _map_of(MEASURE),
    "environment": _map_of(lambda v: _text(v) or _whole(v) or _flag(v)),
    "planned": _list_of(_text, POINTS_MAX),
    "points": _list_of(POINT, POINTS_MAX),
    "timings": _map_of(
        _record(
            {"seconds": _amount, "peak_bytes": _whole},
            {"parts": _map_of(_amount)},  # documents made before have none
        ),
        POINTS_MAX,
    ),
}


def check(value: Any, name: str) -> None:
    """MalformedError for what no bench writes, VersionError for what a newer one may."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise MalformedError(f"{name}: is no document of a bench", hint="seed bench writes them")
    if _whole(value.get("version")) and value["version"] > VERSION:
        raise VersionError(f"{name}: was written by a newer version")
    for key, rule in KEYS.items():
        if key not in value:
            raise MalformedError(f"{name}: {key!a} is missing")
        if not rule(value[key]):
            raise MalformedError(f"{name}: {key!a} is not as documents have it")
    if unknown := value.keys() - KEYS.keys():
        raise MalformedError(f"{name}: unknown key {min(unknown)[:64]!a}")
    planned = value["planned"]
    keys = [point["key"] for point in value["points"]]
    if len(set(planned)) != len(planned) or len(set(keys)) != len(keys):
        raise MalformedError(f"{name}: two points have one key")
    if not set(keys) <= set(planned) or not value["timings"].keys() <= set(keys):
        raise MalformedError(f"{name}: a point was not planned")
