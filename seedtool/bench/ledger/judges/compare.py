"""Our codecs, the research's seeds and others' methods on one network, grown alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seedtool.bench.inference import student
from seedtool.bench.ledger.claim import FAILS, ONLY, UNDECIDED, Judged
from seedtool.bench.ledger.proportions import wilson
from seedtool.bench.results.document import Document, Result

CLOSE = 0.02  # of the score
QUANTISED, PRUNED, ZIPPED = "onnxruntime", "pruning + zstd", "gzip"


@dataclass(frozen=True)
class Row:
    """A way to ship the model: its ratio, and scores with 0 steps and grown, means of seeds.

    ``low``, ``high``: of the score with 0 steps, for the test images being a sample.
    """

    key: str
    kind: str
    name: str
    ratio: float
    score: float
    low: float
    high: float
    grown: float
    half: float


class Compared:
    """The rows of a document that could be made."""

    def __init__(self, document: Document) -> None:
        count = document.inputs["test"].size
        groups: dict[str, list[Result]] = {}
        for row in document.results():
            if row.number("grown") is not None:
                groups.setdefault(row.group, []).append(row)
        self.rows = [_row(key, held, count) for key, held in groups.items()]
        self.original = next(r for r in self.rows if r.kind == "original")
        self.random = next(r for r in self.rows if r.kind == "random")
        first = next(row for held in groups.values() for row in held)
        self.chance = first.number("score", "chance") or 0.0
        self.where = f"{first.text('examples')} examples, {first.text('steps')} steps"

    def best(self, name: str, *, grown: bool) -> Row | None:
        """The smallest file by a method whose score, with 0 steps or grown, is the original's."""
        own = self.original.grown if grown else self.original.score
        good = [
            r
            for r in self.rows
            if r.name == name and (r.grown if grown else r.score) >= own - CLOSE
        ]
        return max(good, key=lambda r: r.ratio) if good else None

    @property
    def controls(self) -> str:
        return (
            f"original {self.original.score:.3f}, grown alike {self.original.grown:.3f}; random"
            f" start {self.random.score:.3f}, grown alike {self.random.grown:.3f}; chance"
            f" {self.chance:.3f}; {self.where}"
        )


def _row(key: str, held: list[Result], count: int) -> Row:
    score, grown, ratio = (
        student.mean_and_deviation([v for r in held if (v := r.number(f)) is not None] or [0.0])[0]
        for f in ("score", "grown", "ratio")
    )
    low, high = wilson(min(max(score, 0.0), 1.0), count)
    half = student.half_interval([r.number("grown") or 0.0 for r in held])
    first = held[0]
    return Row(key, first.text("kind"), first.text("name"), ratio, score, low, high, grown, half)


def baselines(documents: Mapping[str, Document]) -> Judged:
    """Quantisation 4x, pruning 1.7x and gzip 2.1x, and the seed far above all."""
    held = Compared(documents["compare"])
    named = {"quantisation": QUANTISED, "pruning": PRUNED, "gzip": ZIPPED, "seed": "planned"}
    words, found = [], {}
    for title, name in named.items():
        alone, trained = (held.best(name, grown=grown) for grown in (False, True))
        found[title] = alone
        ratios = (f"{r.ratio:.1f}x" if r else "none" for r in (alone, trained))
        words.append(f"{title} {', grown '.join(ratios)}")
    far = [r for r in held.rows if r.kind == "seed" and r.ratio >= 80]
    far_words = ", ".join(f"{r.key} {r.ratio:.0f}x {r.score:.3f}, grown {r.grown:.3f}" for r in far)
    told = (
        f"smallest file within {CLOSE:g} of the original, 0 steps: {'; '.join(words)}; {far_words}"
    )
    short = all(r.grown + r.half < held.original.grown - CLOSE for r in far)
    ours, theirs = found["seed"], found["quantisation"]
    if ours is None or theirs is None or not far:
        return Judged(UNDECIDED, told, held.controls)
    if short:
        if ours.ratio > max(r.ratio for t, r in found.items() if r and t != "seed"):
            but = f"{ours.ratio:.0f}x in place of 106x, and by coded weights"
            return Judged(ONLY, told, held.controls, but)
        return Judged(FAILS, told, held.controls)
    return Judged(UNDECIDED, told, held.controls)


def equal_growing(documents: Mapping[str, Document]) -> Judged:
    """The seed's lead lasts where every method is trained as it is."""
    held = Compared(documents["compare"])
    good = [
        r
        for r in held.rows
        if r.ratio > 1 and r.grown >= held.original.grown - CLOSE and r.kind in ("seed", "peer")
    ]
    best = {
        kind: max((r for r in good if r.kind == kind), key=lambda r: r.ratio, default=None)
        for kind in ("seed", "peer")
    }
    ours, theirs = best["seed"], best["peer"]
    if ours is None or theirs is None:
        return Judged(UNDECIDED, "no seed or no other method was as good", held.controls)
    found = (
        f"grown alike and within {CLOSE:g} of the original grown alike: {ours.key}"
        f" {ours.ratio:.1f}x ({ours.grown:.3f}), {theirs.key} {theirs.ratio:.1f}x"
        f" ({theirs.grown:.3f}): {ours.ratio / theirs.ratio:.1f} times"
    )
    but = "26 being " + f"{ours.ratio / theirs.ratio:.1f}: the baselines are trained as the seed is"
    if ours.ratio >= 20 * theirs.ratio:
        return Judged(UNDECIDED, found, held.controls)
    return Judged(ONLY if ours.ratio > theirs.ratio else FAILS, found, held.controls, but)


def ceiling(documents: Mapping[str, Document]) -> Judged:
    """No student has more than 60 % of what its teacher can, with chance taken off."""
    held = Compared(documents["compare"])
    students = [r for r in held.rows if r.kind == "student"]
    if not students:
        return Judged(UNDECIDED, "no student was taught", held.controls)
    span = held.original.score - held.chance
    shares = [((r.grown - r.half - held.chance) / span, r) for r in students]
    low, best = max(shares, key=lambda s: s[0])
    words = "; ".join(f"{r.key} {r.ratio:.0f}x {r.grown:.3f}" for r in students)
    found = f"students taught by the original's answers: {words}; the best keeps {low:.0%} at least"
    verdict = FAILS if low > 0.6 else UNDECIDED
    return Judged(verdict, found, f"{held.controls}; one task, small networks ({best.key})")
