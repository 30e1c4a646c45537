"""NF4 of bitsandbytes (Dettmers et al. 2023), blocks of 64. The setting is plain or double.

*double* quantises the scales of the blocks as well. Imports nothing of seedtool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SETTINGS = ("plain", "double")


def quantise(tensor: Any, setting: str) -> tuple[dict[str, Any], Callable[[], Any]]:
    """Indices and scales of a float32 tensor, and what makes them one again."""
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

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
    return pieces, lambda: dequantize_4bit(packed, state).float().numpy()
