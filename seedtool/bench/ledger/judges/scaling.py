"""What changes with size, judged by the bootstrap's intervals of exponents."""

from __future__ import annotations

from collections.abc import Mapping

from seedtool.bench.inference import sizes, student
from seedtool.bench.inference.powers import Law, Range
from seedtool.bench.inference.sizes import AXES, FAR, FIXED, KEPT, RESEARCH, Laws, laws_of
from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED, Judged
from seedtool.bench.results.document import Document

ALONE = f"{KEPT}, without heads"
MARGIN = 0.02  # of accuracy


def _written(found: Range) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _control(laws: Laws, document: Document) -> str:
    fixed = ", ".join(
        f"{axis} {_written(laws[axis, FIXED].exponent)}" for axis in AXES if (axis, FIXED) in laws
    )
    rows = [*document.results(kind="size")]
    starts = [v for r in rows if (v := r.number("start_minimal")) is not None]
    chance = [v for r in rows if (v := r.number("accuracy", "chance")) is not None]
    return (
        f"a seed of nothing but heads (minimal) has {fixed}, and reads"
        f" {student.mean_and_deviation(starts)[0]:.3f} right with 0 steps where chance does"
        f" {chance[0]:.3f}"
    )


def _known(laws: Laws, name: str) -> dict[str, Law]:
    return {axis: laws[axis, name] for axis in AXES if (axis, name) in laws}


def improves(documents: Mapping[str, Document]) -> Judged:
    """The ratio at one quality grows with size, in all sizes and in the larger half."""
    document = documents["scaling"]
    laws, larger = laws_of(document), laws_of(document, larger=True)
    signs, words = [], []
    ends: list[float | None] = []
    for name, held in (("all sizes", laws), ("the larger half", larger)):
        known = _known(held, ALONE)
        told = ", ".join(f"{axis} {_written(law.exponent)}" for axis, law in known.items())
        words.append(f"{name}: {told}")
        signs += [_sign(law.exponent) for law in known.values()]
        ends += [law.exponent.low for law in known.values()]
    found = f"exponent of the ratio within 1 % of accuracy, without heads; {'; '.join(words)}"
    controls = _control(laws, document)
    if not signs or 0 in signs:
        rising = 1 in signs and -1 not in signs and None not in ends
        but = "some of these: others' intervals hold 0" if rising else ""
        return Judged(ONLY if rising else UNDECIDED, found, controls, but)
    if set(signs) == {1}:
        but = "one task, which small networks know already: larger ones have more to spare"
        return Judged(ONLY, found, controls, but)
    return Judged(FAILS if set(signs) == {-1} else ONLY, found, controls, "some axes alone")


def _sign(found: Range) -> int:
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return 0
    return 1 if found.low > 0 else -1


def any_size(documents: Mapping[str, Document]) -> Judged:
    """One law for all sizes, that tells the ratio at 175B."""
    document = documents["scaling"]
    laws, larger = laws_of(document), laws_of(document, larger=True)
    broken, words, wide = [], [], []
    for axis, law in _known(laws, KEPT).items():
        other = larger.get((axis, KEPT))
        apart = other is not None and _apart(law.exponent, other.exponent)
        broken.append(apart)
        there = law.there
        ends = "" if there.low is None else f" [{there.low:,.0f}, {there.high:,.0f}]"
        wide.append(there.low is None or (there.high or 0) > 2 * there.low)
        words.append(
            f"by {axis} {_written(law.exponent)}, the larger half"
            f" {_written(other.exponent) if other else 'not known'}; drawn on to {FAR:.3g}"
            f" {there.value:,.0f}x{ends}"
        )
    found = "exponent of the ratio within 1 % of accuracy " + "; ".join(words)
    controls = _control(laws, document)
    if not broken:
        return Judged(UNDECIDED, found, controls)
    if any(broken):
        return Judged(FAILS, found, controls)
    but = "sizes near those measured: further on the interval spans more than a factor of 2"
    return Judged(ONLY if any(wide) else HOLDS, found, controls, but if any(wide) else "")


def _apart(one: Range, two: Range) -> bool:
    if one.low is None or one.high is None or two.low is None or two.high is None:
        return False
    return two.low > one.high or two.high < one.low


def no_loss(documents: Mapping[str, Document]) -> Judged:
    """The research's seeds, grown with all examples, are as accurate as what was trained."""
    rows = [*documents["scaling"].results(kind="size")]
    words, verdicts = [], []
    for codec in RESEARCH:
        gaps = [(r.number(f"grown_{codec}") or 0.0) - (r.number("accuracy") or 0.0) for r in rows]
        mean, half = student.mean_and_deviation(gaps)[0], student.half_interval(gaps)
        start = student.mean_and_deviation([r.number(f"start_{codec}") or 0.0 for r in rows])[0]
        words.append(
            f"{codec} {mean:+.4f} ± {half:.4f}, at worst {min(gaps):+.3f} (0 steps {start:.2f})"
        )
        verdicts.append(
            HOLDS
            if mean - half > -MARGIN / 2
            else FAILS
            if mean + half < -MARGIN / 2
            else UNDECIDED
        )
    counts = sorted({int(r.number("parameters") or 0) for r in rows})
    found = (
        f"{len(counts)} sizes from {counts[0]:,} to {counts[-1]:,} parameters, grown less trained: "
    )
    control = (
        "training itself is a random start on the same examples and steps, which is the control"
    )
    verdict = HOLDS if set(verdicts) == {HOLDS} else FAILS if FAILS in verdicts else UNDECIDED
    but = "training on all examples, which does as much from a random start"
    verdict = ONLY if verdict == HOLDS else verdict
    return Judged(verdict, found + "; ".join(words), control, but if verdict == ONLY else "")


def times(documents: Mapping[str, Document]) -> Judged:
    """Seconds of decoding follow a power of size."""
    document = documents["scaling"]
    laws, larger = laws_of(document), laws_of(document, larger=True)
    words, broken, sure = [], [], list[bool]()
    for part in sizes.CLOCKED:
        name = f"seconds of {part}, at one rate"
        for axis, law in _known(laws, name).items():
            other = larger.get((axis, name))
            broken.append(other is not None and _apart(law.exponent, other.exponent))
            sure.append(_sign(law.exponent) == 1 and other is not None)
            half = _written(other.exponent) if other else "not known"
            words.append(f"{part} by {axis} {_written(law.exponent)}, the larger half {half}")
    found = "exponents of CPU seconds: " + "; ".join(words)
    control = "1 would be seconds in proportion to weights; times are of this machine"
    if not sure or not all(sure):
        return Judged(UNDECIDED, found, control)
    but = "the larger sizes: small ones cost a fixed time"
    return Judged(ONLY if any(broken) else HOLDS, found, control, but if any(broken) else "")
