"""Starts that lack one part of what a codec stores, and the controls.

A part is not left out but replaced by what knows nothing, of the same size: what is lost then is
what the part says of this model. Only matrices are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from seedtool.bench.tasks.task import Arrays, Held, random_like, rows_shuffled
from seedtool.codecs.base import columns_of, rows_of
from seedtool.floats import CODABLE, from_float32, to_float32
from seedtool.plan import WEIGHT_MIN
from seedtool.seed import Entry

F64 = npt.NDArray[np.float64]
Random = np.random.Generator
Decode = Callable[[str], Arrays]  # what the codec of that name leaves of the model
Maker = Callable[[Held, Decode, int], Arrays]
Change = Callable[[F64, Random], F64]  # of a matrix [rows, columns]

RANK_LEAST = 1e-5  # singular values below that share of the largest are float32's rounding
PRUNED = 0.9  # share of each matrix set to zero, the smallest ones
SELECTED = 0.5  # share of each tensor's channels taken from the original


def make(name: str, source: Held, decode: Decode, seed: int) -> Arrays:
    """The start called ``name`` (one of NAMES) by owner."""
    return _MAKERS[name][1](source, decode, seed)


def about(name: str) -> str:
    """What the start called ``name`` is, in a few words."""
    return _MAKERS[name][0]


def _pca(change: Callable[[F64, F64, F64, Random], F64]) -> Maker:
    """``change``: of a mean [columns], coefficients [rows, rank] and a basis [rank, columns]."""

    def changed(matrix: F64, rng: Random) -> F64:
        mean = matrix.mean(0)
        left, values, basis = np.linalg.svd(matrix - mean, full_matrices=False)
        rank = max(1, int((values > values[0] * RANK_LEAST).sum()))
        return change(mean, left[:, :rank] * values[:rank], basis[:rank], rng)

    def run(source: Held, decode: Decode, seed: int) -> Arrays:
        decoded = decode("pca")
        return _changed(source, decoded, changed, seed, WEIGHT_MIN)

    return run


def _random_basis(mean: F64, coefficients: F64, basis: F64, rng: Random) -> F64:
    drawn, _ = np.linalg.qr(rng.standard_normal(basis.T.shape))
    made: F64 = mean + coefficients @ drawn.T
    return made


def _no_mean(_mean: F64, coefficients: F64, basis: F64, _rng: Random) -> F64:
    return coefficients @ basis


def _random_coefficients(mean: F64, coefficients: F64, basis: F64, rng: Random) -> F64:
    drawn = rng.standard_normal(coefficients.shape) * np.sqrt(np.square(coefficients).mean(0))
    made: F64 = mean + drawn @ basis
    return made


def _rows_moved(source: Held, decode: Decode, seed: int) -> Arrays:
    return rows_shuffled(source, decode("pca"), seed)


def _no_spectrum(source: Held, decode: Decode, seed: int) -> Arrays:
    def shuffled(matrix: F64, rng: Random) -> F64:
        return rng.permutation(matrix.reshape(-1)).reshape(matrix.shape)

    return _changed(source, decode("stats"), shuffled, seed)


def _moments(source: Held, _decode: Decode, seed: int) -> Arrays:
    return random_like(source, seed)


def _deviation_alone(source: Held, _decode: Decode, seed: int) -> Arrays:
    def changed(matrix: F64, rng: Random) -> F64:
        made: F64 = _noise(matrix, None, rng) * matrix.std()
        return made

    return {**random_like(source, seed), **_matrices_changed(source, changed, seed)}


def _mean_alone(source: Held, decode: Decode, seed: int) -> Arrays:
    """The architecture's own draws about each tensor's own mean."""
    drawn = decode("minimal")
    moved = {
        entry.name: _back(entry, other - other.mean() + _wide(entry, source.arrays).mean())
        for entry in _matrices(source)
        for other in [_wide(entry, drawn)]
    }
    return {**random_like(source, seed), **moved}


def _by_channel(source: Held, _decode: Decode, seed: int) -> Arrays:
    def changed(matrix: F64, rng: Random) -> F64:
        mean, deviation = matrix.mean(1, keepdims=True), matrix.std(1, keepdims=True)
        made: F64 = mean + _noise(matrix, 1, rng) * deviation
        return made

    return {**random_like(source, seed), **_matrices_changed(source, changed, seed)}


def _pruned(change: Change) -> Maker:
    def changed(matrix: F64, rng: Random) -> F64:
        return change(np.where(_large(matrix), matrix, 0.0), rng)

    return lambda source, _, seed: _changed(source, source.arrays, changed, seed, WEIGHT_MIN)


def _as_it_is(matrix: F64, _rng: Random) -> F64:
    return matrix


def _values_moved(matrix: F64, rng: Random) -> F64:
    made = matrix.copy()
    made[matrix != 0] = rng.permutation(matrix[matrix != 0])
    return made


def _places_moved(matrix: F64, rng: Random) -> F64:
    """The values keep their order, at places drawn anew."""
    made = np.zeros(matrix.size)
    values = matrix[matrix != 0]
    made[np.sort(rng.permutation(matrix.size)[: values.size])] = values
    return made.reshape(matrix.shape)


def _selected(source: Held, decode: Decode, _seed: int) -> Arrays:
    """Channels of the original, evenly spaced; the others as the architecture begins.

    After the uniform selection of Xu et al., "Initializing Models with Larger Ones" (2024,
    arXiv 2311.18823), whose student is smaller; here the student has the original's shapes.
    """
    made = {name: array.copy() for name, array in decode("minimal").items()}
    for entry in source.entries:
        if entry.same is None and entry.shape and entry.size and entry.dtype in CODABLE:
            count = max(1, round(SELECTED * entry.shape[0]))
            rows = np.arange(count) * entry.shape[0] // count
            made[entry.name][rows] = source.arrays[entry.name][rows]
    return made


def _changed(source: Held, arrays: Arrays, change: Change, seed: int, least: int = 0) -> Arrays:
    """``arrays`` with each matrix of ``least`` elements changed."""
    rng = np.random.default_rng(seed)
    made = dict(arrays)
    for entry in _matrices(source, least):
        made[entry.name] = _back(entry, change(_wide(entry, arrays), rng))
    return made


def _matrices_changed(source: Held, change: Change, seed: int) -> Arrays:
    made = _changed(source, source.arrays, change, seed)
    return {entry.name: made[entry.name] for entry in _matrices(source)}


def _matrices(source: Held, least: int = 0) -> Iterator[Entry]:
    for entry in source.entries:
        own = entry.same is None and entry.dtype in CODABLE and entry.size >= least
        if own and min(rows_of(entry), columns_of(entry)) > 1:
            yield entry


def _wide(entry: Entry, arrays: Arrays) -> F64:
    values = to_float32(arrays[entry.name], entry.dtype).astype(np.float64)
    return values.reshape(rows_of(entry), columns_of(entry))


def _back(entry: Entry, matrix: F64) -> npt.NDArray[np.generic]:
    return from_float32(matrix.astype(np.float32), entry.dtype).reshape(entry.shape)


def _noise(matrix: F64, axis: int | None, rng: Random) -> F64:
    """Normal values with mean 0 and deviation 1 along the axis, of all for None."""
    drawn = rng.standard_normal(matrix.shape)
    made: F64 = drawn - drawn.mean(axis, keepdims=True)
    made /= np.maximum(made.std(axis, keepdims=True), 1e-30)
    return made


def _large(matrix: F64) -> npt.NDArray[np.bool_]:
    kept = np.zeros(matrix.size, bool)
    count = max(1, round((1 - PRUNED) * matrix.size))
    kept[np.argsort(-np.abs(matrix), axis=None, kind="stable")[:count]] = True
    return kept.reshape(matrix.shape)


# Of each: in a few words, how it is made, and of what it is a part less (none for controls).
_MAKERS: dict[str, tuple[str, Maker, str]] = {
    "pca-bases": ("pca, its bases random orthonormal ones", _pca(_random_basis), "pca"),
    "pca-mean": ("pca, its means zero", _pca(_no_mean), "pca"),
    "pca-coefficients": (
        "pca, its coefficients drawn with their deviations",
        _pca(_random_coefficients),
        "pca",
    ),
    "pca-order": ("pca, its coefficients shuffled among the rows", _rows_moved, "pca"),
    "stats-spectrum": ("stats, its values shuffled: no spectrum", _no_spectrum, "stats"),
    "moments": ("normal values of each tensor's mean and norm", _moments, ""),
    "moments-mean": ("of each tensor's deviation alone, about 0", _deviation_alone, "moments"),
    "moments-deviation": ("of its mean alone, as wide as minimal", _mean_alone, "moments"),
    "moments-channels": ("of each channel's mean and deviation", _by_channel, "moments"),
    "pruned": (f"the largest {1 - PRUNED:.0%} of each matrix", _pruned(_as_it_is), ""),
    "pruned-values": (
        "pruned, its values shuffled on the pattern",
        _pruned(_values_moved),
        "pruned",
    ),
    "pruned-pattern": ("pruned, its pattern drawn anew", _pruned(_places_moved), "pruned"),
    "selected": (f"{SELECTED:.0%} of the original's channels, the rest minimal", _selected, ""),
}
NAMES = tuple(_MAKERS)


def part_of(name: str) -> str:
    """The start of which ``name`` lacks a part, "" if it is one by itself."""
    return _MAKERS[name][2]
