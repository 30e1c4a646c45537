"""What lanes cost, with the tail and without it (docs/adr/0002-rans-tail.md).

    python benchmarks/lanes.py

A million Gaussian weights in steps for about 2.5 bits of entropy. Overhead is that of
the coded words over the entropy, the table not counted.
"""

from __future__ import annotations

import numpy as np

from seedtool import integers, rans

COUNT = 1_000_000
STEP = 0.73  # of standard deviations


def main() -> None:
    values = np.random.default_rng(0).standard_normal(COUNT)
    indices = np.rint(values / STEP).astype(np.int32)
    symbols = (indices - indices.min()).astype(np.uint16)
    entropy = integers.entropy(indices)
    table = rans.normalise(np.bincount(symbols))
    usual = rans.lanes_for(COUNT, entropy)
    print(f"entropy {entropy:.3f} bits; the encoder takes {usual} lanes\n")
    print("| lanes | overhead | without the tail |\n| --- | --- | --- |")
    for lanes in (256, usual, 1023, 2048, 4096, 8192):
        with_tail, _ = rans.encode(symbols, table, lanes)
        without = rans._encode(symbols, table, np.full(lanes, rans.FIRST))
        over = [100 * (8 * w.nbytes / (COUNT * entropy) - 1) for w in (with_tail, without)]
        print(f"| {lanes} | {over[0]:.2f} % | {over[1]:.2f} % |")


if __name__ == "__main__":
    main()
