"""What a dry run shows: which tensor takes which codec, bits and share of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedtool.cli.text import many, say, table

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.seed import Entry

ROWS = 20  # shown; all of them are in the report as JSON


def rows_of(made: Seed) -> list[dict[str, Any]]:
    """A row a tensor, by its coded bytes, the most first."""
    ledger = made.ledger
    entries = {entry.name: entry for entry, _ in made.header.owners()}
    coded, losses = sum(m.coded for m in ledger.measures), sum(ledger.losses.values())
    rows = []
    for m in sorted(ledger.measures, key=lambda m: -m.coded):
        row = {
            "tensor": m.name,
            "kind": _kind(entries[m.name]),
            "codec": m.codec,
            "elements": m.elements,
            "coded": m.coded,
            "bits_per_weight": round(8 * m.coded / m.elements, 4) if m.elements else None,
            "share_of_bytes": round(m.coded / coded, 6) if coded else 0.0,
        }
        if m.name in ledger.losses:
            row["share_of_loss"] = round(ledger.losses[m.name] / losses, 6) if losses else 0.0
        rows.append(row)
    return rows


def _kind(entry: Entry) -> str:
    from seedtool.planning import prior

    if len(entry.shape) < 2:
        return "vector"
    return prior.kind_of(entry.name)[0] or ("matrix" if len(entry.shape) == 2 else "convolution")


def show(rows: list[dict[str, Any]]) -> None:
    """The first ROWS as a table, and how much the others are."""
    known = any("share_of_loss" in row for row in rows)
    head = ["tensor", "kind", "codec", "weights", "bits each", "of all bytes"]
    lines = [[*head, "of the predicted loss"] if known else head]
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
