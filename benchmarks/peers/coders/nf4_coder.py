"""NF4 of bitsandbytes (Dettmers et al. 2023), blocks of 64. The setting is plain or double.

*double* quantises the scales of the blocks as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from bitsandbytes.functional import dequantize_4bit, quantize_4bit
from exchange import Arrays, Pieces, each, main


def quantise(tensor: Any, setting: str) -> tuple[Pieces, Any]:
    values = torch.from_numpy(np.array(tensor)).reshape(len(tensor), -1)
    packed, state = quantize_4bit(
        values, blocksize=64, quant_type="nf4", compress_statistics=setting == "double"
    )
    pieces = {"indices": packed.numpy()}
    if setting == "double":
        pieces["scales"] = state.absmax.numpy()
        pieces["outer"] = state.state2.absmax.numpy()
        pieces["offset"] = state.offset.reshape(1).numpy()
    else:
        half = state.absmax.to(torch.float16)
        pieces["scales"] = half.numpy()
        state.absmax = half.float()
    return pieces, dequantize_4bit(packed, state).float().numpy()


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, quantise, out)


if __name__ == "__main__":
    main(run, "bitsandbytes", "torch")
