"""How long work tells of itself: a stretch has a name and a length, and advances."""

from __future__ import annotations

from collections.abc import Callable

Advance = Callable[[float], None]
Stage = Callable[[str, float], Advance]


def silent(_name: str, _length: float) -> Advance:
    """A stage that nobody watches."""
    return lambda _: None
