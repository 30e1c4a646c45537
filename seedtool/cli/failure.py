"""What went wrong, told on stderr in one line or one JSON document, and its exit code."""

from __future__ import annotations

import sys
from typing import Any

import typer

from seedtool.cli.text import say
from seedtool.errors import BROKEN_PIPE, INTERRUPTED, SeedError

# Typer keeps its base of usage errors to itself, at another place in each version.
Usage: Any = typer.BadParameter.__base__
KNOWN = (SeedError, OSError, MemoryError, Usage, typer.Abort, KeyboardInterrupt)


def tell(error: Any, *, as_json: bool) -> int:
    """The exit code for one of the KNOWN errors, which is told unless nobody wants to hear."""
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):  # the reader of our output went away
        return BROKEN_PIPE
    if isinstance(error, Usage) and not as_json:
        error.show()  # with the usage, which is no single line
        return _code(error)
    message, hint = _words(error)
    if as_json:
        import json

        fields = {"code": _code(error), "hint": hint, "message": message}
        print(json.dumps({"error": fields}, ensure_ascii=True), file=sys.stderr)
    else:
        say(f"seed: {message}" + (f" ({hint})" if hint else ""))
    return _code(error)


def _words(error: Any) -> tuple[str, str]:
    if isinstance(error, SeedError):
        return error.message, error.hint
    if isinstance(error, OSError):
        # Whatever else reads or writes says what; standard output has no name of its own.
        return f"{error.filename or '<stdout>'}: {error.strerror or error}", ""
    if isinstance(error, MemoryError):
        return "out of memory", ""
    return error.format_message(), "seed --help"


def _code(error: BaseException) -> int:
    return int(getattr(error, "exit_code", 1))
