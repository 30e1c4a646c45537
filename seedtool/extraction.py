"""A model's arrays become the sections of a seed, one tensor at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seedtool import coding, container
from seedtool.codecs.base import Array
from seedtool.coding import Measure
from seedtool.plan import Choice
from seedtool.seed import Entry, Header, Section


@dataclass
class Ledger:
    """The measures of an extraction, filled as its sections are made."""

    measures: list[Measure] = field(default_factory=list)
    asset_bytes: int = 0

    @property
    def snr_db(self) -> float:
        """Signal over error of all float values, in decibels; infinite if nothing was lost."""
        error = sum(m.error for m in self.measures)
        signal = sum(m.signal for m in self.measures)
        return 10 * math.log10(signal / error) if error and signal else math.inf

    def fidelity(self) -> dict[str, Any]:
        """The fidelity document: what of the weights survived, beside what zeros would keep."""
        weights: dict[str, Any] = {
            "elements": sum(m.elements for m in self.measures),
            "exact": sum(m.elements for m in self.measures if m.error == 0),
        }
        if math.isfinite(self.snr_db):
            weights |= {"snr_db": round(self.snr_db, 3), "snr_db_of_zeros": 0.0}
        return {"weights": weights}


def make_sections(
    header: Header,
    read: Callable[[Entry], Array],
    choices: Mapping[str, Choice],
    *,
    meta: Mapping[str, Any],
    extras: Iterable[Section],
    ledger: Ledger,
) -> Iterator[Section]:
    """All sections of a seed but its end.

    ``extras`` are the graph and asset sections; ``ledger`` is filled.
    """
    yield container.document_section("meta", dict(meta))
    for section in extras:
        if section.kind == "asset":
            ledger.asset_bytes += sum(len(part.data) for part in section.parts)
        yield section
    for entry, _ in header.owners():
        section, measure = coding.encode(entry, read(entry), choices[entry.name])
        ledger.measures.append(measure)
        yield section
    yield container.document_section("fidelity", ledger.fidelity())
