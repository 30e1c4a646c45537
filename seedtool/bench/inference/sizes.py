"""What of a model follows a power law in its size, and what the research states of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seedtool.bench.inference import powers
from seedtool.bench.inference.powers import Law
from seedtool.bench.results.document import Document, Result

FAR = 175e9  # parameters that the research projects to
AXES = ("width", "depth")
RESEARCH = ("pca", "stats", "minimal")  # its seeds

Of = Callable[[Result], float | None]


def figure(name: str) -> Of:
    """The figure of that name of a result."""
    return lambda row: row.number(name)


def _kept_alone(row: Result) -> float | None:
    """The ratio of what is kept at quality, without the heads, which ``minimal`` has too."""
    kept, heads = row.number("bytes_kept"), row.number("bytes_minimal")
    count = row.number("parameters")
    if kept is None or heads is None or count is None or kept <= heads:
        return None
    return 4 * count / (kept - heads)


def _bits_alone(row: Result) -> float | None:
    bits, heads = row.number("bits_distortion"), row.number("bytes_minimal")
    count = row.number("parameters")
    if bits is None or heads is None or not count:
        return None
    return bits - 8 * heads / count


KEPT = "ratio within 1 % of accuracy"
PCA = "ratio of pca, at any accuracy"
FIXED = "control: ratio of minimal, no values at all"
CLOCKED = ("coding", "decoding")  # what the document times of a point
QUANTITIES: dict[str, Of] = {
    KEPT: figure("ratio_kept"),
    f"{KEPT}, without heads": _kept_alone,
    "bytes within 1 % of accuracy": figure("bytes_kept"),
    "bits a weight at one distortion": figure("bits_distortion"),
    "bits a weight at one distortion, without heads": _bits_alone,
    PCA: figure("ratio_pca"),
    "ratio of stats, at any accuracy": figure("ratio_stats"),
    FIXED: figure("ratio_minimal"),
}

# Parameters and ratios, of the research's roadmap and of its summary of phase 1.
STATED: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = (
    ("measured: 2x at 10K, 4x at 46K and at 128K", ((1e4, 2.0), (4.6e4, 4.0), (1.28e5, 4.0))),
    ("measured: 106x (of 4.4M?) to 147x at 124M", ((4.4e6, 106.0), (1.24e8, 147.0))),
    ("projected: 1,000x at 110M and at 175B", ((1.1e8, 1000.0), (FAR, 1000.0))),
)

Laws = dict[tuple[str, str], Law]


def laws_of(document: Document, *, larger: bool = False) -> Laws:
    """The law in parameters of each quantity that has one, by axis and quantity.

    ``larger``: of the larger half of the sizes alone, where heads weigh less. Where that is
    another law, there is not one law for all sizes.
    """
    found: dict[tuple[str, str], Law | None] = {}
    for axis in AXES:
        rows = [*document.results(kind="size", axis=axis)]
        if larger:
            sizes = sorted({r.number("parameters") or 0.0 for r in rows})
            kept = sizes[len(sizes) // 2 :]
            rows = [r for r in rows if r.number("parameters") in kept]
        for name, of in QUANTITIES.items():
            found[axis, name] = _law([(r, of(r)) for r in rows], document.seed)
        for part in CLOCKED:
            times = [(r, seconds(document, r, part)) for r in rows]
            found[axis, f"seconds of {part}, at one rate"] = _law(times, document.seed)
    return {key: law for key, law in found.items() if law}


def seconds(document: Document, row: Result, part: str) -> float | None:
    """That the point took for one of :data:`CLOCKED`."""
    timing = document.timings.get(row.key)
    return timing.parts.get(part) if timing else None


def _law(rows: Sequence[tuple[Result, float | None]], seed: int) -> Law | None:
    pairs = [(r.number("parameters"), value) for r, value in rows]
    return powers.fit([(x, y) for x, y in pairs if x and x > 0 and y and y > 0], FAR, seed)
