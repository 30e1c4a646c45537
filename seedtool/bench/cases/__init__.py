"""Models made to break, by seed: each with the same model without the fault, and a mitigation."""

from __future__ import annotations

from seedtool.bench.cases import computing, holding, scaling, storing
from seedtool.bench.cases.trial import Case

CASES: dict[str, Case] = {
    case.name: case for case in (*scaling.CASES, *computing.CASES, *storing.CASES, *holding.CASES)
}
