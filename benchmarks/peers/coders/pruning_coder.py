"""Magnitude pruning: the largest weights of a matrix as float16, a bit for each of the others.

The setting is the share kept. The file is meant to be compressed by zstd.
"""

from __future__ import annotations

import sys
from pathlib import Path

from exchange import Arrays, each, main

# The coder is seedtool's own, which needs no seedtool to run.
sys.path.append(str(Path(__file__).resolve().parents[3] / "seedtool" / "bench" / "peers"))
from pruning import quantise


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, quantise, out)


if __name__ == "__main__":
    main(run, "numpy")
