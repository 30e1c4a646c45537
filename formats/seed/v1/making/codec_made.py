"""stats and minimal: ok_stats_*, ok_minimal_*, codec_* (SPEC 6.8, 6.9 and 8).

What they make up is nobody's to know beforehand: elements are the second decoder's.
"""

from __future__ import annotations

import struct
from typing import Any

from reference_codecs import CODECS

from making.build import Made, meta, seal, table, tensor
from making.register import vector

SEED = 0x0123456789ABCDEF
MOMENTS = {"kurtosis": 3.0, "mean": 0.0, "skewness": 0.0, "std": 1.0}
QUANTILES = struct.pack("<55f", *((j - 27) * abs(j - 27) / 64 for j in range(55)))
FORM = {"sparse": 0, "moments": MOMENTS, "seed": SEED}
UNORDERED = "stats: the quantiles are not ascending and finite"


def made(
    codec: str,
    shape: list[int],
    params: dict[str, Any],
    parts: list[bytes],
    dtype: str = "F32",
    *,
    sound: bool = True,
) -> Made:
    elements = CODECS[codec](dtype, shape, params, parts) if sound else b""
    part = tensor(codec, parts, elements, params)
    return seal(table(["w", dtype, shape]), meta(), part).holds(w=elements)


def spectrum(count: int) -> bytes:
    return struct.pack(f"<{count}H", *(65535 // (i + 1) for i in range(count)))


def bad_stats(
    parts: list[bytes] | None = None, shape: list[int] | None = None, **changes: Any
) -> Made:
    """A vector of nine elements with these changes."""
    params = {k: v for k, v in {**FORM, **changes}.items() if v is not None}
    size = [9] if shape is None else shape
    return made("stats", size, params, [QUANTILES] if parts is None else parts, sound=False)


def minimal(init: Any, scale: Any, seed: Any = None, dtype: str = "F32", **others: Any) -> Made:
    """40 elements."""
    params = {"init": init, "scale": scale, **others}
    if seed is not None:
        params["seed"] = seed
    return made("minimal", [40], params, [], dtype)


def bad_minimal(parts: list[bytes] | None = None, dtype: str = "F32", **changes: Any) -> Made:
    params = {"init": "uniform", "scale": 1.0, "seed": SEED, **changes}
    chosen = {k: v for k, v in params.items() if v is not None}
    return made("minimal", [4], chosen, parts or [], dtype, sound=False)


@vector()
def ok_stats_vector() -> Made:
    """Values drawn alike and mapped to their quantiles."""
    return made("stats", [100], FORM, [QUANTILES])


@vector()
def ok_stats_matrix() -> Made:
    """A spectrum of eight, turned by columns and by rows."""
    return made("stats", [8, 12], FORM, [QUANTILES, spectrum(8)])


@vector()
def ok_stats_matrix_odd() -> Made:
    """Odd numbers of rows and columns, and a spectrum that is told at some places alone."""
    places = {*range(8), 8, 12, 16, 24, 32, 48, *(60 * j // 32 for j in range(33))}
    return made("stats", [67, 61], FORM, [QUANTILES, spectrum(len(places))], "BF16")


@vector()
def ok_stats_sparse() -> Made:
    """Elements that are zero, and a last byte that is not filled."""
    params = {**FORM, "sparse": 1}
    return made("stats", [3, 7], params, [QUANTILES, spectrum(3), b"\x55\x0f\x11"], "F16")


@vector()
def ok_stats_all_zero() -> Made:
    """Nothing is left to have quantiles."""
    return made("stats", [16], {**FORM, "sparse": 1}, [QUANTILES, b"\xff\xff"])


@vector()
def ok_stats_one_value() -> Made:
    """A spectrum of zeros: every knot is the same, and no slope is divided by 0."""
    return made("stats", [2, 2], FORM, [QUANTILES, bytes(4)])


@vector()
def ok_stats_empty() -> Made:
    """No element."""
    return made("stats", [0, 5], FORM, [QUANTILES])


@vector()
def ok_minimal_constant() -> Made:
    """Ones."""
    return minimal("constant", 1.0)


@vector()
def ok_minimal_uniform() -> Made:
    """From minus to plus an eighth."""
    return minimal("uniform", 0.125, SEED, "F64")


@vector()
def ok_minimal_normal() -> Made:
    """Normal, by the table."""
    return minimal("normal", 0.019999999552965164, SEED)


@vector()
def ok_minimal_seed_largest() -> Made:
    """The largest seed and a negative scale."""
    return minimal("normal", -1.0, (1 << 64) - 1, "BF16")


@vector()
def ok_minimal_seed_0() -> Made:
    """The seed 0: a key of zeros."""
    return minimal("uniform", 1.0, 0, "F16")


@vector("MalformedError", "tensor 'w': codec stats can't hold U8")
def codec_stats_dtype() -> Made:
    """Integers."""
    part = tensor("stats", [QUANTILES], b"", FORM)
    return seal(table(["w", "U8", [9]]), meta(), part)


@vector("MalformedError", "tensor 'w': parameter 'seed' is not in 0..18446744073709551615")
def codec_stats_seed() -> Made:
    """A seed of -1."""
    return bad_stats(seed=-1)


@vector("MalformedError", "tensor 'w': parameter 'sparse' is not in 0..1")
def codec_stats_sparse() -> Made:
    """A sparseness of 2."""
    return bad_stats(sparse=2)


@vector("MalformedError", "tensor 'w': parameter 'sparse' is missing or no int")
def codec_stats_sparse_true() -> Made:
    """A sparseness of true."""
    return bad_stats(sparse=True)


@vector("MalformedError", "tensor 'w', moments: parameter 'std' is missing or no float")
def codec_stats_moments() -> Made:
    """Moments without a deviation."""
    return bad_stats(moments={k: v for k, v in MOMENTS.items() if k != "std"})


@vector("MalformedError", "tensor 'w', moments: unknown parameters 'median'")
def codec_stats_moments_more() -> Made:
    """Moments with a median."""
    return bad_stats(moments={**MOMENTS, "median": 0.0})


@vector("MalformedError", "stats: 2 parts where 1 belong")
def codec_stats_parts() -> Made:
    """A spectrum for a vector."""
    return bad_stats([QUANTILES, spectrum(8)])


@vector("MalformedError", "stats: 1 parts where 2 belong")
def codec_stats_parts_fewer() -> Made:
    """A matrix without a spectrum."""
    return bad_stats(shape=[3, 3])


@vector("MalformedError", "stats: quantiles has 216 bytes, not 55 x 4")
def codec_stats_quantiles() -> Made:
    """A quantile too few."""
    return bad_stats([QUANTILES[:-4]])


@vector("MalformedError", UNORDERED)
def codec_stats_quantiles_order() -> Made:
    """Quantiles that descend."""
    return bad_stats([b"".join(QUANTILES[i : i + 4] for i in range(216, -1, -4))])


@vector("MalformedError", UNORDERED)
def codec_stats_quantiles_nan() -> Made:
    """A quantile that is not a number."""
    return bad_stats([QUANTILES[:-4] + struct.pack("<I", 0x7FC00000)])


@vector("MalformedError", UNORDERED)
def codec_stats_quantiles_signalling_nan() -> Made:
    """A signalling NaN, of which some machines warn."""
    return bad_stats([QUANTILES[:-4] + struct.pack("<I", 0xFFA20000)])


@vector("MalformedError", UNORDERED)
def codec_stats_quantiles_large() -> Made:
    """A quantile over 2^100."""
    return bad_stats([QUANTILES[:-4] + struct.pack("<f", 2.0**101)])


@vector("MalformedError", "stats: spectrum has 4 bytes, not 3 x 2")
def codec_stats_spectrum() -> Made:
    """Two singular values for three."""
    return bad_stats([QUANTILES, spectrum(2)], [3, 3])


@vector("MalformedError", "stats: zeros has 1 bytes, not 2 x 1")
def codec_stats_zeros() -> Made:
    """Eight bits for nine elements."""
    return bad_stats([QUANTILES, b"\0"], sparse=1)


@vector("MalformedError", "stats: bits are set after the last element")
def codec_stats_zeros_after() -> Made:
    """A bit for a tenth element of nine."""
    return bad_stats([QUANTILES, b"\0\2"], sparse=1)


@vector("MalformedError", "tensor 'w': codec minimal can't hold U8")
def codec_minimal_dtype() -> Made:
    """Integers."""
    return bad_minimal(dtype="U8")


@vector("MalformedError", "minimal: 1 parts where 0 belong")
def codec_minimal_parts() -> Made:
    """A part."""
    return bad_minimal([b""])


@vector("MalformedError", "minimal: the initialiser 'orthogonal' is not known")
def codec_minimal_init() -> Made:
    """An initialiser that is not of this version."""
    return bad_minimal(init="orthogonal")


@vector("MalformedError", "minimal: the scale is no float32 of at most 2^100")
def codec_minimal_scale() -> Made:
    """A scale of -2^101."""
    return bad_minimal(scale=-(2.0**101))


@vector("MalformedError", "minimal: the scale is no float32 of at most 2^100")
def codec_minimal_scale_double() -> Made:
    """A scale that no float32 holds."""
    return bad_minimal(scale=0.1)


@vector("MalformedError", "tensor 'w': parameter 'seed' is missing or no int")
def codec_minimal_seed_missing() -> Made:
    """Random values without a seed."""
    return bad_minimal(seed=None)


@vector("MalformedError", "tensor 'w': unknown parameters 'seed'")
def codec_minimal_seed_useless() -> Made:
    """A constant with a seed."""
    return bad_minimal(init="constant")
