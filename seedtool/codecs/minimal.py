"""``minimal``: no values at all, only how the architecture initialises and a seed (SPEC 6.9).

The initialiser is told from the tensor's name and shape, as PyTorch's modules
and transformers' ``_init_weights`` would choose; the values are never looked at.
Normal draws go through a piecewise-linear inverse of the half-normal
distribution whose table is below, so no logarithm is taken on assembling.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import chacha, piecewise
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, Params
from seedtool.errors import MalformedError
from seedtool.floats import CODABLE, from_float32
from seedtool.seed import SCALE_MAX, Entry

NONCE = b"minimal\0"
BLOCK = 1 << 18  # elements drawn at a time

# Knots in 2^-31 of probability: steps of 2^26, the last of which is halved down to 2^6.
KNOTS = np.array(
    [i << 26 for i in range(32)] + [(1 << 31) - (1 << k) for k in range(25, 5, -1)] + [1 << 31]
).astype(np.float64)
# |z| at each knot in 2^-16: the half-normal's quantiles, scaled so that what is
# interpolated between them has unit variance; the last one stands for 1 - 2^-26.5.
TABLE = np.array([
    0, 2561, 5126, 7699, 10284, 12885, 15506, 18153, 20830, 23542, 26295, 29096, 31952, 34869,
    37858, 40929, 44092, 47362, 50755, 54291, 57993, 61892, 66024, 70438, 75199, 80397, 86159,
    92683, 100287, 109558, 121768, 140801, 158038, 173891, 188636, 202471, 215540, 227955,
    239802, 251150, 262057, 272568, 282723, 292556, 302094, 311361, 320380, 329169, 337743,
    346119, 354309, 362324, 374042,
], np.float64) / (1 << 16)  # fmt: skip
SLOPE = piecewise.slopes(KNOTS, TABLE)

EMBEDDING = re.compile(r"embed|(^|[._])(wte|wpe|token)")
TRANSFORMER = re.compile(
    r"attention|attn|transformer|(encoder|decoder)\.(layers?|block)|(^|\.)(h|layers)\.\d|mlp|pooler|lm_head"
)


class Codec(base.Codec):
    Options = base.SeedOptions
    vectors_too = True

    def accepts(self, entry: Entry) -> bool:
        return entry.dtype in CODABLE

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        init, scale = initialiser(entry)
        params: dict[str, Any] = {"init": init, "scale": scale}
        if init != "constant":
            params["seed"] = chacha.seed_for(options.seed, entry.name)
        return Coded(params, ())

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        base.check_accepted(self, entry, "minimal")
        base.expect_parts(parts, 0, "minimal")
        init = params.text("init")
        if init not in ("constant", "normal", "uniform"):
            raise MalformedError(f"minimal: the initialiser {init!a} is not known")
        scale = params.number("scale")
        if abs(scale) > SCALE_MAX or float(np.float32(scale)) != scale:
            raise MalformedError("minimal: the scale is no float32 of at most 2^100")
        seed = 0 if init == "constant" else params.integer("seed", 0, chacha.SEED_MAX)
        params.done()
        out = base.allocate(entry.size, np.float32)
        for at in range(0, out.size, BLOCK):
            block = out[at : at + BLOCK]
            if init == "constant":
                block[...] = scale
                continue
            words = chacha.words(seed, NONCE, at, block.size)
            block[...] = (_normal(words) if init == "normal" else _uniform(words)) * scale
        return from_float32(out, entry.dtype).reshape(entry.shape)


def _uniform(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Odd multiples of 2^-32 between -1 and 1."""
    return (words.astype(np.float64) + 0.5) * 2.0**-31 - 1.0


def _normal(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Half-normal by the lower 31 bits, negative where the upper one is set."""
    magnitude = (words & np.uint32(0x7FFFFFFF)).astype(np.float64)
    drawn = piecewise.interpolate(magnitude, KNOTS, TABLE, SLOPE)
    np.negative(drawn, out=drawn, where=words > np.uint32(0x7FFFFFFF))
    return drawn


def initialiser(entry: Entry) -> tuple[str, float]:
    """(constant | normal | uniform, its value, deviation or bound) for a tensor of that name.

    Norm weights and running variances 1, biases and running means 0,
    embeddings and transformers' matrices normal 0.02, all others uniform to
    1/sqrt(fan in), which is what kaiming_uniform(a=sqrt(5)) comes to.
    """
    name = entry.name.lower()
    last = name.rsplit(".", 1)[-1]
    if "bias" in last or last in ("beta", "running_mean") or entry.size == 0:
        return "constant", 0.0
    if len(entry.shape) < 2:
        return "constant", 1.0
    if EMBEDDING.search(name) or TRANSFORMER.search(name):
        return "normal", float(np.float32(0.02))
    return "uniform", float(np.float32(base.columns_of(entry) ** -0.5))
