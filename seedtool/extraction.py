"""A model's arrays become the sections of a seed, one tensor at a time."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from seedtool import coding, container
from seedtool.codecs.base import Array
from seedtool.codecs.pca import LowRank
from seedtool.coding import Measure
from seedtool.plan import Choice
from seedtool.seed import Entry, Header, Part, Section
from seedtool.tensors import BaseModel


@dataclass
class Ledger:
    """The measures of an extraction, filled as its sections are made."""

    measures: list[Measure] = field(default_factory=list)
    asset_bytes: int = 0
    quality: dict[str, Any] | None = None  # of the model's answers, where they were measured
    losses: dict[str, float] = field(default_factory=dict)  # by tensor, as a plan predicts them
    noted: Mapping[str, Any] = field(default_factory=dict)  # what else the document says

    @property
    def snr_db(self) -> float:
        """Signal over error of all float values, in decibels; infinite if nothing was lost."""
        error = sum(m.error for m in self.measures)
        signal = sum(m.signal for m in self.measures)
        return _decibels(signal, error)

    @property
    def snr_db_of_base(self) -> float:
        """The same for the base's own tensors, and zeros where it has none."""
        error = sum(m.signal if m.moved is None else m.moved for m in self.measures)
        return _decibels(sum(m.signal for m in self.measures), error)

    def fidelity(self) -> dict[str, Any]:
        """The fidelity document: what of the weights survived, beside what zeros would keep."""
        weights: dict[str, Any] = {
            "elements": sum(m.elements for m in self.measures),
            "exact": sum(m.elements for m in self.measures if m.error == 0),
        }
        if math.isfinite(self.snr_db):
            weights |= {"snr_db": round(self.snr_db, 3), "snr_db_of_zeros": 0.0}
            if any(m.moved is not None for m in self.measures):
                weights["snr_db_of_base"] = round(self.snr_db_of_base, 3)
        answers = {"answers": self.quality} if self.quality else {}
        return {"weights": weights, **answers, **self.noted}


def _decibels(signal: float, error: float) -> float:
    return 10 * math.log10(signal / error) if error and signal else math.inf


def asset_section(name: str, role: str, data: bytes, model: BaseModel | None) -> Section:
    """A file that rides along; only its digest if the base has the same one."""
    if model and name in model.assets and model.assets[name]() == data:
        fields = {"name": name, "role": role, "base": hashlib.sha256(data).digest()}
        return Section("asset", fields)
    return Section("asset", {"name": name, "role": role}, (Part(data),))


def make_sections(
    header: Header,
    read: Callable[[Entry], Array],
    choices: Mapping[str, Choice],
    *,
    meta: Mapping[str, Any],
    extras: Iterable[Section],
    ledger: Ledger,
    model: BaseModel | None = None,
    products: Mapping[str, Callable[[], LowRank]] = MappingProxyType({}),
) -> Iterator[Section]:
    """All sections of a seed but its end.

    ``extras`` are the sections before the tensors; ``ledger`` is filled. ``model``: the
    base; ``products``: differences to it that the source has as two factors, by name.
    """
    base = model.tensors if model else None
    yield container.document_section("meta", dict(meta))
    yield from extras
    for entry, _ in header.owners():
        data, choice = read(entry), choices[entry.name]
        product = products[entry.name]() if entry.name in products else None
        section, measure = coding.encode(entry, data, choice, base, product)
        ledger.measures.append(measure)
        yield section
    yield container.document_section("fidelity", ledger.fidelity())
