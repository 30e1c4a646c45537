"""On a device without torch: a seed becomes ONNX and answers.

    pip install seedtool onnxruntime
    python edge.py digits.seed images.npz

The second file holds an array ``images``, of what the network takes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime

import seedtool


def answers(seed: str, images: str) -> list[int]:
    with TemporaryDirectory() as folder:
        model = Path(folder) / "model.onnx"
        seedtool.load(seed).assemble(model, precision="fp16")  # half the memory of fp32
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    with np.load(images) as arrays:
        scores = session.run(None, {name: arrays["images"].astype(np.float32)})[0]
    return [int(n) for n in scores.argmax(axis=1)]


if __name__ == "__main__":
    print(*answers(*sys.argv[1:]))
    print("torch was not needed:", not sys.modules.get("torch"))
