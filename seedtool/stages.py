"""How long work tells of itself: a stretch has a name and a length, and advances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Advance(Protocol):
    """Takes how much is done since the last call, and in words what there is to see of it."""

    def __call__(self, done: float, told: str = "", /) -> object: ...


Stage = Callable[[str, float], Advance]


def silent(_name: str, _length: float) -> Advance:
    """A stage that nobody watches."""
    return lambda _, __="": None
