"""Which axis of a weight counts its output channels, by the operator that takes it."""

from __future__ import annotations

from collections import defaultdict

from seedtool.modelproto import Node, Survey

STEPS_MAX = 4  # nodes that only move axes, followed to the one that multiplies
MOVERS = frozenset({"Transpose", "Cast", "CastLike", "Identity"})
RECURRENT = frozenset({"LSTM", "GRU", "RNN"})


class Channels:
    """Looks an initializer's axis up in a graph."""

    def __init__(self, survey: Survey) -> None:
        self._takers: dict[str, list[tuple[Node, int]]] = defaultdict(list)
        for node in survey.nodes:
            for index, name in enumerate(node.inputs):
                self._takers[name].append((node, index))

    def axis(self, name: str, rank: int) -> int:
        """The axis that one scale each serves best, 0 where no operator says otherwise."""
        order = list(range(rank))
        for _ in range(STEPS_MAX):
            found = self._takers.get(name, ())
            if not found:
                break
            node, index = found[0]
            if node.op not in MOVERS or not node.outputs:
                axis = _wanted(node, index, rank)
                return order[axis] if 0 <= axis < rank else 0
            if node.op == "Transpose":
                perm = node.ints.get("perm", list(range(rank))[::-1])
                if sorted(perm) != list(range(rank)):
                    break
                order = [order[p] for p in perm]
            name = node.outputs[0]
        return 0


def _wanted(node: Node, index: int, rank: int) -> int:
    if node.op == "MatMul":
        return rank - 1 if index else max(rank - 2, 0)
    if node.op == "Gemm":
        flipped = node.ints.get("transB" if index else "transA", [0])[0] != 0
        return int(bool(index) != flipped)
    if node.op == "ConvTranspose" or node.op in RECURRENT:
        return 1
    return 0
