"""JSON from files that nobody has checked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from seedtool.errors import LimitError, MalformedError
from seedtool.seed import DOCUMENT_MAX, check_name


def parse(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in ``data``; MalformedError for anything else, duplicate keys included."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(items)
        if len(out) != len(items):
            raise MalformedError(f"{what} has a key twice")
        return out

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise MalformedError(f"{what} is not JSON: {reason}") from None
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is not a JSON object")
    return value


def read(path: Path) -> dict[str, Any]:
    """The JSON object that a file of at most 16 MiB holds."""
    if path.stat().st_size > DOCUMENT_MAX:
        raise LimitError("holds more than 16 MiB of JSON")
    return parse(path.read_bytes(), "the file")


def word(value: object, what: str) -> str:
    """A short string fit for metadata; MalformedError otherwise."""
    if len(text := check_name(value, what)) > 128:
        raise LimitError(f"{what} is longer than 128 characters")
    return text


def front_matter_licence(path: Path) -> str | None:
    """The ``license:`` of a model card's YAML head, None if it states none."""
    with path.open("rb") as file:
        text = file.read(1 << 16).decode("utf-8", "replace")
    head = re.match(r"---\r?\n(.*?)\r?\n---\s", text, re.DOTALL)
    found = head and re.search(
        r"^license:[ \t]*[\"']?([\w.+-]{1,64})[\"']?[ \t\r]*$", head[1], re.M
    )
    return found[1] if found else None
