"""Run nncodec on some arrays, in the environment that benchmarks/coding.py --peers made for it.

    python nncodec_peer.py ARRAYS.npz STEP USE_DQ

Prints one JSON line, for each array: bytes, step, encode and decode seconds, signal to noise in dB.
nncodec imports data sets and plotting that coding has no use for; they are stood in for.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

# What stands in for the imports is seedtool's own script's, which runs without seedtool too.
sys.path.append(str(Path(__file__).resolve().parents[1] / "seedtool" / "bench" / "peers"))
from nnc_script import StandIn, step_of


def main() -> None:
    path, step, use_dq = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "1"
    sys.meta_path.insert(0, StandIn())
    from nncodec import nn

    qp = min(range(-80, 20), key=lambda q: abs(math.log(step_of(q) / step)))
    with np.load(path) as arrays:
        results = [code(nn, data, qp, use_dq) for data in arrays.values()]
    print(json.dumps(results))


def code(nn: Any, data: np.ndarray[Any, Any], qp: int, use_dq: bool) -> dict[str, Any]:
    """One array through nncodec and back."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        args = {"qp": qp, "use_dq": use_dq, "param_opt": False, "verbose": False, "results": folder}
        start = time.process_time()
        stream = nn.encode({"weight": data.copy()}, args=args)
        middle = time.process_time()
        out = nn.decode(stream)["weight"]
        end = time.process_time()
    noise = float(np.mean((out - data) ** 2, dtype=np.float64))
    power = float(np.mean(data**2, dtype=np.float64))
    return {
        "bytes": len(stream),
        "step": step_of(qp),
        "encode": middle - start,
        "decode": end - middle,
        "snr": 10 * math.log10(power / noise),
    }


if __name__ == "__main__":
    main()
