"""The one way in which every tool's result is scored.

    from benchmarks.peers.scoring import score
    score("minilm", {name: float32 array, ...})   # the model's own tensor names

The names are those of CACHE/models/NAME/model.safetensors. CACHE is the folder
given, or that of the environment variable SEED_PEERS, or the user's cache.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.models import MODELS
from benchmarks.peers.models.base import Forward, Model, Outcome, torch_forward


def default_cache() -> Path:
    return Path(os.environ.get("SEED_PEERS") or Path.home() / ".cache/seedtool-peers")


def tensors_of(name: str, cache: Path | None = None) -> dict[str, npt.NDArray[np.float32]]:
    """Every float32 tensor of the original."""
    from safetensors.numpy import load_file

    path = MODELS[name].folder(cache or default_cache()) / "model.safetensors"
    return {key: array for key, array in load_file(path).items() if array.dtype == np.float32}


def score(
    name: str, tensors: Mapping[str, npt.NDArray[Any]], cache: Path | None = None
) -> dict[str, float]:
    """Scores on the test data of the model with these tensors in it; others stay as they are."""
    where = cache or default_cache()
    model = MODELS[name]
    module = model.load(where)
    fill(module, tensors)
    return score_forward(name, torch_forward(model, module), where)


def score_forward(name: str, forward: Forward, cache: Path) -> dict[str, float]:
    model = MODELS[name]
    return model.compare(model.outcome(forward, cache), reference(model, cache), cache)


def original(name: str, cache: Path) -> dict[str, float]:
    """Scores of the original itself."""
    outcome = reference(MODELS[name], cache)
    return MODELS[name].compare(outcome, outcome, cache)


def reference(model: Model, cache: Path) -> Outcome:
    """What the original makes of the test data, computed once."""
    path = cache / "reference" / f"{model.name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = model.outcome(torch_forward(model, model.load(cache)), cache)
        half = path.with_suffix(f".{os.getpid()}.npz")
        with half.open("wb") as out:
            np.savez(out, **dict[str, Any](made))
        half.rename(path)
    with np.load(path) as data:
        return dict(data)


def fill(module: Any, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays into a module's parameters and buffers; an unknown name or shape is an error."""
    import torch

    state = module.state_dict()
    prefix = getattr(module, "base_model_prefix", "")
    with torch.no_grad():
        for name, array in tensors.items():
            key = next((k for k in (name, f"{prefix}.{name}") if k in state), None)
            if key is None:
                raise KeyError(f"the model has no tensor {name}")
            if tuple(state[key].shape) != array.shape:
                raise ValueError(f"{name} is {array.shape}, not {tuple(state[key].shape)}")
            state[key].copy_(torch.from_numpy(np.array(array, np.float32)))
