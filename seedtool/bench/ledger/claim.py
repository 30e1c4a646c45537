"""A claim of the research: where it stands, what it says, and by what it is tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from seedtool.bench.results.document import Document

HOLDS, FAILS, ONLY, UNDECIDED = "holds", "fails", "holds only with", "undecided"
UNTESTABLE, WAITING, NOT_RUN = "untestable here", "not yet tested", "not run"
VERDICTS = (HOLDS, ONLY, FAILS, UNDECIDED, WAITING, UNTESTABLE, NOT_RUN)


@dataclass(frozen=True)
class Judged:
    """``found``: the figures, with intervals; ``controls``: theirs; ``but``: what a verdict
    is bound to, "" for nothing."""

    verdict: str
    found: str
    controls: str = ""
    but: str = ""


Judge = Callable[[Mapping[str, Document]], Judged]


@dataclass(frozen=True)
class Check:
    """A computation of ``ledger.checks``, by its name."""

    name: str


@dataclass(frozen=True)
class Trial:
    """``studies``: whose documents ``judge`` needs, by their names in ``ledger.studies``."""

    studies: tuple[str, ...]
    judge: Judge


@dataclass(frozen=True)
class Waiting:
    """A test that is still to be built: ``command`` will run it, beside ``control``."""

    command: str
    control: str


@dataclass(frozen=True)
class Untestable:
    why: str


@dataclass(frozen=True)
class Claim:
    """``note``: a file of the research; ``section``: its heading there; ``says``: in our words."""

    id: str
    note: str
    section: str
    says: str
    by: Check | Trial | Waiting | Untestable
