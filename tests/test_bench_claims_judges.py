"""Judges of claims: figures that say yes, no, and too little."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seedtool.bench.base import Input, Plain
from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED
from seedtool.bench.ledger.judges import (
    ablate,
    budget,
    compare,
    failures,
    growing,
    peers,
    rate,
    scaling,
)
from seedtool.bench.results.document import Document, Result, Timing
from seedtool.bench.starts import components

NOISE = (0.004, -0.004, 0.003, -0.003, 0.0)
Figures = Mapping[str, Plain]
Row = tuple[Figures, Figures, Mapping[str, Figures]]  # params, figures, controls


def made(bench: str, rows: list[Row], **options: Plain) -> Document:
    """A document of these rows; rows of the same params are repeats."""
    seen: dict[str, int] = {}
    points = {}
    for params, figures, controls in rows:
        group = ", ".join(map(str, params.values()))
        repeat = seen[group] = seen.get(group, -1) + 1
        key = f"{group}#{repeat}"
        points[key] = Result(key, group, repeat, params, 0, figures, controls)
    inputs = {
        n: Input(n, "0" * 64, s) for n, s in (("model", 340264), ("data", 599), ("test", 599))
    }
    timings = {key: Timing(1.0, 1) for key in points}
    return Document(bench, "", 0, options, inputs, {}, {}, tuple(points), points, timings)


def ladder(spread: float = 1.0, examples: int = 60, **finals: float) -> Document:
    """Scores of starts about random's .90, and of all others that judges look for."""
    means = {"random": 0.9, "selected": 0.96, **dict.fromkeys(("minimal", "stats", "pca"), 0.9)}
    means |= {
        "trellis:1.5": 0.98,
        "coded": 0.98,
        "pruned": 0.9,
        **dict.fromkeys(components.NAMES, 0.9),
    }
    means |= {
        "selected": 0.96,
        **{k.replace("trellis", "trellis:1.5"): v for k, v in finals.items()},
    }
    rows: list[Row] = []
    ends = {"original": {"final": 0.98}, "chance": {"final": 0.1}}
    for number, (start, mean) in enumerate(means.items()):
        for i in range(len(NOISE)):
            final = mean + spread * NOISE[(i + number) % len(NOISE)]  # pairs are not alike
            figures = {"final": final, "area": final - 0.1, "zero": mean - 0.5, "bytes": 2000}
            rows.append(({"start": start}, figures, ends))
    return made("ablate", rows, margin=0.02, examples=examples, steps=200)


@pytest.mark.parametrize(
    ("document", "verdict", "but"),
    [
        (ladder(), HOLDS, ""),
        (ladder(selected=0.9), UNDECIDED, ""),  # no power, so nothing is equivalent
        (ladder(spread=20), UNDECIDED, ""),
        (ladder(pca=0.97), ONLY, "minimal and stats"),
        (ladder(pca=0.97, stats=0.97, minimal=0.97), FAILS, ""),
    ],
)
def test_advantage_of_a_start(document, verdict, but):
    found = ablate.no_advantage({"ablate": document})
    assert (found.verdict, found.but) == (verdict, but)
    assert "selected" in found.controls


def test_starts_that_reach_the_original():
    full = dict.fromkeys(("random", "minimal", "stats", "pca", "coded"), 0.98)
    few, many, noisy = ladder(), ladder(examples=1198, **full), ladder(spread=20, **full)
    both = {"ablate": few, "ablate-ample": many}
    assert ablate.all_reach(both).verdict == ONLY
    assert ablate.all_reach({**both, "ablate": many}).verdict == HOLDS
    assert ablate.all_reach({**both, "ablate-ample": few}).verdict == FAILS
    assert ablate.all_reach({**both, "ablate-ample": noisy}).verdict == UNDECIDED
    assert ablate.scratch(both).verdict == ONLY
    assert ablate.scratch({**both, "ablate-ample": few}).verdict == FAILS
    assert ablate.scratch({"ablate": noisy, "ablate-ample": noisy}).verdict == UNDECIDED
    assert ablate.hundredfold(both).verdict == ONLY
    assert ablate.hundredfold({**both, "ablate-ample": few}).verdict == FAILS
    assert ablate.above_original(both).verdict == UNDECIDED
    above = ladder(random=0.99, minimal=0.99, stats=0.99, pca=0.99)
    assert ablate.above_original({"ablate-ample": above}).verdict == HOLDS
    alike = ladder(random=0.99, minimal=0.99, stats=0.99, pca=0.99, coded=0.99)
    assert ablate.above_original({"ablate-ample": alike}).verdict == ONLY
    assert ablate.above_original({"ablate-ample": few}).verdict == FAILS


