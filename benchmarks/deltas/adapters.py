"""LoRA extraction: the difference of each matrix cut to one rank, as mergekit does it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.deltas.rival import Change, Made, half, packed
from benchmarks.deltas.tunes import Tensors, Tune
from benchmarks.peers.environments import interpreter

MERGEKIT = (
    ("--no-deps", "mergekit==0.1.5", "peft==0.21.2", "immutables==0.21"),
    ("pydantic>=2.10.6,<3", "click>=8.2.1,<9", "sentencepiece==0.2.3"),
)
RANKS = 64
NEAR = 1.02  # of the budget: rank 1 may pass it by so much, since there is none below


def cut(change: Change, budget: float) -> Made:
    """Singular value decompositions in float16 factors, biases whole, norms as in the base.

    That is mergekit's extraction with ``--skip-undecomposable``, embeddings left out: it
    has one rank for all matrices, the largest that the budget allows.
    """
    factors = {}
    for name, x in change.delta.items():
        if x.ndim > 1 and "embedding" not in name:
            u, s, v = np.linalg.svd(x.reshape(len(x), -1), full_matrices=False)
            factors[name] = (u * np.sqrt(s), np.sqrt(s)[:, None] * v)
    biases = {
        k: x
        for k, x in change.delta.items()
        if x.ndim == 1 and f"{k.removesuffix('bias')}weight" in factors
    }
    best: Made | None = None
    for rank in range(1, RANKS):
        made = _ranked(change, factors, biases, rank)
        if made.size > (NEAR if rank == 1 else 1.0) * budget:
            break
        best = made
    if best is None:
        raise ValueError(f"rank 1 takes more than {budget:,.0f} bytes")
    return best


def _ranked(
    change: Change,
    factors: dict[str, tuple[np.ndarray, np.ndarray]],
    biases: Tensors,
    rank: int,
) -> Made:
    moved: Tensors = {k: half(x).astype(np.float32) for k, x in biases.items()}
    pieces = [change.head_bytes(), *(half(x).tobytes() for x in biases.values())]
    for name, (left, right) in factors.items():
        a, b = half(left[:, :rank]), half(right[:rank])
        pieces += [a.tobytes(), b.tobytes()]
        product = a.astype(np.float32) @ b.astype(np.float32)
        moved[name] = product.reshape(change.delta[name].shape)
    return Made(packed(pieces), change.applied(moved), {"rank": rank})


def extract(tune: Tune, ratio: float) -> Made:
    """The same by mergekit itself, whose adapter is counted in float16, packed by zstd."""
    from safetensors.numpy import load_file

    change = Change.of(tune)
    rank = cut(change, tune.size / ratio).about["rank"]
    python = interpreter(tune.cache, "mergekit", MERGEKIT)
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python.with_name("mergekit-extract-lora")), "--model", tune.given("tuned")]
        command += ["--base-model", tune.given("base"), "--out-path", folder]
        command += ["--max-rank", str(rank), "--skip-undecomposable", "-e", "embedding"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        path = Path(folder) / "adapter_model.safetensors"
        if not path.exists():
            raise RuntimeError(done.stderr.strip()[-1000:])
        pieces = {k.split("base_model.model.")[-1]: v for k, v in load_file(path).items()}
    halves = {k: half(v) for k, v in pieces.items() if not k.startswith(tune.head)}
    size = packed([change.head_bytes(), *(v.tobytes() for v in halves.values())])
    moved: Tensors = {}
    for key, value in halves.items():
        wide = value.astype(np.float32)
        if key.endswith("lora_A.weight"):
            name = key.removesuffix("lora_A.weight")
            moved[f"{name}weight"] = halves[f"{name}lora_B.weight"].astype(np.float32) @ wide
        elif key.endswith("lora_B.bias"):
            moved[key.replace("lora_B.", "")] = wide
    return Made(size, change.applied(moved), {"rank": rank})
