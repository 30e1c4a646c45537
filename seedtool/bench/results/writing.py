"""Numbers as people read them."""

from __future__ import annotations

WHOLE = 1e15  # below it every unit is told


def written(value: float, form: str) -> str:
    """By ``form``, but for what that writes with a power of ten though it is no large number:
    2 millions of bytes are not 2e+06."""
    text = format(value, form)
    return format(value, ",.0f") if "e+" in text and abs(value) < WHOLE else text
