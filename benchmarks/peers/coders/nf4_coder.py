"""NF4 of bitsandbytes (Dettmers et al. 2023), blocks of 64. The setting is plain or double.

*double* quantises the scales of the blocks as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

from exchange import Arrays, each, main

# The coder is seedtool's own, which needs no seedtool to run.
sys.path.append(str(Path(__file__).resolve().parents[3] / "seedtool" / "bench" / "peers"))
from nf4 import quantise


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, quantise, out)


if __name__ == "__main__":
    main(run, "bitsandbytes", "torch")
