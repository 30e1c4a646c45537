"""Run by the Python of an environment that has nncodec: arrays in, bytes and noise out.

    python nnc_script.py ARRAYS.npz STEP [DECODED.npz]

Imports nothing of seedtool. nncodec imports data sets and plotting that coding has no use
for; they are stood in for.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import json
import math
import sys
import tempfile
import time
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import numpy as np

UNUSED = {"torchvision", "pandas", "cv2", "tensorflow", "h5py", "wandb", "ptflops", "timm", "flwr"}
UNUSED |= {"sklearn", "matplotlib", "PIL", "scipy", "torchmetrics", "datasets"}


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module for every name of UNUSED."""

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        if name.split(".", 1)[0] in UNUSED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> ModuleType:
        module: Any = MagicMock(name=spec.name)
        module.__path__ = []
        return module  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        pass


def step_of(qp: int, density: int = 2) -> float:
    """nncodec's step for a quantisation parameter."""
    return ((1 << density) + (qp & ((1 << density) - 1))) * 2.0 ** ((qp >> density) - density)


def main() -> None:
    """Code every array at the parameter whose step is nearest; one line of JSON is the result."""
    path, step = sys.argv[1], float(sys.argv[2])
    sys.meta_path.insert(0, StandIn())
    from nncodec import nn

    qp = min(range(-80, 20), key=lambda q: abs(math.log(step_of(q) / step)))
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        args = {"qp": qp, "use_dq": True, "param_opt": False, "verbose": False, "results": folder}
        # It changes what it is given.
        copies = {name: array.copy() for name, array in arrays.items()}
        began = time.perf_counter()
        stream = nn.encode(copies, args=args)
        encoded = time.perf_counter()
        decoded = nn.decode(stream)
        ended = time.perf_counter()
    noise = sum(
        float(np.sum(np.square(decoded[name] - array, dtype=np.float64)))
        for name, array in arrays.items()
    )
    if len(sys.argv) > 3:
        np.savez(sys.argv[3], **{name: decoded[name] for name in arrays})
    seconds = {"encode": encoded - began, "decode": ended - encoded}
    json.dump({"bytes": len(stream), "noise": noise, **seconds}, sys.stdout)


if __name__ == "__main__":
    main()
