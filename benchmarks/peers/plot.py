"""Bytes against loss, a panel for each model.

python -m benchmarks.peers.plot RESULTS.json OUT.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.peers.models import MODELS
from benchmarks.peers.report import OURS, losses
from benchmarks.peers.results import Results, measured
from benchmarks.peers.tools import TOOLS


def draw(results: Results, target: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "seed"
    from matplotlib import pyplot as plt

    models = measured(results)
    figure, axes = plt.subplots(1, len(models), figsize=(5 * len(models), 5), squeeze=False)
    tools = [t for t in TOOLS if any(p["tool"] == t for p in results["points"])]
    colours = plt.get_cmap("tab20")
    for panel, name in zip(axes[0], models, strict=True):
        plain, goal = results["models"][name]["bytes"], MODELS[name].goal
        for index, tool in enumerate(tools):
            curve = losses(results, name, tool, goal)
            if not curve:
                continue
            ratio = [plain / size for size, _, _ in curve]
            loss = [x for _, x, _ in curve]
            width = 2.5 if tool in OURS else 1.0
            panel.plot(ratio, loss, "o-", color=colours(index), label=tool, lw=width, ms=3)
        panel.axhline(goal.most, color="black", lw=0.8, ls="--")
        panel.set(xscale="log", yscale="log", xlabel="float32 bytes / bytes", title=name)
        panel.set_ylabel(f"loss; dashed: {goal.text}")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=6)
    figure.tight_layout(rect=(0, 0.14, 1, 1))
    figure.savefig(target, metadata={"Date": None} if target.suffix == ".svg" else None)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
