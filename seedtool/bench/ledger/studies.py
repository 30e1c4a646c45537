"""The studies that claims are tested by: which bench, asked what."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from seedtool import bench
from seedtool.bench.ledger.arithmetic import Arithmetic
from seedtool.bench.ledger.cited import Cited
from seedtool.bench.ledger.part import Part

ARITHMETIC, PEERS = "arithmetic", "peers"
OWN: dict[str, Part] = {ARITHMETIC: Arithmetic(), PEERS: Cited()}
SHIPPED = "seedtool/data/digits.seed"  # where it stands in the repository


@dataclass(frozen=True)
class Study:
    """``asked``: options beside their defaults. ``of_shipped``: the shipped network is its model.

    ``quick``: that it is run with ``--smoke`` too, as its bench's own smoke has it.
    """

    name: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    of_shipped: bool = False
    quick: bool = False

    @property
    def part(self) -> Part:
        return OWN[self.name] if self.name in OWN else bench.load(self.name)

    def options(self, *, brief: bool = False, **more: Any) -> Any:
        """The bench's options."""
        asked = {**self.asked, **more}
        if self.of_shipped:
            asked["model"] = str(resources.files("seedtool") / "data" / "digits.seed")
        part = self.part
        made = part.Options(**asked)
        return part.smoke(made) if brief else made

    @property
    def command(self) -> str:
        """What runs the study by itself, with the same points and other draws."""
        if self.name == PEERS:
            return "python -m benchmarks.peers run"
        words = ["seed", "bench", self.name] + ([SHIPPED] if self.of_shipped else [])
        for name, value in self.asked.items():
            given = isinstance(value, tuple)
            text = (
                ",".join(f"{v:g}" if isinstance(v, float) else str(v) for v in value)
                if given
                else str(value)
            )
            words += [f"--{name.replace('_', '-')}", text]
        return shlex.join(words)


STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study(ARITHMETIC, quick=True),
        Study(PEERS, quick=True),
        Study("zero-shot", quick=True),
        Study("failures", quick=True),
        Study("rate", {"bits": (1.0, 2.0, 3.0, 4.0)}, of_shipped=True, quick=True),
    )
}
