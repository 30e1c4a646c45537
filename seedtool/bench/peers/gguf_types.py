"""Which of GGUF's types a tensor gets, and its blocks.

The setting is a type, as Q4_K or Q8_0. As in llama.cpp a matrix whose rows are
not whole blocks of 256 falls back from a K-quant to a type with blocks of 32;
with :flat after the type blocks run across rows instead, which no program
reads but which is kinder to the type. Rows of convolutions are all the weights
of an output channel; what even 32 does not divide has no type here. Imports nothing of seedtool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SETTINGS = ("Q8_0", "Q6_K", "Q4_K", "Q4_0", "Q6_K:flat", "Q4_K:flat", "Q4_0:flat")
FALLBACK = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}

Pack = Callable[[Any, str], Any]
"""float32 [rows, row] and a type to uint8 [rows, bytes]."""


def quantise(
    tensor: Any, setting: str, pack: Pack
) -> tuple[dict[str, Any], Callable[[], Any]] | None:
    """The blocks of a float32 tensor, and what makes them one again; None: no type takes it."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

    name, _, flat = setting.partition(":")
    row = tensor.size if flat else tensor[0].size
    kinds = [GGMLQuantizationType[k] for k in (name, FALLBACK.get(name)) if k]
    kind = next((k for k in kinds if row % GGML_QUANT_SIZES[k][0] == 0), None)
    if kind is None:
        return None
    packed = pack(np.ascontiguousarray(tensor, np.float32).reshape(-1, row), kind.name)
    return {kind.name: packed}, lambda: quants.dequantize(packed, kind)
