"""What starts are worth, judged by pairs of equal seeds on few examples and on all."""

from __future__ import annotations

import math
from collections.abc import Mapping

from seedtool.bench.inference import paired, student
from seedtool.bench.inference.paired import LEVEL
from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED, Judged
from seedtool.bench.ledger.judges.ladder import RANDOM, Ladder, written
from seedtool.bench.results.document import Document
from seedtool.bench.starts import components

SCARCE, AMPLE = "ablate", "ablate-ample"
RESEARCH = ("minimal", "stats", "pca")
HELD = ("trellis:1.5", "coded")


def all_reach(documents: Mapping[str, Document]) -> Judged:
    """All starts of the research end as good as the original, by two one-sided tests."""
    starts = (RANDOM, *RESEARCH)
    found, words = {}, []
    for name in (SCARCE, AMPLE):
        ladder = Ladder(documents[name])
        pairs = {start: ladder.to_original(start) for start in starts}
        equal = paired.holm([p.equivalent for p in pairs.values()])
        below = paired.holm([p.different for p in pairs.values()])
        found[name] = (
            all(p < LEVEL for p in equal),
            any(
                p < LEVEL and pair.high < -ladder.margin
                for p, pair in zip(below, pairs.values(), strict=True)
            ),
        )
        words.append(f"{ladder.where}: " + ", ".join(ladder.told(start) for start in starts))
    verdict, but = UNDECIDED, ""
    if found[SCARCE][0] and found[AMPLE][0]:
        verdict = HOLDS
    elif found[AMPLE][0] and found[SCARCE][1]:
        verdict, but = ONLY, f"{Ladder(documents[AMPLE]).examples} examples; with few they do not"
    elif found[AMPLE][1]:
        verdict = FAILS
    return Judged(verdict, "; ".join(words), Ladder(documents[SCARCE]).controls, but)


def no_advantage(documents: Mapping[str, Document]) -> Judged:
    """The research's seeds are no better a start than random ones, at the end and on the way."""
    ladder = Ladder(documents[SCARCE])
    words = {figure: ladder.against(RESEARCH, RANDOM, figure) for figure in ("final", "area")}
    better = [s for s in RESEARCH if any(words[f][s] == "better" for f in words)]
    equal = [s for s in RESEARCH if words["final"][s] == "equivalent" and s not in better]
    told = (
        f"{s} {written(ladder.pair(s, RANDOM, 'final'))} at the end ({words['final'][s]}),"
        f" {written(ladder.pair(s, RANDOM, 'area'))} on the way ({words['area'][s]})"
        for s in RESEARCH
    )
    found = f"{ladder.where}, less a random start: {'; '.join(told)}"
    if better:
        verdict = ONLY if equal else FAILS
        return Judged(verdict, found, ladder.controls, " and ".join(equal) if equal else "")
    return Judged(HOLDS if len(equal) == len(RESEARCH) else UNDECIDED, found, ladder.controls)


def scratch(documents: Mapping[str, Document]) -> Judged:
    """Training from scratch does what weights do."""
    few, many = (Ladder(documents[name]) for name in (SCARCE, AMPLE))
    start = HELD[0]
    ends = few.against(HELD, RANDOM, "final")
    late = many.pair("coded", RANDOM, "final")
    steps = {s: few.values(s, "steps_to_0.95") for s in (start, RANDOM)}
    found = (
        f"{few.where}: {few.told(start)}, {few.told('coded')}, {few.told(RANDOM)}; steps to 95 %:"
        f" {start} {_steps(steps[start], few)}, {RANDOM} {_steps(steps[RANDOM], few)};"
        f" {many.where}: coded less random {written(late)}"
    )
    if all(word == "better" for word in ends.values()):
        equal = late.equivalent < LEVEL
        but = f"{many.examples} examples and {many.steps} steps, within {many.margin:g}"
        return Judged(ONLY if equal else FAILS, found, few.controls, but if equal else "")
    same = all(word == "equivalent" for word in ends.values())
    return Judged(HOLDS if same else UNDECIDED, found, few.controls)


def _steps(reached: Mapping[int, float], ladder: Ladder) -> str:
    if not reached:
        return f"never in {ladder.steps}"
    count = len(ladder.values(RANDOM, "final"))
    mean = student.mean_and_deviation([*reached.values()])[0]
    return f"{mean:.0f} ({len(reached)} of {count} seeds)"


