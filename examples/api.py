"""The Python API: a torch module becomes a seed, and a network again without its class.

python api.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnxruntime
import torch

import seedtool


def main(folder: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)
    ).eval()
    images = torch.randn(5, 64)

    # An example input lets the ONNX graph be traced; without one the weights alone are kept.
    seed = seedtool.extract(model, example=(images,), codec="quant", bits=6)
    size = seed.save(folder / "model.seed")
    plain = sum(entry.nbytes for entry, _ in seed.header.owners())
    print(f"{size:,} seed bytes / {plain:,} tensor bytes, {seed.ledger.snr_db:.1f} dB")

    again = seedtool.load(folder / "model.seed")
    again.verify()
    again.assemble(folder / "model.onnx")
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    (scores,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
    with torch.no_grad():
        apart = (torch.from_numpy(scores) - model(images)).abs().max()
    print(f"outputs apart by at most {apart:.4f}, of a spread of {model(images).std():.4f}")

    bias = again.tensor("2.bias")  # one tensor, nothing else read
    print("2.bias is exact:", bool((bias == model[2].bias.detach().numpy()).all()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
