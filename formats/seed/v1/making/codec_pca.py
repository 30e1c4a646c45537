"""pca: ok_pca_*, codec_pca_* (SPEC 6.7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from making.build import Made, meta, seal, table, tensor
from making.coder import numbers, stream, table_of, u16
from making.register import vector

SCALE = 0.0003662109375  # 3 · 2^-13
ROWS, COLUMNS, RANK = 4, 6, 2
LEFT = [n - 7 for n in numbers(ROWS * RANK, 15, 11)]
RIGHT = [n - 7 for n in numbers((RANK + 1) * COLUMNS, 15, 12)]
REST = [n - 2 for n in numbers(ROWS * COLUMNS, 5, 13)]
LARGE = "pca: the product may pass 2^53, or what float32 holds"


def coded(integers: list[int], low: int | None = None) -> tuple[dict[str, Any], list[bytes]]:
    """The params and the two parts of integers."""
    low = min(integers) if low is None else low
    symbols = [n - low for n in integers]
    frequencies = table_of(symbols, max(symbols) + 1, 6)
    words = stream(symbols, frequencies, 1)
    return {"lanes": 1, "low": low, "tail": 0}, [u16(frequencies), words]


def product(mean: int, scale: float = SCALE) -> np.ndarray:
    """The matrix without its residual, in exact integers first."""
    left = np.array(LEFT, np.int64).reshape(ROWS, RANK)
    right = np.array(RIGHT, np.int64).reshape(RANK + 1, COLUMNS)
    exact = left @ right[:-1] + mean * right[-1]
    return (exact.astype(np.float64) * scale).astype("<f4")


def pca(
    shape: list[int] | None = None,
    dtype: str = "F32",
    *,
    elements: np.ndarray | None = None,
    left: list[int] | None = None,
    residual: tuple[dict[str, Any], list[bytes]] | None = None,
    more: list[bytes] | None = None,
    **changes: Any,
) -> Made:
    """A matrix of rank 2; ``changes`` replace params."""
    of_left, left_parts = coded(LEFT if left is None else left)
    of_right, right_parts = coded(RIGHT)
    params = {"rank": RANK, "mean": 5, "scale": SCALE, "coefficients": of_left, "basis": of_right}
    parts = [*left_parts, *right_parts, *(more or [])]
    if residual:
        params["residual"] = residual[0]
        parts += residual[1]
    data = (product(5) if elements is None else elements).tobytes()
    chosen = {k: v for k, v in {**params, **changes}.items() if v is not None}
    part = tensor("pca", parts, data, chosen)
    row = ["w", dtype, [ROWS, COLUMNS] if shape is None else shape]
    return seal(table(row), meta(), part).holds(w=data)


def rest(step: float = 0.25, **params: Any) -> tuple[dict[str, Any], list[bytes]]:
    """A residual."""
    stated, parts = coded(REST)
    return {**stated, "step": step, **params}, parts


@vector()
def ok_pca() -> Made:
    """Four rows and six columns of rank two, and a mean."""
    return pca()


@vector()
def ok_pca_convolution() -> Made:
    """A kernel of four channels: all dimensions but the first are columns."""
    return pca([4, 3, 2, 1])


@vector()
def ok_pca_f64() -> Made:
    """float64, by way of float32."""
    return pca(dtype="F64", elements=product(5).astype("<f8"))


@vector()
def ok_pca_residual() -> Made:
    """A residual, added in float32."""
    made = product(5) + np.array(REST).astype("<f4").reshape(ROWS, COLUMNS) * np.float32(0.1)
    return pca(elements=made, residual=rest(float(np.float32(0.1))))


@vector()
def ok_pca_mean_heaviest() -> Made:
    """The heaviest mean: sums of 34 bits, which float32 rounds."""
    return pca(mean=1 << 30, elements=product(1 << 30))


@vector("MalformedError", "tensor 'w': codec pca can't hold I32")
def codec_pca_dtype() -> Made:
    """A matrix of integers."""
    return pca(dtype="I32")


@vector("MalformedError", "tensor 'w': codec pca can't hold F32")
def codec_pca_vector() -> Made:
    """A tensor of one dimension."""
    return pca([24])


@vector("MalformedError", "tensor 'w': codec pca can't hold F32")
def codec_pca_one_row() -> Made:
    """A matrix of one row."""
    return pca([1, 24])


@vector("MalformedError", "tensor 'w': parameter 'rank' is not in 1..4")
def codec_pca_rank_0() -> Made:
    """No rank."""
    return pca(rank=0)


@vector("MalformedError", "tensor 'w': parameter 'rank' is not in 1..4")
def codec_pca_rank_5() -> Made:
    """A rank of more than the rows."""
    return pca(rank=5)


@vector("MalformedError", "tensor 'w': parameter 'mean' is not in 1..1073741824")
def codec_pca_mean() -> Made:
    """A mean of no weight."""
    return pca(mean=0)


@vector("MalformedError", "tensor 'w': parameter 'scale' is no legal scale")
def codec_pca_scale() -> Made:
    """A scale of 2^101."""
    return pca(scale=2.0**101)


@vector("MalformedError", "tensor 'w': unknown parameters 'energy'")
def codec_pca_params() -> Made:
    """A parameter that only the encoder has."""
    return pca(energy=0.9)


@vector("MalformedError", "tensor 'w', basis: unknown parameters 'step'")
def codec_pca_basis_step() -> Made:
    """A basis with a step of its own."""
    return pca(basis={**coded(RIGHT)[0], "step": 1.0})


@vector("MalformedError", "tensor 'w': parameter 'basis' is missing or no dict")
def codec_pca_basis_missing() -> Made:
    """No basis."""
    return pca(basis=None)


@vector("MalformedError", "pca: 5 parts, too many or too few")
def codec_pca_parts() -> Made:
    """A fifth part without a residual."""
    return pca(more=[b""])


@vector("MalformedError", "coded integers have 0 parts, not 2 or 3")
def codec_pca_residual_parts() -> Made:
    """A residual without its parts."""
    return pca(residual=(rest()[0], []))


@vector("MalformedError", "pca: the residual's step is over 2^90")
def codec_pca_residual_step() -> Made:
    """A residual's step of 2^91."""
    return pca(residual=rest(2.0**91))


@vector("MalformedError", LARGE)
def codec_pca_product() -> Made:
    """Coefficients of 2^30 and a mean of 2^30: the product may pass 2^53."""
    wide = [n + (1 << 30) for n in LEFT if n <= 0]
    return pca(left=(wide * ROWS * RANK)[: ROWS * RANK], mean=1 << 30, basis=basis(1 << 22))


@vector("MalformedError", LARGE)
def codec_pca_overflow() -> Made:
    """A scale by which the product would leave float32."""
    return pca(scale=2.0**100, mean=1 << 30)


def basis(low: int) -> dict[str, Any]:
    """The basis' params with integers from ``low``."""
    return {**coded(RIGHT)[0], "low": low}
