"""PCA plain and in the metric of the inputs, and trellis, on all-MiniLM-L6-v2 at equal bytes.

    python benchmarks/whitened.py --cache FOLDER [--write docs/codecs.md]

FOLDER is what `python -m benchmarks.peers prepare` filled. Calibration is on its
calibration sentences, the cosine of embeddings to the uncoded model's on its test
sentences; the two share none. At each ratio trellis gets the bytes that whitened PCA took.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

import seedtool
from benchmarks.peers.scoring import default_cache, score

RATIOS = (8, 12, 16)
BITS = 7  # of the integers: the best of 6, 7 and 8 for both kinds of PCA at a ratio of 8
MARK = "<!-- whitened -->\n"
HEAD = ["coded by", "bytes of all tensors", "bits a weight", "weights kept", "cosine", "least"]


class Bench:
    """MiniLM, coded and scored."""

    def __init__(self, cache: Path, folder: Path) -> None:
        self.cache = cache
        self.model = cache / "models/minilm"
        self.data = cache / "data/minilm/calibration.txt"
        self.file = folder / "x.seed"

    def coded(self, **wishes: Any) -> tuple[seedtool.Seed, int]:
        """A seed, which is in the file too, and the bytes of its tensors."""
        made = seedtool.extract(str(self.model), with_graph=False, **wishes)
        made.save(self.file, force=True)
        return made, sum(m.coded for m in made.ledger.measures)

    def row(self, way: str, **wishes: Any) -> tuple[list[str], int]:
        """A line of the table, and the bytes of the tensors."""
        made, size = self.coded(**wishes)
        elements = sum(m.elements for m in made.ledger.measures)
        arrays = dict(seedtool.load(self.file).tensors())
        floats = {name: a for name, a in arrays.items() if a.dtype == np.float32}
        found = score("minilm", floats, self.cache)
        figures = [f"{size:,}", f"{8 * size / elements:.2f}", f"{made.ledger.snr_db:.1f} dB"]
        line = [way, *figures, *(f"{found[key]:.3f}" for key in ("cosine", "least cosine"))]
        print(" | ".join(line), file=sys.stderr, flush=True)
        return line, size

    def rows(self) -> Iterator[list[str]]:
        for ratio in RATIOS:
            pca = {"codec": "pca", "ratio": ratio, "bits": BITS}
            yield self.row(f"pca, ratio {ratio}", **pca)[0]
            wishes = {"whiten": True, "calibrate": self.data}
            line, size = self.row(f"pca, ratio {ratio}, whitened", **wishes, **pca)
            yield line
            title = "trellis, without data"
            yield self.row(title, codec="trellis", bits=self.rate(size))[0]

    def rate(self, size: int) -> float:
        """Bits a weight at which trellis takes ``size`` bytes for all tensors, or a few less."""
        bits = 3.0
        for _ in range(3):
            bits *= 0.999 * size / self.coded(codec="trellis", bits=bits)[1]
        return bits


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--cache", type=Path, default=default_cache(), metavar="FOLDER")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into FILE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = [HEAD, ["---"] * len(HEAD), *Bench(args.cache, Path(folder)).rows()]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    if args.write is None:
        print(table)
        return
    before, mark, rest = args.write.read_text().partition(MARK)
    args.write.write_text(before + mark + table + rest[rest.find("\n\n") + 1 :])


if __name__ == "__main__":
    main()
