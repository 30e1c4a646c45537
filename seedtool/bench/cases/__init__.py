"""Models made to break, by seed: each with the same model without the fault, and a mitigation."""

from __future__ import annotations

from seedtool.bench.cases import computing, growing, holding, scaling, storing
from seedtool.bench.cases.trial import Case

CASES: dict[str, Case] = {
    case.name: case
    for part in (scaling, computing, storing, holding, growing)
    for case in part.CASES
}
