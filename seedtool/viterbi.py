"""Trellis-coded quantisation: the path of least distortion and rate, for all lanes at once.

Marcellin and Fischer, "Trellis coded quantization" (1990), with a rate term
and entropy-coded indices as in Fischer and Wang, "Entropy-constrained trellis
coded quantization" (1992). The grid of all integers is split into four subsets
by r mod 4; a state of even number offers 0 and 2, one of odd number 1 and 3,
and which of the two is taken leads to the next state. The trellises are
Ungerboeck's for amplitude modulation ("Channel coding with multilevel/phase
signals", 1982, table I).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seedtool import accelerator
from seedtool.floats import F32

# Parity checks h0 and h1; of one state a plain quantiser, whose points are all even.
FEEDBACK = {1: (0, 0), 8: (0o13, 0o04), 16: (0o23, 0o04), 32: (0o45, 0o10)}
LANES_AT_ONCE = 512
FAR = np.float32(1e30)

I16 = npt.NDArray[np.int16]
U8 = npt.NDArray[np.uint8]


def turns(states: int) -> tuple[int, int]:
    """What a state is exclusive-ored with after its shift: if it is odd, if the branch is 1."""
    odd, branch = FEEDBACK[states]
    return odd >> 1, branch >> 1


def predecessors(states: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each state and way into it: the state before, and the subset that was taken there."""
    odd, branch = turns(states)
    ways: list[list[tuple[int, int]]] = [[] for _ in range(states)]
    for state in range(states):
        for taken in (0, 1):
            after = (state >> 1) ^ (odd * (state & 1)) ^ (branch * taken)
            ways[after].append((state, 2 * taken + (state & 1)))
    both = np.array(ways)
    return both[:, :, 0], both[:, :, 1]


def search(values: F32, rates: F32, reach: int, states: int, classes: U8 | None = None) -> I16:
    """Grid points for ``values``, steps x lanes; odd ones are of odd states.

    ``values``: float32, steps x lanes, in units of the grid; every lane starts
    in state 0. ``rates``: what point r of a class costs in squares of that unit:
    float32, classes x (2*reach + 1), from r = -reach. ``classes``: uint8, steps x
    lanes, the class of each value; None if there is one.
    """
    kernels = accelerator.kernels()
    if kernels is not None:
        before, subset = (ways.astype(np.int32) for ways in predecessors(states))
        return kernels.search(values, rates, before, subset, classes)
    points = np.empty(values.shape, np.int16)
    for at in range(0, values.shape[1], LANES_AT_ONCE):
        lanes = slice(at, at + LANES_AT_ONCE)
        some = np.ascontiguousarray(values[:, lanes])
        place = np.full((1, 1), reach, np.int32)
        if classes is not None:
            place = classes[:, lanes].astype(np.int32) * rates.shape[1] + np.int32(reach)
        points[:, lanes] = _search(some, rates.reshape(-1), place, states)
    return points


def _search(values: F32, rates: F32, place: npt.NDArray[np.int32], states: int) -> I16:
    """``place``: where in ``rates`` the point 0 of each value (or of all) is."""
    steps, lanes = values.shape
    before, subset = predecessors(states)
    cost = np.full((states, lanes), FAR)
    cost[0] = 0
    second = np.empty((steps, states, lanes), bool)  # whether the second way in was better
    points = np.empty((steps, 4, lanes), np.int16)
    a, b, branch = np.empty_like(cost), np.empty_like(cost), np.empty_like(cost)
    for step in range(steps):
        best, points[step] = _nearest(values[step], rates, place[step % len(place)])
        for way, total in enumerate((a, b)):
            cost.take(before[:, way], 0, out=total, mode="clip")
            best.take(subset[:, way], 0, out=branch, mode="clip")
            np.add(total, branch, out=total)
        np.less(b, a, out=second[step])
        np.minimum(a, b, out=cost)
        if step % 64 == 63:  # small enough to stay exact to what matters
            cost -= cost.min(axis=0)
    return _trace(np.argmin(cost, axis=0), second, points, before, subset)


def _nearest(row: F32, rates: F32, place: npt.NDArray[np.int32]) -> tuple[F32, F32]:
    """Of each subset the cheaper of the nearest point and the one inwards of it: cost, point."""
    subset = np.arange(4, dtype=np.float32)[:, None]
    four = np.float32(4)
    near = np.rint((row - subset) / four) * four + subset
    inner = near - four * np.sign(near)
    near_cost = rates.take(near.astype(np.int32) + place, mode="clip") + np.square(near - row)
    inner_cost = rates.take(inner.astype(np.int32) + place, mode="clip") + np.square(inner - row)
    return np.minimum(near_cost, inner_cost), np.where(inner_cost < near_cost, inner, near)


def _trace(
    state: npt.NDArray[np.intp],
    second: npt.NDArray[np.bool_],
    points: I16,
    before: npt.NDArray[np.intp],
    subset: npt.NDArray[np.intp],
) -> I16:
    """Walk back from the last states."""
    steps, _, lanes = second.shape
    lane = np.arange(lanes)
    taken = np.empty((steps, lanes), np.int16)
    for step in range(steps - 1, -1, -1):
        way = 2 * state + second[step].reshape(-1).take(state * lanes + lane)
        taken[step] = points[step].reshape(-1).take(subset.reshape(-1).take(way) * lanes + lane)
        state = before.reshape(-1).take(way)
    return taken
