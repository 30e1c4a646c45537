"""What the other ways share: a difference to a base coded into so many bytes, and packed.

The head of the new task is stored whole in float16 for each of them, or none would
answer above chance at these sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from benchmarks.deltas.tunes import Tensors, Tune

SEARCHES = 9
PACKER = 19  # level of zstd


@dataclass(frozen=True)
class Made:
    """``size``: bytes that the receiver of the base needs to get ``tensors``."""

    size: int
    tensors: Tensors
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A fine-tune less its base, without the head, and the head; float32."""

    base: Tensors
    delta: Tensors
    head: Tensors

    @classmethod
    def of(cls, tune: Tune) -> Change:
        base, tuned = tune.tensors("base"), tune.tensors("tuned")
        head = {k: v for k, v in tuned.items() if k.startswith(tune.head)}
        return cls(base, {k: v - base[k] for k, v in tuned.items() if k not in head}, head)

    @property
    def elements(self) -> int:
        return sum(x.size for x in self.delta.values())

    def magnitudes(self) -> npt.NDArray[np.float32]:
        """Of all elements of the difference, in no order."""
        return np.concatenate([np.abs(x).reshape(-1) for x in self.delta.values()])

    def applied(self, delta: Tensors) -> Tensors:
        """The base with ``delta`` added, and the head."""
        moved = {k: v + delta[k] if k in delta else v for k, v in self.base.items()}
        return moved | {k: half(v).astype(np.float32) for k, v in self.head.items()}

    def head_bytes(self) -> bytes:
        return b"".join(half(x).tobytes() for x in self.head.values())


def half(values: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    return values.astype(np.float16)


def packed(pieces: Iterable[bytes]) -> int:
    """Bytes of all pieces in one zstd frame."""
    return len(zstandard.ZstdCompressor(level=PACKER).compress(b"".join(pieces)))


def fit(make: Callable[[float], Made], budget: float, low: float, high: float) -> Made:
    """The largest result within ``budget``; more of the argument, from low to high, is more."""
    best: Made | None = None
    for _ in range(SEARCHES):
        at = float(np.sqrt(low * high))
        made = make(at)
        if made.size > budget:
            high = at
            continue
        low = at
        if best is None or made.size > best.size:
            best = made
        if made.size > 0.99 * budget:
            break
    if best is None:
        raise ValueError(f"nothing was found that takes {budget:,.0f} bytes")
    return best
