"""nncodec (Becking et al. 2023), the coder of the NNC standard ISO/IEC 15938-17.

The setting is a quantisation parameter, as -32, with dependent (trellis)
quantisation, or with :uniform after it without. nncodec imports data sets and
plotting that coding has no use for; they are stood in for.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

from exchange import Arrays, main

UNUSED = {"torchvision", "pandas", "cv2", "tensorflow", "h5py", "wandb", "ptflops", "timm", "flwr"}
UNUSED |= {"sklearn", "matplotlib", "PIL", "scipy", "torchmetrics", "datasets"}


class _StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.split(".", 1)[0] in UNUSED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> ModuleType:
        module: Any = MagicMock(name=spec.name)
        module.__path__ = []
        return module  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        pass


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    sys.meta_path.insert(0, _StandIn())
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
