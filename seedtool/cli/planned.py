"""What a dry run shows: which tensor takes which codec, bits and share of the whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from seedtool.cli.run import Progress
from seedtool.cli.text import many, say, table

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.container.reader import Wanted
    from seedtool.seed import Entry, Section

ROWS = 20  # shown; all of them are in the report as JSON


class Sizes(io.RawIOBase):
    """A stream that keeps of a seed how many bytes it has, and each tensor's section."""

    def __init__(self) -> None:
        self.total = 0
        self.stored: dict[str, int] = {}

    def write(self, data: Any) -> int:
        self.total += len(data)
        return len(data)

    def take(self, made: Seed, progress: Progress) -> int:
        """A seed's bytes, all of its sections made and none kept."""

        def sections(wanted: Wanted) -> Iterator[Section]:
            owners = made.header.owners()
            for section in made.sections(wanted):
                before = self.total
                yield section
                if section.kind == "tensor":
                    self.stored[next(owners)[0].name] = self.total - before

        watched = replace(made, sections=sections)
        return watched.save(cast("BinaryIO", self), progress=progress)


def rows_of(made: Seed, sizes: Sizes) -> list[dict[str, Any]]:
    """A row a tensor, by its bytes in the seed, the most first."""
    entries = {entry.name: entry for entry, _ in made.header.owners()}
    losses = made.ledger.losses
    lost = sum(losses.values()) or 1.0
    rows = []
    for m in made.ledger.measures:
        stored = sizes.stored[m.name]
        row = {
            "tensor": m.name,
            "kind": _kind(entries[m.name]),
            "codec": m.codec,
            "elements": m.elements,
            "bytes": stored,
            "bits_per_weight": round(8 * stored / m.elements, 4) if m.elements else None,
            "share_of_bytes": round(stored / sizes.total, 6),
        }
        if m.name in losses:
            row["share_of_loss"] = round(losses[m.name] / lost, 6)
        rows.append(row)
    return sorted(rows, key=lambda row: -row["bytes"])


def _kind(entry: Entry) -> str:
    from seedtool.planning import prior

    if len(entry.shape) < 2:
        return "vector"
    return prior.kind_of(entry.name)[0] or ("matrix" if len(entry.shape) == 2 else "convolution")


def show(rows: list[dict[str, Any]]) -> None:
    """The first ROWS as a table, and how much the others are."""
    known = any("share_of_loss" in row for row in rows)
    head = ["tensor", "kind", "codec", "weights", "bits each", "of the bytes"]
    lines = [[*head, "of the loss"] if known else head]
    for row in rows[:ROWS]:
        bits = row["bits_per_weight"]
        line = [row["tensor"], row["kind"], row["codec"], f"{row['elements']:,}"]
        line += ["" if bits is None else f"{bits:.2f}", f"{100 * row['share_of_bytes']:.1f} %"]
        share = row.get("share_of_loss")
        lines.append([*line, "" if share is None else f"{100 * share:.1f} %"] if known else line)
    for text in table(lines, right=frozenset({3, 4, 5, 6})).splitlines():
        say(text)
    rest = rows[ROWS:]
    if rest:
        share = 100 * sum(row["share_of_bytes"] for row in rest)
        say(f"and {many(len(rest), 'tensor')} more, {share:.1f} % of the bytes (--json has all)")
