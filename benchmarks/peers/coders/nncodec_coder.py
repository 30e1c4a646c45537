"""nncodec (Becking et al. 2023), the coder of the NNC standard ISO/IEC 15938-17.

The setting is a quantisation parameter, as -32, with dependent (trellis)
quantisation, or with :uniform after it without. nncodec imports data sets and
plotting that coding has no use for; they are stood in for.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from exchange import Arrays, main

# What stands in for the imports is seedtool's own script's, which runs without seedtool too.
sys.path.append(str(Path(__file__).resolve().parents[3] / "seedtool" / "bench" / "peers"))
from nnc_script import StandIn


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    sys.meta_path.insert(0, StandIn())
    from nncodec import nn

    qp, _, uniform = setting.partition(":")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        args = {"qp": int(qp), "use_dq": not uniform, "param_opt": False, "verbose": False}
        # It changes what it is given.
        copies = {name: tensor.copy() for name, tensor in tensors.items()}
        stream = nn.encode(copies, args=args | {"results": folder})
        decoded = nn.decode(stream)
    (out / "coded").write_bytes(stream)
    return {name: decoded[name] for name in tensors}


if __name__ == "__main__":
    main(run, "nncodec")
