"""Fine-tune, code the differences in every way, score what comes back; table and plot.

Points that the file of results has already are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.deltas.methods import METHODS, TUNES, Method
from benchmarks.deltas.report import write
from benchmarks.deltas.tunes import Tune
from benchmarks.peers.results import save
from benchmarks.peers.running import versions
from benchmarks.peers.scoring import default_cache

RATIOS = (50.0, 100.0, 200.0, 400.0)
Results = dict[str, Any]


def main() -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    args = _arguments()
    results: Results = {"environment": versions(), "tunes": {}, "points": []}
    if args.output.exists():
        results = json.loads(args.output.read_text())
    ratios = [float(r) for r in args.ratios.split(",")]
    for tune in _tunes(args):
        tune.prepare()
        results["tunes"][tune.name] = {
            "kind": type(tune).__name__.lower(),
            "about": tune.about,
            "data": tune.data,
            "bytes": tune.size,
            "scores": tune.score(tune.tensors("tuned")),
        }
        print(tune.name, results["tunes"][tune.name]["scores"], flush=True)
        for name in args.methods.split(","):
            for ratio in ratios if METHODS[name].sized else [0.0]:
                if not _has(results, tune.name, name, ratio):
                    results["points"].append(_point(tune, name, METHODS[name], ratio))
                    save(results, args.output)
    save(results, args.output)
    write(results, args.envs.absolute(), args.output, args.write)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deltas", description=__doc__)
    parser.add_argument(
        "--envs",
        type=Path,
        default=default_cache(),
        metavar="FOLDER",
        help="where models and data are made, once (default: %(default)s)",
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("deltas.json"), metavar="JSON")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page whose table to renew")
    parser.add_argument("--tunes", default=",".join(TUNES), metavar="NAME,...")
    parser.add_argument("--seeds", default="0,1,2", help="of the trainings (default: %(default)s)")
    parser.add_argument(
        "--methods",
        default=",".join(m for m in METHODS if m != "mergekit"),
        metavar="NAME,...",
        help=f"of: {', '.join(METHODS)} (default: all but mergekit)",
    )
    parser.add_argument("--ratios", default=",".join(f"{r:g}" for r in RATIOS))
    return parser.parse_args()


def _tunes(args: argparse.Namespace) -> Iterator[Tune]:
    for name in args.tunes.split(","):
        for seed in args.seeds.split(","):
            yield TUNES[name](args.envs.absolute(), int(seed))


def _has(results: Results, tune: str, method: str, ratio: float) -> bool:
    keys = {"tune": tune, "method": method, "ratio": ratio}
    return any(p.items() >= keys.items() and "error" not in p for p in results["points"])


def _point(tune: Tune, name: str, method: Method, ratio: float) -> dict[str, Any]:
    keys = {"tune": tune.name, "method": name, "ratio": ratio}
    start = time.perf_counter()
    try:
        made = method.make(tune, ratio)
        seconds = round(time.perf_counter() - start, 1)
        found = {"bytes": made.size, "scores": tune.score(made.tensors), "seconds": seconds}
        found["about"] = made.about
    except Exception as error:  # one way's failure must not end the others' run
        found = {"error": str(error)}
    print(keys, found, flush=True)
    return keys | found
