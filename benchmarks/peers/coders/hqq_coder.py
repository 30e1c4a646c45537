"""HQQ (Badri and Shaji 2023), data-free. The setting is BITS:GROUP, as 4:64.

Groups run over the flattened tensor, padded with zeros to whole bytes of
indices. Stored: the packed indices, and scale and zero of each group as float16.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from exchange import Arrays, Coded, each, main
from hqq.core.quantize import Quantizer


def quantise(tensor: Any, setting: str) -> Coded:
    bits, group = map(int, setting.split(":"))
    padded = np.zeros(-(-tensor.size // (4 * group)) * 4 * group, np.float32)
    padded[: tensor.size] = tensor.ravel()
    matrix = torch.from_numpy(padded).reshape(-1, group)
    packed, meta = Quantizer.quantize(
        matrix, nbits=bits, group_size=group, axis=1, device="cpu", compute_dtype=torch.float32
    )
    pieces = {"indices": packed.numpy()}
    for key in ("scale", "zero"):
        half = meta[key].to(torch.float16)
        pieces[key] = half.numpy()
        meta[key] = half.float()

    def decode() -> Any:
        return Quantizer.dequantize(packed, meta).float().numpy().ravel()[: tensor.size]

    return pieces, decode


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, quantise, out)


if __name__ == "__main__":
    main(run, "hqq", "torch")
