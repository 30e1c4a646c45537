"""Examples as a section of a seed and back (SPEC 5.7)."""

from __future__ import annotations

from seedtool import container
from seedtool.errors import LimitError, MalformedError, UnknownCodecError
from seedtool.examples import coding
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.seed import HEAD_MAX, Section

CODEC = "examples"
FRAME = 256  # bytes of a head besides its parameters, at most


def make(name: str, examples: Examples, quality: Quality) -> Section:
    """The section called ``name``; UsageError or LimitError for what no section holds."""
    coded = coding.encode(examples, quality)
    if len(container.pack(coded.params)) + len(name.encode()) + FRAME > HEAD_MAX:
        raise LimitError(f"examples {name!a}: the names of their classes take over 64 KiB")
    fields = {"codec": CODEC, "count": len(examples), "name": name, "params": coded.params}
    return Section("examples", fields, coded.parts)


def read(section: Section) -> Examples:
    """The examples of a section, decoded and checked (:func:`coding.decode`).

    UnknownCodecError if another codec made it.
    """
    fields = section.fields
    if fields["codec"] != CODEC:
        raise UnknownCodecError(
            f"examples of the codec {fields['codec'][:64]!a} are not known here"
        )
    found = coding.decode(fields["params"], [part.data for part in section.parts])
    if len(found) != fields["count"]:
        raise MalformedError("examples: the section states another count than it has")
    return found
