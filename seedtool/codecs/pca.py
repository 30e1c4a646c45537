"""``pca``: the research's own seed: a mean, a basis and coefficients, one matrix each (SPEC 6.7).

The rows of the tensor as a matrix (a convolution's kernels unfolded) are
samples: M = mean + C B, by the singular value decomposition, both factors
scaled by the root of the singular values so that one step suits all of each.
C, B and the mean are integers and their product stays below 2^53, so float64
holds it exactly in whatever order it is summed. What the rank leaves out may
be coded as by ``quant``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import integers
from seedtool.codecs import base, quant
from seedtool.codecs.base import Array, Buffers, Coded, NotCodableError, Params
from seedtool.errors import MalformedError, UsageError
from seedtool.floats import CODABLE, F32, from_float32, to_float32
from seedtool.seed import SCALE_MAX, SCALE_MIN, Entry

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]

EXACT = 1 << 53
FINITE = 2.0**126  # so that a product and a residual never meet as infinities
RESIDUAL_STEP_MAX = 2.0**90
VALUE_MAX = 2.0**100
BLOCK = 1 << 18  # elements reconstructed at a time
BITS_MAX = 11  # of an integer: a table spans 4096 symbols
ENERGY = 0.9  # what is kept if nothing is asked for


@dataclass(frozen=True)
class Options:
    """How much of each matrix is kept: at most one of the first three.

    ``rank``; ``energy``: share of the variance about the mean; ``ratio``: the
    tensor's bytes over its coded bytes. ``bits`` of the integers, and with
    ``residual_bits`` the entropy per weight of a coded residual. ``whiten``: in the
    metric of each layer's inputs, which data shows (``--calibrate DATA``).
    """

    rank: int = 0
    energy: float = 0.0
    ratio: float = 0.0
    bits: int = 8
    residual_bits: float = 0.0
    whiten: bool = False

    def __post_init__(self) -> None:
        if (self.rank != 0) + (self.energy != 0) + (self.ratio != 0) > 1:
            raise UsageError("pca takes one of rank, energy and ratio, not more")
        if self.rank < 0 or self.ratio < 0 or not 0 <= self.energy <= 1:
            raise UsageError("pca: rank and ratio are positive, energy lies in 0..1")
        if not 2 <= self.bits <= BITS_MAX or not 0 <= self.residual_bits <= 16:
            raise UsageError("pca: bits lie in 2..11, residual_bits in 0..16")


@dataclass(frozen=True)
class _Factors:
    """Coefficients (rows x rank), basis (rank x columns), mean (columns), variances."""

    coefficients: F64
    basis: F64
    mean: F64
    power: F64


@dataclass(frozen=True)
class LowRank:
    """A matrix as ``left`` (rows x rank) times ``right`` (rank x columns)."""

    left: F64
    right: F64

    def cut(self, rank: int) -> LowRank:
        """Its first ``rank`` terms."""
        return LowRank(self.left[:, :rank], self.right[:rank])


class Codec(base.Codec):
    Options = Options

    def accepts(self, entry: Entry) -> bool:
        return (
            entry.dtype in CODABLE
            and len(entry.shape) > 1
            and min(base.rows_of(entry), base.columns_of(entry)) > 1
        )

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        if options.whiten:
            raise needs_data()
        values = to_float32(data, entry.dtype).reshape(base.rows_of(entry), base.columns_of(entry))
        if not holds(values):
            raise NotCodableError("holds NaN, infinity or values over 2^100")
        factors = _decompose(values)

        def code(rank: int) -> Coded:
            return _code(entry, values, factors, rank, options)

        coded = _fit(entry, factors.power, options, code)
        base.check_size(coded, entry)
        return coded

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        base.check_accepted(self, entry, "pca")
        rows, columns = base.rows_of(entry), base.columns_of(entry)
        rank = params.integer("rank", 1, min(rows, columns))
        weight = params.integer("mean", 1, integers.LARGEST)
        scale = np.float64(params.scale("scale"))
        of_coefficients, of_basis = params.map("coefficients"), params.map("basis")
        of_residual = params.map("residual") if params.has("residual") else None
        params.done()
        if len(parts) < 4 or (len(parts) > 4 and not of_residual):
            raise MalformedError(f"pca: {len(parts)} parts, too many or too few")
        one = np.float32(1)
        left = integers.decode(of_coefficients, parts[:2], rows * rank, one).reshape(rows, rank)
        right = integers.decode(of_basis, parts[2:4], (rank + 1) * columns, one)
        right = right.reshape(rank + 1, columns)
        most = rank * _largest(left) * _largest(right[:-1]) + weight * _largest(right[-1])
        if most >= EXACT or most * float(scale) >= FINITE:
            raise MalformedError("pca: the product may pass 2^53, or what float32 holds")
        residual = None
        if of_residual:
            step = of_residual.scale("step")
            if step > RESIDUAL_STEP_MAX:
                raise MalformedError("pca: the residual's step is over 2^90")
            residual = integers.decode(of_residual, parts[4:], entry.size, step)
            residual = residual.reshape(rows, columns)
        out = _multiply(left, right, weight, scale, residual)
        return from_float32(out, entry.dtype).reshape(entry.shape)


def needs_data() -> UsageError:
    """What to say where ``whiten`` is asked and nothing shows the inputs."""
    return UsageError("whiten takes its metric from data", hint="seed extract --calibrate DATA")


def holds(values: F32) -> bool:
    """Whether all values are numbers within the codec's reach."""
    return bool(np.all(np.abs(values) <= VALUE_MAX))


