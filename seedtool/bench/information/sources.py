"""R(D) of memoryless sources at squared error, in bits, and of mixtures of them.

A curve is had by its slope: at λ = -dR/dD (bits per unit of squared error) an optimal coder
of several sources is at λ on the curve of each (Shoham and Gersho, "Efficient bit allocation
for an arbitrary set of quantizers", 1988); for Gaussians that is reverse water-filling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

SHAPES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0)
HIGH = 0.02  # distortions over the variance under which Shannon's lower bound is taken
SPACING, REACH = 0.08, 1e-7  # of the grid, in deviations; the density's tail that it leaves out
SLOPES, TURNS = 24, 120  # of Blahut and Arimoto
FINE = 16  # places in a cell of the grid
SEARCHES = 60


@dataclass(frozen=True)
class Curve:
    """R(D) of a source of unit variance: ``distortion`` and ``rate`` by ascending ``slope``.

    ``entropy``: differential, bits; above the last slope Shannon's lower bound
    h - ½ log2(2πeD) is the curve.
    """

    slope: F64
    distortion: F64
    rate: F64
    entropy: float

    def at(self, slope: F64) -> tuple[F64, F64]:
        """Distortions and rates at these slopes; 1 and 0 below the first."""
        log = np.log(np.maximum(slope, 1e-300))
        knots = np.log(self.slope)
        distortion = np.exp(np.interp(log, knots, np.log(self.distortion)))
        rate = np.interp(log, knots, self.rate)
        high = slope >= self.slope[-1]
        tight = 1 / (2 * math.log(2) * np.maximum(slope, 1e-300))
        bound = self.entropy - 0.5 * np.log2(2 * math.pi * math.e * tight)
        low = slope < self.slope[0]
        distortion = np.where(high, tight, np.where(low, 1.0, distortion))
        return distortion, np.where(high, np.maximum(bound, rate), np.where(low, 0.0, rate))


@dataclass(frozen=True)
class Mixture:
    """Sources with ``shares`` (summing to 1) and ``variances``, each told which it is.

    ``curves``: one for each, of unit variance.
    """

    shares: F64
    variances: F64
    curves: Sequence[Curve]

    def rate(self, distortion: float) -> float:
        """R(D), bits a value, D a mean squared error; 0 from the variance on."""
        total = float(self.shares @ self.variances)
        if not 0 < distortion < total:
            return 0.0 if distortion > 0 else math.inf
        low, high = -200.0, 200.0  # log2 of the slope
        for _ in range(SEARCHES):
            middle = (low + high) / 2
            low, high = (middle, high) if self._at(middle)[0] > distortion else (low, middle)
        return self._at(high)[1]

    def _at(self, log_slope: float) -> tuple[float, float]:
        slope = 2.0**log_slope * self.variances
        lost = spent = 0.0
        for curve in {id(c): c for c in self.curves}.values():
            mine = np.array([c is curve for c in self.curves])
            distortion, rate = curve.at(slope[mine])
            lost += float(self.shares[mine] @ (self.variances[mine] * distortion))
            spent += float(self.shares[mine] @ rate)
        return lost, spent


@cache
def gaussian() -> Curve:
    """½ log2(1/D), known in closed form."""
    first = 1 / (2 * math.log(2))
    entropy = 0.5 * math.log2(2 * math.pi * math.e)
    slope = np.array([first, first * 2])
    return Curve(slope, np.array([1.0, 0.5]), np.array([0.0, 0.5]), entropy)


@cache
def generalised(shape: float) -> Curve:
    """Of the density c·exp(-|x/a|^shape): 1 is Laplace's, 2 Gauss's, both of unit variance.

    At low rates by the algorithm of Blahut ("Computation of channel capacity and
    rate-distortion functions", 1972) and Arimoto on a grid.
    """
    if shape == 2.0:
        return gaussian()
    width = math.exp(0.5 * (math.lgamma(1 / shape) - math.lgamma(3 / shape)))
    entropy = (1 / shape + math.log(2 * width / shape) + math.lgamma(1 / shape)) / math.log(2)
    reach = width * (-math.log(REACH)) ** (1 / shape)
    cells = math.ceil(reach / SPACING)
    inside = (np.arange(FINE) + 0.5) / FINE  # a cell's mass, not its middle's density
    edges = (np.arange(cells)[:, None] + inside) * SPACING
    mass = np.exp(-((edges / width) ** shape)).mean(1)
    x = (np.arange(cells) + 0.5) * SPACING
    slopes = np.geomspace(0.05, 1 / (2 * math.log(2) * HIGH), SLOPES)
    spots = np.array([_blahut(x, mass / mass.sum(), float(s)) for s in slopes])
    kept = spots[:, 1] > 1e-4  # below its first the curve is at the variance
    return Curve(slopes[kept], np.minimum(spots[kept, 0], 1.0), spots[kept, 1], entropy)


def _blahut(x: F64, mass: F64, slope: float) -> tuple[float, float]:
    """Distortion and rate in bits at a slope in bits; ``x``: the grid's positive half.

    Source and answers are symmetric, so an answer stands for itself and its negative.
    """
    near, far = np.square(x[:, None] - x), np.square(x[:, None] + x)
    to_near, to_far = (0.5 * np.exp(-slope * math.log(2) * off) for off in (near, far))
    both = to_near + to_far
    answers = np.full_like(mass, 1 / len(mass))
    for _ in range(TURNS):
        answers = answers * ((mass / (both @ answers)) @ both)
    total = both @ answers
    lost = (to_near * near + to_far * far) @ answers
    distortion = float(mass @ (lost / total))
    return distortion, float(-slope * distortion - mass @ np.log2(total))


def shape_of(values: npt.NDArray[np.float32]) -> float:
    """The shape of :data:`SHAPES` whose ratio of E|x| to the deviation is the values' own.

    Mallat's moment fit ("A theory for multiresolution signal decomposition", 1989).
    """
    power = float(np.mean(np.square(values, dtype=np.float64)))
    if not power:
        return 2.0
    ratio = float(np.mean(np.abs(values), dtype=np.float64)) / math.sqrt(power)
    return min(SHAPES, key=lambda shape: abs(_ratio(shape) - ratio))


def _ratio(shape: float) -> float:
    logs = math.lgamma(2 / shape) - 0.5 * (math.lgamma(1 / shape) + math.lgamma(3 / shape))
    return math.exp(logs)
