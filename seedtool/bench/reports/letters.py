"""Text of documents without the letters that nobody sees."""

from __future__ import annotations

from html import escape


def printable(text: str) -> str:
    """``text`` with a mark for each control, direction or other letter that is not printed."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def as_html(text: str) -> str:
    """``text`` as it stands in HTML or SVG, in an attribute too."""
    return escape(printable(text))
