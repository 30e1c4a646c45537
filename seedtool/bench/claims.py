"""``claims``: every testable claim of the research, with what was found, and the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.ledger import splitting
from seedtool.bench.ledger.claim import (
    NOT_RUN,
    UNTESTABLE,
    VERDICTS,
    WAITING,
    Check,
    Claim,
    Judged,
    Trial,
    Untestable,
    Waiting,
)
from seedtool.bench.ledger.notes import CLAIMS, NOTES
from seedtool.bench.ledger.studies import ARITHMETIC, PEERS, SHIPPED, STUDIES
from seedtool.bench.reports.blocks import Block, Column, Heading, Table, Words
from seedtool.bench.results.document import Document
from seedtool.errors import SeedError, UsageError

# What judges meet where points or controls are missing.
INCOMPLETE = (LookupError, ArithmeticError, ValueError, StopIteration, SeedError)


@dataclass(frozen=True)
class Options:
    """``claims``: by id, or none for all. ``peers``: the peers' document, "" for none.

    ``brief``: only the quick studies, each as its bench's smoke run has it.
    """

    claims: tuple[str, ...] = ()
    peers: str = ""
    brief: bool = False

    def __post_init__(self) -> None:
        for name in self.claims:
            if name not in CLAIMS:
                known = f"{next(iter(CLAIMS))} to {[*CLAIMS][-1]}"
                raise UsageError(f"there is no claim {name!a}", hint=f"{known}: docs/claims.md")


class Bench(base.Bench):
    title = "The claims of the research"
    about = (
        "Every claim of the research notes that can be tested, in our words, with the command that"
        " tests it, what was found, and the controls. Verdicts are computed from figures and their"
        " intervals: where an interval holds both answers it is undecided. Points are those of the"
        " benches named, under their names. Plans, goals of business and open questions are no"
        " claims and are left out."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {}

    def figures(self, options: Any) -> Mapping[str, Measure]:
        """Those of all studies; one name in two of them is told as the first has it."""
        found: dict[str, Measure] = {}
        for name, asked in _asked(options).items():
            found = {**STUDIES[name].part.figures(asked), **found}
        return found

    def inputs(self, options: Any) -> Mapping[str, Input]:
        found = {}
        for name, asked in _asked(options).items():
            for key, each in STUDIES[name].part.inputs(asked).items():
                shipped = STUDIES[name].of_shipped and key == "model"
                named = replace(each, name=SHIPPED) if shipped else each
                found[name + splitting.MARK + key] = named
        return found

    def points(self, options: Any) -> Sequence[Point]:
        return [
            splitting.outer(name, point)
            for name, asked in _asked(options).items()
            for point in STUDIES[name].part.points(asked)
        ]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        name, inner = splitting.inner(point)
        return STUDIES[name].part.measure(_asked(options)[name], inner, seed)

    def blocks(self, document: Document) -> Iterator[Block]:
        options = _options(document)
        documents = splitting.split(document, _asked(options))
        judged = {claim.id: _judged(claim, documents) for claim in _chosen(options)}
        yield _summary(judged)
        for note, about in NOTES.items():
            claims = [c for c in _chosen(options) if c.note == note]
            if claims:
                yield Heading(f"{note}: {about}")
                yield _table(claims, judged)
        yield Words(
            "A check is seed bench claims --claims and the claim's id. Points take their random"
            " numbers by their names here, so that a bench run by itself draws others."
        )

    def smoke(self, options: Any) -> Any:
        return replace(options, brief=True)


def _options(document: Document) -> Options:
    """Those that choose claims and studies, of a document that anyone may have written."""
    claims, brief = (document.options.get(name) for name in ("claims", "brief"))
    chosen = map(str, claims) if isinstance(claims, list | tuple) else ()
    return Options(tuple(chosen), brief=brief is True)


def _chosen(options: Options) -> list[Claim]:
    return [CLAIMS[name] for name in options.claims or CLAIMS]


def _asked(options: Options) -> dict[str, Any]:
    """The options of each study that the chosen claims need, in the order of the studies."""
    chosen = _chosen(options)
    needed = {name for c in chosen if isinstance(c.by, Trial) for name in c.by.studies}
    checks = tuple(dict.fromkeys(c.by.name for c in chosen if isinstance(c.by, Check)))
    if checks:
        needed.add(ARITHMETIC)
    more: dict[str, dict[str, Any]] = {
        ARITHMETIC: {"checks": checks},
        PEERS: {"peers": options.peers},
    }
    return {
        name: study.options(brief=options.brief, **more.get(name, {}))
        for name, study in STUDIES.items()
        if name in needed and (study.quick or not options.brief)
    }


def _judged(claim: Claim, documents: Mapping[str, Document]) -> Judged:
    match claim.by:
        case Waiting():
            return Judged(WAITING, "", claim.by.control)
        case Untestable():
            return Judged(UNTESTABLE, f"because {claim.by.why}")
        case Check():
            return _computed(claim.by, documents)
        case Trial():
            missing = [name for name in claim.by.studies if name not in documents]
            if missing:
                return Judged(NOT_RUN, f"needs {', '.join(missing)}")
            try:
                return claim.by.judge(documents)
            except INCOMPLETE:
                return Judged(NOT_RUN, f"needs all of {', '.join(claim.by.studies)}")


def _computed(check: Check, documents: Mapping[str, Document]) -> Judged:
    held = documents.get(ARITHMETIC)
    found = held.points.get(check.name) if held else None
    if found is None or found.error:
        return Judged(NOT_RUN, f"needs {ARITHMETIC}")
    words = (found.text(name) for name in ("verdict", "found", "control", "but"))
    return Judged(*words)


def _summary(judged: Mapping[str, Judged]) -> Table:
    notes = {note: Counter[str]() for note in NOTES}
    for name, found in judged.items():
        notes[CLAIMS[name].note][found.verdict] += 1
    columns = (Column("note"), Column("claims", ",.0f"), *(Column(v, ",.0f") for v in VERDICTS))
    rows = [
        (note, counts.total(), *(counts[v] or None for v in VERDICTS))
        for note, counts in notes.items()
        if counts
    ]
    total = sum(notes.values(), Counter[str]())
    together = ("together", total.total(), *(total[v] or None for v in VERDICTS))
    return Table("Verdicts", columns, (*rows, together))


def _table(claims: Sequence[Claim], judged: Mapping[str, Judged]) -> Table:
    titles = ("claim", "section", "it says", "verdict", "found", "controls", "tested by")
    rows = []
    for claim in claims:
        found = judged[claim.id]
        verdict = f"{found.verdict} {found.but}" if found.but else found.verdict
        words = (claim.section, claim.says, verdict, found.found, found.controls)
        rows.append((claim.id, *words, _command(claim)))
    return Table(f"{len(rows)} claims", tuple(map(Column, titles)), tuple(rows))


def _command(claim: Claim) -> str:
    match claim.by:
        case Check():
            return f"seed bench claims --claims {claim.id}"
        case Trial():
            own = f"seed bench claims --claims {claim.id}"
            return "; ".join(STUDIES[name].command or own for name in claim.by.studies)
        case Waiting():
            return claim.by.command
        case Untestable():
            return ""