def test_parts_and_random_seeds():
    parts = dict.fromkeys(("pca-bases", "pca-order"), 0.8)
    assert ablate.essential({"ablate": ladder(**parts)}).verdict == HOLDS
    assert ablate.essential({"ablate": ladder()}).verdict == UNDECIDED
    still, moved = ladder(spread=0.1), ladder(spread=20)
    for few, many, verdict in (
        (moved, moved, HOLDS),
        (moved, still, ONLY),
        (still, still, FAILS),
        (ladder(spread=2), still, UNDECIDED),
    ):
        assert ablate.seeds_matter({"ablate": few, "ablate-ample": many}).verdict == verdict


def family(
    exponent: float, noise: float = 0.02, bend: float = 0.0, grown: float = 0.97
) -> Document:
    """Sizes of two axes whose ratio follows a power; ``bend``: of the larger half's exponent."""
    rows: list[Row] = []
    for axis in ("width", "depth"):
        for i, count in enumerate((2e3, 5e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6)):
            ratio = 10 * (count / 2e3) ** exponent * max(1.0, count / 3e4) ** bend
            for sign in (-1, 1):
                size = 4 * count / ratio * (1 + sign * noise * (1 + i % 3))
                figures = {"parameters": int(count), "bytes_kept": size + 300, "bytes_minimal": 300}
                figures |= {"ratio_kept": 4 * count / (size + 300), "ratio_minimal": count / 75}
                figures |= {"accuracy": 0.97, "start_minimal": 0.1}
                for codec in ("pca", "stats", "minimal"):
                    figures |= {f"grown_{codec}": grown + sign * 0.002, f"start_{codec}": 0.1}
                params = {"kind": "size", "axis": axis, "width": int(count)}
                rows.append((params, figures, {"chance": {"accuracy": 0.1}}))
    return made("scaling", rows)


def test_scale():
    def verdict(judge, document):
        return judge({"scaling": document}).verdict

    assert verdict(scaling.improves, family(0.3)) == ONLY
    assert verdict(scaling.improves, family(-0.3)) == FAILS
    assert verdict(scaling.improves, family(0.0)) == UNDECIDED
    assert verdict(scaling.any_size, family(0.3, bend=0.5)) == FAILS
    assert verdict(scaling.no_loss, family(0.3)) == ONLY
    assert verdict(scaling.no_loss, family(0.3, grown=0.9)) == FAILS
    assert verdict(scaling.no_loss, family(0.3, grown=0.96)) == UNDECIDED
    assert verdict(scaling.times, family(0.3)) == UNDECIDED  # nothing was timed


def shipped(planned: float, minimal: float, student: float = 0.9) -> Document:
    """Ratios and scores of rows: planned at that ratio, minimal as good as that once grown."""
    rows: list[Row] = []
    for kind, name, ratio, score, grown in (
        ("original", "", 1.0, 0.99, 0.99),
        ("random", "", 0.0, 0.1, 0.9),
        ("seed", "planned", planned, 0.98, 0.99),
        ("seed", "minimal", 180.0, 0.1, minimal),
        ("peer", "onnxruntime", 4.0, 0.99, 0.99),
        ("peer", "gzip", 1.1, 0.99, 0.99),
        ("student", "distilled", 16.0, student, student),
    ):
        for noise in NOISE[:3]:
            figures = {"ratio": ratio, "score": score, "grown": grown + noise}
            rows.append(({"kind": kind, "name": name}, figures, {}))
    return made("compare", rows)


def test_methods_beside_each_other():
    good, bad = {"compare": shipped(20, 0.9)}, {"compare": shipped(3.5, 0.9)}
    assert compare.baselines(good).verdict == ONLY
    assert compare.baselines(bad).verdict == FAILS
    assert compare.baselines({"compare": shipped(20, 0.985)}).verdict == UNDECIDED
    assert compare.equal_growing(good).verdict == ONLY
    assert compare.equal_growing(bad).verdict == FAILS
    assert compare.ceiling(good).verdict == FAILS
    assert compare.ceiling({"compare": shipped(20, 0.9, student=0.6)}).verdict == UNDECIDED


def grid(random: float, coded: float, spread: float = 0.1) -> Document:
    rows: list[Row] = []
    for start, size, score in (("random", 3000, random), ("trellis:0.2", 9000, coded)):
        for noise in NOISE:
            figures = {"score": score + spread * noise, "bytes": size, "target": 0.94}
            params = {"start": start, "examples": 20, "steps": 100}
            rows.append((params, figures, {"original": {"score": 0.99}}))
    return made("budget", rows)