def above_original(documents: Mapping[str, Document]) -> Judged:
    """More than the original's score, and not because the original would gain as much."""
    ladder = Ladder(documents[AMPLE])
    pairs = {start: ladder.to_original(start) for start in (*RESEARCH, RANDOM)}
    own = ladder.to_original("coded")
    told = ", ".join(f"{start} {written(pair)}" for start, pair in pairs.items())
    found = f"{ladder.where}, less the original: {told}"
    controls = f"the original grown alike {written(own)}; {ladder.controls}"
    above = [start for start, pair in pairs.items() if pair.low > 0]
    if above:
        alike = own.low > 0
        but = "training that raises the original as well"
        return Judged(ONLY if alike else HOLDS, found, controls, but if alike else "")
    none = all(pair.high <= 0 for pair in pairs.values())
    return Judged(FAILS if none else UNDECIDED, found, controls)


def essential(documents: Mapping[str, Document]) -> Judged:
    """Parts of a seed without which it is worth less, before training and after."""
    ladder = Ladder(documents[SCARCE])
    parts = [(name, components.part_of(name)) for name in components.NAMES]
    parts = [(name, whole) for name, whole in parts if whole]
    worse: dict[str, list[str]] = {}
    for figure in ("zero", "final"):
        pairs = [ladder.pair(name, whole, figure) for name, whole in parts]
        values = paired.holm([p.different for p in pairs])
        worse[figure] = [
            f"{name} {written(pair)}"
            for (name, _), pair, p in zip(parts, pairs, values, strict=True)
            if p < LEVEL and pair.high < 0
        ]
    found = (
        f"of {len(parts)} parts replaced by chance, surely worse with 0 steps:"
        f" {', '.join(worse['zero']) or 'none'}; after {ladder.steps}:"
        f" {', '.join(worse['final']) or 'none'}"
    )
    if worse["final"]:
        return Judged(HOLDS, found, ladder.controls)
    but = "no training; after it no part is surely missed"
    return Judged(ONLY if worse["zero"] else UNDECIDED, found, ladder.controls, but)


def hundredfold(documents: Mapping[str, Document]) -> Judged:
    """Seeds a hundred times smaller are as good as the original once trained, data not counted."""
    words, short, ratios = [], [], []
    for name in (SCARCE, AMPLE):
        ladder = Ladder(documents[name])
        plain = documents[name].inputs["model"].size
        ratios = [plain / ladder.mean(start, "bytes") for start in ("minimal", "stats")]
        pairs = [ladder.to_original(start) for start in ("minimal", "stats")]
        short.append(all(p.high < -0.01 for p in pairs))
        words.append(f"{ladder.where}: " + ", ".join(written(p) for p in pairs))
    found = (
        f"minimal is {ratios[0]:.0f}x and stats {ratios[1]:.0f}x without examples; less the"
        f" original's score, {'; '.join(words)}"
    )
    few, many = (Ladder(documents[name]) for name in (SCARCE, AMPLE))
    controls = f"random start: {few.told(RANDOM)}, {many.told(RANDOM)}; {few.controls}"
    if short[0] and short[1]:
        return Judged(FAILS, found, controls)
    if short[0]:
        but = (
            f"{many.examples} examples that are sent besides, and then as much from a random start"
        )
        return Judged(ONLY, found, controls, but)
    return Judged(UNDECIDED, found, controls)


def seeds_matter(documents: Mapping[str, Document]) -> Judged:
    """Deviations over seeds of random numbers, beside what the sample of test images explains."""
    words, lows, highs = [], [], []
    for name in (SCARCE, AMPLE):
        ladder = Ladder(documents[name])
        values = [*ladder.values(RANDOM, "final").values()]
        mean, deviation = student.mean_and_deviation(values)
        low, high = _deviations(deviation, len(values))
        count = documents[name].inputs["test"].size
        sample = math.sqrt(mean * (1 - mean) / count)
        words.append(
            f"{ladder.where}: {deviation:.4f} [{low:.4f}, {high:.4f}], sample {sample:.4f}"
        )
        lows.append(low > ladder.margin / 2)
        highs.append(high < ladder.margin / 2)
    found = f"deviation over seeds of a random start's score, {'; '.join(words)}"
    control = "a difference of 0.01 counts; the repeats at few examples draw other examples too"
    if all(lows):
        return Judged(HOLDS, found, control)
    if lows[0] and highs[1]:
        return Judged(ONLY, found, control, "few examples")
    return Judged(FAILS if all(highs) else UNDECIDED, found, control)


def _deviations(deviation: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a deviation (chi square after Wilson and Hilferty, 1931)."""
    freedom = count - 1
    tail = 2 / (9 * freedom)
    upper, lower = (freedom * (1 - tail + z * math.sqrt(tail)) ** 3 for z in (1.96, -1.96))
    return deviation * math.sqrt(freedom / upper), deviation * math.sqrt(freedom / max(lower, 1e-9))
