"""What models know before any training, judged by the 95 % interval of the test examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seedtool.bench.inference import verdicts
from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED, Judged
from seedtool.bench.ledger.proportions import wilson
from seedtool.bench.results.document import Document, Result

NAME = "zero-shot"
RESEARCH = ("stats", "minimal")  # its seeds that hold no weights at all
TENFOLD, FAR = 10.0, 100.0
CLOSE = 0.02  # of the score: what counts as the original's


@dataclass(frozen=True)
class Range:
    """The share of the way from chance to the original that is kept, with its interval."""

    coder: str
    ratio: float
    score: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.coder} at {self.ratio:.1f}x scores {self.score:.3f}"
            f" (keeps {100 * self.low:.0f} to {100 * self.high:.0f} % of what chance lacks)"
        )


class Zero:
    """The document's rows as ranges, and its controls in words."""

    def __init__(self, document: Document) -> None:
        self.count = document.inputs["data"].size
        self._document = document
        self.own = self._score("original")
        self.chance = self._score("chance")
        self.rows = [self._range(r) for r in document.results(kind="coded") if r.number("ratio")]

    def _score(self, kind: str) -> float:
        found = [r.number("score") for r in self._document.results(kind=kind)]
        if not found or found[0] is None:
            raise LookupError(kind)
        return found[0]

    def share(self, score: float) -> float:
        return (score - self.chance) / (self.own - self.chance)

    def _range(self, row: Result) -> Range:
        score = row.number("score") or 0.0
        low, high = map(self.share, wilson(score, self.count))
        return Range(row.text("coder"), row.number("ratio") or 0.0, score, low, high)

    def of(self, *coders: str) -> list[Range]:
        return [r for r in self.rows if r.coder in coders]

    @property
    def controls(self) -> str:
        drawn = [r.number("score") or 0.0 for r in self._document.results(kind="random")]
        words = f"original {self.own:.3f}, chance {self.chance:.3f}"
        if drawn:
            words += f", random weights of the same norms {min(drawn):.3f} to {max(drawn):.3f}"
        return words + f"; {self.count} test images"

    @property
    def shuffled(self) -> str:
        """pca with its coefficients shuffled, where most is kept without."""
        rows = [
            r
            for r in self._document.results(kind="coded")
            if r.number("score", "shuffled") is not None
        ]
        if not rows:
            return ""
        most = max(r.number("score", "shuffled") or 0.0 for r in rows)
        return f"; pca with coefficients shuffled {most:.3f} at most"


def best(rows: Sequence[Range], least: float) -> Range | None:
    """Of the rows that surely keep more than ``least`` the one of the largest ratio."""
    kept = [row for row in rows if row.low > least]
    return max(kept, key=lambda row: row.ratio) if kept else None


def nothing_kept(documents: Mapping[str, Document]) -> Judged:
    """A seed keeps nothing that was learnt: no use without training."""
    zero = Zero(documents[NAME])
    most, full = best(zero.rows, verdicts.MOST), best(zero.rows, 1 - CLOSE)
    if not most:
        kept = best(zero.rows, verdicts.NOTHING)
        return Judged(
            UNDECIDED if kept else HOLDS, f"{kept or 'no seed'} keeps most", zero.controls
        )
    found = f"with 0 steps {most}" + (f"; {full}" if full else "")
    return Judged(FAILS, found, zero.controls + zero.shuffled)


def own_seeds(documents: Mapping[str, Document]) -> Judged:
    """The research's seeds hold no structure of the weights."""
    zero = Zero(documents[NAME])
    plain = zero.of(*RESEARCH)
    pca = best(zero.of("pca"), verdicts.MOST)
    if not plain or any(row.high > verdicts.NOTHING + 0.05 for row in plain):
        return Judged(UNDECIDED, "; ".join(map(str, plain)) or "no such seed", zero.controls)
    found = "; ".join(map(str, [*plain, *([pca] if pca else [])]))
    but = "seeds of statistics alone; PCA and codes of weights keep most at smaller ratios"
    verdict = ONLY if pca else HOLDS
    return Judged(verdict, found, zero.controls + zero.shuffled, but if pca else "")


