"""What seeds of one size come to at Fashion-MNIST, by how their bytes are spent.

    python -m benchmarks.garments --envs FOLDER -o garments.json [--sizes 16000 32000 64000]

A network of 103,690 weights that learned 54,000 training images is written as a seed of each
size: its weights at the rate that fits, or images with its soft labels, or both, or statistics
of the weights and images. Each is grown by one recipe at equal steps. Weights at random grown on
images of as many bytes are the control. The 10,000 test images choose nothing; ``--tune``
measures by the last 2,000 training images instead. Points that the file has are kept.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.garments.report import write_page
from benchmarks.garments.spending import STEPS, WAYS, Garments, Way
from benchmarks.peers.scoring import default_cache
from seedtool.memory import peak_bytes
from seedtool.recipes.schema import GROWERS

STEP = 45  # of the images' coding


def main() -> None:
    wish = _arguments()
    found: dict[str, Any] = {"points": []}
    if wish.output.exists():
        found = json.loads(wish.output.read_text())
    garments = Garments.prepared(wish.envs.absolute(), wish.steps, wish.rate)
    for size in wish.sizes:
        for name in wish.ways.split("/"):
            for grower in wish.growers.split(","):
                key = {
                    "way": name,
                    "size": size,
                    "grower": grower,
                    "steps": wish.steps,
                    "rate": garments.recipe.training.rate,
                    "step": wish.quality,
                    "how": wish.how,
                    "tune": wish.tune,
                }
                old = [p for p in found["points"] if p.items() >= key.items()]
                if old and len(old[0]["scores"]) >= wish.seeds:
                    continue
                point = key | measured(garments, WAYS[name], key, wish)
                found["points"] = [p for p in found["points"] if p not in old] + [point]
                wish.output.write_text(json.dumps(found, indent=1) + "\n")
                print({k: v for k, v in point.items() if k != "tune"}, flush=True)
    if wish.write:
        write_page(found["points"], wish.write)


def measured(
    garments: Garments, way: Way, key: dict[str, Any], wish: argparse.Namespace
) -> dict[str, Any]:
    """Accuracies before and after growing, by the recipe's seeds of random numbers."""
    path = wish.output.with_suffix(".seed")
    seed = garments.seed(way, key["size"], key["step"], key["how"], path)
    unseen = garments.tuning if wish.tune else garments.test
    if not way.start:
        score = garments.score(seed, unseen)
        return {"bytes": path.stat().st_size, "before": score, "scores": [score] * wish.seeds}
    taken = seed.examples(garments.recipe.name).stored
    grown, seconds = [], 0.0
    for number in garments.recipe.seeds[: wish.seeds]:
        began = time.process_time()
        made = seed.grow(
            test=unseen,
            start=way.start,
            grower=key["grower"],
            seed=number,
            steps=key["steps"],
            module=garments.module,
        )
        seconds = max(seconds, time.process_time() - began)
        grown.append(made)
    return {
        "bytes": path.stat().st_size,
        "examples_bytes": taken,
        "examples": grown[0].examples,
        "before": float(np.mean([made.scores.before for made in grown])),
        "scores": [made.scores.after for made in grown],
        "cpu_seconds": round(seconds, 1),
        "peak_bytes": peak_bytes(),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.garments", description=__doc__)
    parser.add_argument("--envs", type=Path, default=default_cache(), metavar="FOLDER")
    parser.add_argument("-o", "--output", type=Path, default=Path("garments.json"), metavar="JSON")
    parser.add_argument("--sizes", type=int, nargs="+", default=[16_000, 32_000, 64_000])
    parser.add_argument("--ways", default="/".join(WAYS), help="of: " + "/".join(WAYS))
    parser.add_argument("--growers", default="gradient", help="of: " + ",".join(GROWERS))
    parser.add_argument("--how", default="random", help="examples are chosen")
    parser.add_argument("--quality", type=int, default=STEP, help="step of the images' coding")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, help="of learning, in place of the recipe's")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tune", action="store_true", help="measure by training images kept back")
    parser.add_argument("--write", type=Path, metavar="MD", help="the page, and its plot beside it")
    return parser.parse_args()
