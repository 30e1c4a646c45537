"""The list of vectors, filled by a decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from making.build import Made


@dataclass(frozen=True)
class Vector:
    """A file, and what a reader makes of it: ``error`` names a class of seedtool.errors.

    ``base``: the vectors that are given as its base and as that one's own.
    """

    make: Callable[[], Made]
    about: str
    error: str | None
    message: str | None
    base: tuple[str, ...] = ()


VECTORS: dict[str, Vector] = {}


def vector(
    error: str | None = None, message: str | None = None, base: tuple[str, ...] = ()
) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Register a function under its own name; its docstring says what it shows."""

    def register(make: Callable[[], Made]) -> Callable[[], Made]:
        assert make.__doc__
        assert make.__name__ not in VECTORS, make.__name__
        about = " ".join(make.__doc__.split())
        VECTORS[make.__name__] = Vector(make, about, error, message, base)
        return make

    return register