def data_needed(documents: Mapping[str, Document]) -> Judged:
    """Data and computing are needed where a seed is assembled."""
    zero = Zero(documents[NAME])
    full = best(zero.rows, 1 - CLOSE)
    if full and full.ratio >= 2:
        return Judged(FAILS, f"with no data and 0 steps {full}", zero.controls)
    return Judged(UNDECIDED, "no seed was as good as the original", zero.controls)


def hundredfold(documents: Mapping[str, Document]) -> Judged:
    """A hundred times smaller at the original's accuracy, from the weights alone."""
    zero = Zero(documents[NAME])
    far = [row for row in zero.rows if row.ratio >= FAR]
    full = best(zero.rows, 1 - CLOSE)
    reached = f"the original's score within {CLOSE:g} is kept to: {full}" if full else ""
    if any(row.low > 1 - CLOSE for row in far):
        return Judged(HOLDS, reached, zero.controls)
    if any(row.high > 1 - CLOSE for row in far):
        return Judged(UNDECIDED, reached, zero.controls)
    words = "; ".join(map(str, far)) or f"no seed came to {FAR:g}x"
    return Judged(FAILS, f"with 0 steps {words}; {reached}", zero.controls)


def tenfold(documents: Mapping[str, Document]) -> Judged:
    """Ten times fewer bytes to send, with the model as good."""
    zero = Zero(documents[NAME])
    rows = [row for row in zero.rows if row.ratio >= TENFOLD]
    sure = best(rows, 1 - CLOSE)
    if sure:
        return Judged(HOLDS, f"with 0 steps {sure}", zero.controls)
    return Judged(UNDECIDED if rows else FAILS, "no seed of 10x is surely as good", zero.controls)


def rule(documents: Mapping[str, Document]) -> Judged:
    """The research's rule on the score as it is, against that on what chance does not reach."""
    document = documents[NAME]
    zero = Zero(document)
    rows = [r for r in document.results(kind="coded") if r.text("verdict_as_written")]
    differ = [r for r in rows if r.text("verdict") != r.text("verdict_as_written")]
    written = verdicts.of(zero.chance)
    if written == "nothing" and not differ:
        return Judged(HOLDS, f"{len(rows)} points, none read otherwise", zero.controls)
    found = (
        f"chance itself scores {zero.chance:.3f}, which the rule as written calls {written!r};"
        f" {len(differ)} of {len(rows)} points are read otherwise once chance is taken off"
    )
    but = "chance taken off, and a name for 5 to 50 %, of which it is silent"
    return Judged(ONLY, found, zero.controls, but)


def curve(documents: Mapping[str, Document]) -> Judged:
    """One best point of compression against accuracy."""
    zero = Zero(documents[NAME])
    words = []
    for asked in (2.0, 5.0, 10.0, 100.0, 1000.0):
        rows = [r for r in zero.rows if r.ratio >= 0.95 * asked]
        top = max(rows, key=lambda r: r.score, default=None)
        words.append(
            f"{asked:g}x {top.score:.3f} ({top.coder})" if top else f"{asked:g}x not reached"
        )
    full = best(zero.rows, 1 - CLOSE)
    found = "best scores at a ratio or more: " + ", ".join(words)
    found += f"; largest ratio at the original's score: {full}" if full else ""
    return Judged(HOLDS if full else UNDECIDED, found, zero.controls)


def small_model(documents: Mapping[str, Document]) -> Judged:
    """A network of fewer than a million parameters that knows whole objects."""
    document = documents[NAME]
    zero = Zero(document)
    parameters = document.inputs["model"].size / 4
    low, high = wilson(zero.own, zero.count)
    found = (
        f"{parameters:,.0f} parameters tell ten digits, whole shapes and objects, at {zero.own:.3f}"
        f" [{low:.3f}, {high:.3f}], where Z013 asks for .80"
    )
    sure = low > 0.8 and parameters < 1e6
    return Judged(FAILS if sure else UNDECIDED, found, zero.controls)
