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
from seedtool.bench.ledger.growers import Growers
from seedtool.bench.ledger.part import Part
from seedtool.bench.ledger.specialised import Specialised
from seedtool.bench.starts import components

ARITHMETIC, PEERS = "arithmetic", "peers"
OWN: dict[str, Part] = {
    ARITHMETIC: Arithmetic(),
    PEERS: Cited(),
    "growers": Growers(),
    "specialised": Specialised(),
}
LADDER = ("random", "minimal", "stats", "pca", "trellis:1.5", "coded")
PARTS = tuple(name for name in components.NAMES if components.part_of(name))
SHIPPED = "seedtool/data/digits.seed"  # where it stands in the repository


@dataclass(frozen=True)
class Study:
    """``asked``: options beside their defaults. ``bench``: if it has not the study's name.

    ``of_shipped``: the shipped network is its model.

    ``quick``: that it is run with ``--smoke`` too, as its bench's own smoke has it.
    """

    name: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    bench: str = ""
    of_shipped: bool = False
    quick: bool = False

    @property
    def part(self) -> Part:
        return OWN[self.name] if self.name in OWN else bench.load(self.bench or self.name)

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
        """What runs the study by itself, with the same points; "" for one that is of claims."""
        if self.name == PEERS:
            return "python -m benchmarks.peers run"
        if self.name in OWN:
            return ""
        words = ["seed", "bench", self.bench or self.name]
        words += [SHIPPED] if self.of_shipped else []
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
        Study("ablate", {"starts": (*LADDER, *PARTS)}),
        Study(
            "ablate-ample",
            {
                "starts": ("random", "minimal", "stats", "pca", "coded"),
                "examples": 1198,
                "steps": 600,
            },
            bench="ablate",
        ),
        Study(
            "compare",
            {
                "ratios": (8.0, 16.0, 32.0),
                "coders": ("planned", "pca", "stats", "minimal"),
                "peers": ("pruning + zstd", "onnxruntime", "gzip", "distilled"),
            },
        ),
        Study(
            "scaling",
            {"widths": (16, 32, 64, 128, 256, 512), "depths": (0, 1, 4, 12, 32), "repeats": 2},
        ),
        Study(
            "budget",
            {
                "starts": ("trellis:0.2", "stats", "random"),
                "examples": (20, 80, 320),
                "steps": (100, 300),
            },
        ),
        Study("growers"),
        Study("specialised"),
    )
}
