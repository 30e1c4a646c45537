"""A document's page: what was asked, of what, where; what its bench makes of it; what failed."""

from __future__ import annotations

from collections.abc import Iterator

from seedtool import bench
from seedtool.bench.reports.blocks import Block, Column, Heading, Page, Table, Words
from seedtool.bench.results.document import Document


def page_of(document: Document) -> Page:
    """The whole report; UnsupportedError for a bench that is not known here."""
    asked = bench.load(document.bench)
    return Page(asked.title, (*_before(document), *asked.blocks(document), *_after(document)))


def _before(document: Document) -> Iterator[Block]:
    yield Words(bench.load(document.bench).about)
    measured = len([*document.results()])
    state = f"{measured} of {len(document.planned)} points measured"
    failed = len([*document.failures()])
    state += f", {failed} failed" if failed else ""
    yield Words(f"Again with: {document.command} ({state}, seed {document.seed})")
    rows = tuple(
        (name, each.name, each.size, each.unit, each.sha256)
        for name, each in document.inputs.items()
    )
    if rows:
        columns = (Column("what"), Column("name"), Column("size", ","), Column(""))
        yield Table("Measured on", (*columns, Column("SHA-256 of its content")), rows)


def _after(document: Document) -> Iterator[Block]:
    failed = tuple((key, why.message, why.hint) for key, why in document.failures())
    if failed:
        yield Table("Failed", (Column("point"), Column("why"), Column("what to do")), failed)
    yield from _notes(document)
    yield Heading("Where and how long")
    seconds = sum(t.seconds for t in document.timings.values())
    most = max((t.peak_bytes for t in document.timings.values()), default=0)
    yield Words(
        f"{', '.join(f'{k} {v}' for k, v in document.environment.items())}. The points took"
        f" {seconds:.1f} s together and {most / (1 << 20):.0f} MiB at most."
    )


def _notes(document: Document) -> Iterator[Block]:
    notes = [(result.key, note) for result in document.results() for note in result.notes]
    if notes:
        yield Table("Notes", (Column("point"), Column("note")), tuple(notes))