def _fit(entry: Entry, power: F64, options: Options, code: Callable[[int], Coded]) -> Coded:
    """What ``code`` makes of the rank that the options ask for; ``power`` of every rank."""
    rank = _rank(power, options)
    coded = code(rank)
    budget = entry.nbytes / options.ratio if options.ratio else 0.0
    for _ in range(4 if budget else 0):
        rank = int(min(max(rank * budget / base.coded_bytes(coded), 1), power.size))
        coded = code(rank)
        if rank == 1 or 0.98 * budget <= base.coded_bytes(coded) <= budget:
            break
    return coded


def _largest(values: F32) -> int:
    return int(np.max(np.abs(values), initial=0))


def _multiply(left: F32, right: F32, weight: int, scale: np.float64, residual: F32 | None) -> F32:
    """float32(scale * (left @ basis + weight * mean)) + residual, in whose place it is made."""
    out = (
        base.allocate((left.shape[0], right.shape[1]), np.float32) if residual is None else residual
    )
    basis, mean = right[:-1].astype(np.float64), weight * right[-1].astype(np.float64)
    height = max(1, BLOCK // max(left.shape[1], right.shape[1]))
    for at in range(0, out.shape[0], height):
        block = left[at : at + height].astype(np.float64) @ basis
        block += mean
        block *= scale
        made = block.astype(np.float32)
        if residual is not None:
            made += residual[at : at + height]
        out[at : at + height] = made
    return out


def _decompose(values: F32) -> _Factors:
    """All components, by the eigenvectors of the smaller Gram matrix."""
    mean = values.mean(axis=0, dtype=np.float64)
    centred = values - mean
    wide = centred.shape[0] < centred.shape[1]
    gram = centred @ centred.T if wide else centred.T @ centred
    power, vectors = np.linalg.eigh(gram)
    power, vectors = np.maximum(power[::-1], 0), vectors[:, ::-1]
    root = power**0.25
    inverse = np.divide(1, root, out=np.zeros_like(root), where=root > root[0] * 1e-6)
    if wide:
        return _Factors(vectors * root, (vectors.T @ centred) * inverse[:, None], mean, power)
    return _Factors((centred @ vectors) * inverse, vectors.T * root[:, None], mean, power)


def encode_product(entry: Entry, product: LowRank, options: Options) -> Coded:
    """A matrix whose factors are known (those of a LoRA, say), with all of its rank.

    Of ``options`` only bits and rank count.
    """
    factors = _balance(product)
    rank = min(options.rank or factors.power.size, factors.power.size)
    empty = np.empty((0, 0), np.float32)  # what a residual would be of, and there is none
    return _code(entry, empty, factors, rank, Options(bits=options.bits))


def encode_ranked(
    entry: Entry, values: F32, product: LowRank, power: F64, options: Options
) -> Coded:
    """A matrix by the first terms of a product, as many as ``options`` say.

    ``values``: float32, rows x columns, what a residual is of. ``power``: what each term
    of the product is worth, in falling order; ``energy`` is a share of their sum.
    """

    def code(rank: int) -> Coded:
        return _code(entry, values, _balance(product.cut(rank)), rank, options)

    return _fit(entry, power, options, code)


def _balance(product: LowRank) -> _Factors:
    """The same product turned so that its factors are orthogonal and alike in size.

    They share the singular values evenly, as :func:`_decompose` leaves them.
    """
    q, upper = np.linalg.qr(product.left)
    p, lower = np.linalg.qr(product.right.T)
    u, power, v = np.linalg.svd(upper @ lower.T, full_matrices=False)
    root = np.sqrt(power)
    mean = np.zeros(product.right.shape[1])
    return _Factors((q @ u) * root, root[:, None] * (v @ p.T), mean, power)


def _rank(power: F64, options: Options) -> int:
    if options.rank:
        return min(options.rank, power.size)
    if options.ratio:
        return max(1, power.size // 4)
    share = np.cumsum(power) / (float(power.sum()) or 1.0)
    return min(int(np.searchsorted(share, options.energy or ENERGY)) + 1, power.size)


def _code(entry: Entry, values: F32, factors: _Factors, rank: int, options: Options) -> Coded:
    top = (1 << (options.bits - 1)) - 1
    left, right = factors.coefficients[:, :rank], factors.basis[:rank]
    step = (float(np.max(np.abs(left))) or 1.0) / top
    other = (float(np.max(np.abs(right))) or 1.0) / top
    scale = np.float32(np.clip(step * other, SCALE_MIN, SCALE_MAX))
    weight = float(np.max(np.abs(factors.mean))) / (top * float(scale))
    weight = int(min(max(np.ceil(weight), 1), integers.LARGEST))
    low = np.rint(left / step).astype(np.int32)
    high = np.rint(right / other).astype(np.int32)
    centre = np.clip(np.rint(factors.mean / (weight * float(scale))), -top, top).astype(np.int32)
    coded = encode_integers(low, high, scale, centre, weight)
    params, parts = dict(coded.params), coded.parts
    if options.residual_bits:
        whole = np.vstack((high, centre)).astype(np.float32)
        made = _multiply(low.astype(np.float32), whole, weight, np.float64(scale), None)
        rest = replace(entry, dtype="F32", shape=values.shape)
        coded = quant.Codec().encode(rest, values - made, quant.Options(options.residual_bits))
        params["residual"] = coded.params
        parts = (*parts, *coded.parts)
    return Coded(params, parts)


def encode_integers(
    left: I32, right: I32, scale: np.float32, mean: I32 | None = None, weight: int = 1
) -> Coded:
    """``scale`` times the product of ``left`` (rows x rank) and ``right`` (rank x columns).

    ``mean``: [columns], ``weight`` times which is added before scaling.
    """
    centre = np.zeros(right.shape[1], np.int32) if mean is None else mean
    of_left, left_parts = integers.encode(left.reshape(-1))
    of_right, right_parts = integers.encode(np.vstack((right, centre)).reshape(-1))
    params: dict[str, Any] = {
        "rank": len(right),
        "mean": weight,
        "scale": float(scale),
        "coefficients": of_left,
        "basis": of_right,
    }
    return Coded(params, (*left_parts, *right_parts))
