"""Everything that can go wrong, one class and one exit code per family.

The library raises nothing but subclasses of :class:`SeedError` for bad input;
the command turns ``exit_code`` into its exit status and prints one line.
"""

from __future__ import annotations


class SeedError(Exception):
    """Base of all errors. ``hint`` says what to type or do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class FileError(SeedError):
    """A file can't be read or written; the system says why."""


class UsageError(SeedError):
    """The request itself makes no sense (unknown option, conflicting flags)."""

    exit_code = 2


class MalformedError(SeedError):
    """The input breaks its format's rules."""

    exit_code = 3


class NotASeedError(MalformedError):
    """The input does not begin with the magic of a seed."""


class TruncatedError(MalformedError):
    """The input ends before it is complete."""


class DigestError(MalformedError):
    """Bytes do not have the hash that the file states for them."""


class UnsupportedError(SeedError):
    """Well-formed, but made for something this version does not know."""

    exit_code = 4


class VersionError(UnsupportedError):
    """A format version, or a critical section, that is newer than this reader."""


class UnknownCodecError(UnsupportedError):
    """A codec that is neither built in nor installed."""


class NoGraphError(UnsupportedError):
    """The seed carries no ONNX graph, or the model's could not be made."""


class MissingExtraError(SeedError):
    """An optional package is needed; ``hint`` is the exact install line."""

    exit_code = 5

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed",
            hint=f"pip install 'seedtool[{extra}]'",
        )


class GateError(SeedError):
    """A quality or size that was asked for was not reached."""

    exit_code = 6


class RefusedError(SeedError):
    """Refused by policy (an existing file, a terminal, an unsafe pickle)."""

    exit_code = 7


class LimitError(RefusedError):
    """A stated limit would be crossed."""


HUNG_UP = 129  # 128 + SIGHUP
INTERRUPTED = 130  # 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE
TERMINATED = 143  # 128 + SIGTERM
