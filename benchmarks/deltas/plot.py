"""The score retained against bytes, a panel for each kind of fine-tune.

python -m benchmarks.deltas.plot RESULTS.json OUT.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.deltas.methods import METHODS
from benchmarks.deltas.report import kinds, points, retained

BARS = {100: 0.99, 200: 0.98}


def draw(results: dict[str, Any], target: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "seed"
    from matplotlib import pyplot as plt

    names = kinds(results)
    figure, axes = plt.subplots(1, len(names), figsize=(6 * len(names), 5), squeeze=False)
    ratios = sorted({p["ratio"] for p in results["points"] if p["ratio"]})
    for panel, kind in zip(axes[0], names, strict=True):
        for index, (name, method) in enumerate(METHODS.items()):
            curve = [
                (r, *retained(found)) for r in ratios if (found := points(results, kind, name, r))
            ]
            if not method.sized or not curve:
                continue
            x, y, error = zip(*curve, strict=True)
            width = 2.5 if method.ours else 1.0
            panel.errorbar(x, y, error, fmt="o-", color=f"C{index}", label=name, lw=width, ms=3)
        if control := points(results, kind, "head alone", 0.0):
            panel.axhline(retained(control)[0], color="grey", lw=0.8, label="head alone")
        panel.plot(list(BARS), list(BARS.values()), "k_", ms=14, label="asked")
        panel.set(xscale="log", xlabel="float32 bytes / bytes", title=kind)
        panel.set_ylabel("accuracy over the fine-tune's")
        panel.set_xticks(ratios, [f"{r:g}" for r in ratios])
        panel.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None} if target.suffix == ".svg" else None)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