def test_budgets():
    assert budget.recipe({"budget": grid(0.97, 0.97)}).verdict == HOLDS
    assert budget.recipe({"budget": grid(0.8, 0.97)}).verdict == FAILS
    assert budget.recipe({"budget": grid(0.94, 0.97, spread=5)}).verdict == UNDECIDED
    assert budget.whole({"budget": grid(0.8, 0.97)}).verdict == FAILS
    assert budget.whole({"budget": grid(0.985, 0.99)}).verdict == HOLDS
    assert budget.whole({"budget": grid(0.98, 0.99, spread=5)}).verdict == UNDECIDED


def ways(hybrid: float, spread: float = 1.0) -> Document:
    rows: list[Row] = []
    for number, (way, mean) in enumerate(
        (("gradient", 0.9), ("thermal", 0.88), ("hybrid", hybrid))
    ):
        for i in range(len(NOISE)):
            final = mean + spread * NOISE[(i + number) % len(NOISE)]
            rows.append(({"start": "stats", "way": way}, {"zero": 0.1, "final": final}, {}))
    return made("growers", rows)


def hints(right: float, told: float) -> Document:
    rows: list[Row] = []
    for task in ("low", "high"):
        for hint, mean, among in (
            ("right", right, told),
            ("generic", 0.85, 0.9),
            ("wrong", 0, 0.5),
        ):
            for noise in NOISE:
                sign = -1 if hint == "generic" else 1
                figures = {"zero": 0.8, "final": mean + sign * noise, "told": among + sign * noise}
                rows.append(({"task": task, "hint": hint}, figures, {}))
    return made("specialised", rows)


def test_growing():
    assert growing.hybrid_best({"growers": ways(0.95)}).verdict == HOLDS
    assert growing.hybrid_best({"growers": ways(0.9)}).verdict == FAILS
    assert growing.hybrid_best({"growers": ways(0.91, spread=5)}).verdict == UNDECIDED
    assert growing.five_percent({"specialised": hints(0.95, 0.97)}).verdict == HOLDS
    assert growing.five_percent({"specialised": hints(0.95, 0.9)}).verdict == ONLY
    assert growing.five_percent({"specialised": hints(0.86, 0.9)}).verdict == FAILS
    assert growing.five_percent({"specialised": hints(0.9, 0.9)}).verdict == UNDECIDED


def test_failures_rates_and_peers():
    def broken(count: int) -> dict[str, Document]:
        figures = {"reproduced": True, "factor_broken": 3.0, "factor_mitigated": 1.0}
        rows: list[Row] = [({"case": f"case {i}"}, figures, {}) for i in range(count)]
        sound: list[Row] = [({"case": f"sound {i}"}, {"reproduced": False}, {}) for i in range(5)]
        return {"failures": made("failures", rows + sound)}

    assert failures.five(broken(5)).verdict == HOLDS
    assert failures.five(broken(4)).verdict == FAILS

    def rates(over: float, won: float) -> dict[str, Document]:
        one: Row = ({"kind": "rate"}, {"over_classes": over}, {})
        entropy: Row = (
            {"kind": "entropy"},
            {"elements": 10, "order_0": 3.0, "won": won},
            {"shuffled": {"neighbours": 0.01}},
        )
        return {"rate": made("rate", [one, entropy])}

    assert rate.bounds(rates(0.1, 0)).verdict == ONLY
    assert rate.bounds(rates(-0.5, 0)).verdict == FAILS
    assert rate.redundancy(rates(0.1, 0.1)).verdict == FAILS
    assert rate.redundancy(rates(0.1, 2.5)).verdict == UNDECIDED

    def cited(own: float, cnn: float) -> dict[str, Document]:
        rows: list[Row] = [
            ({"model": name}, {"seed_ratio": ratio, "peer_ratio": 5.0}, {})
            for name, ratio in (("minilm", own), ("fashion", cnn))
        ]
        document = made("peers", rows)
        points = {k.partition("#")[0]: v for k, v in document.points.items()}
        held = {k: Result(k, k, None, v.params, 0, v.figures) for k, v in points.items()}
        return {"peers": made_of(document, held)}

    assert peers.matched(cited(10, 20)).verdict == HOLDS
    assert peers.matched(cited(10, 4)).verdict == ONLY
    assert peers.matched(cited(4, 4)).verdict == FAILS
    assert peers.convolutions(cited(10, 20)).verdict == FAILS
    assert peers.convolutions(cited(1, 20)).verdict == HOLDS
    assert peers.kinds(cited(10, 20)).verdict == ONLY


def made_of(document: Document, points: dict[str, Result]) -> Document:
    return Document("peers", "", 0, {}, document.inputs, {}, {}, tuple(points), points)
