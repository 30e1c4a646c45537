"""The command: prepare models and data, run the tools, write the table."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.peers.models import MODELS
from benchmarks.peers.scoring import default_cache, original


def main() -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("what", choices=["prepare"])
    parser.add_argument("--envs", type=Path, default=default_cache(), metavar="FOLDER")
    parser.add_argument("--models", default=",".join(MODELS), metavar="NAMES")
    args = parser.parse_args()
    cache = args.envs.absolute()
    for name in args.models.split(","):
        print(f"preparing {name}", flush=True)
        MODELS[name].prepare(cache)
        print(name, original(name, cache), flush=True)
