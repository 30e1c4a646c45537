"""Faults that cost bytes: what a seed does not see to be equal, or pays for each tensor."""

from __future__ import annotations

import numpy as np

from seedtool.bench.cases.trial import Case, Trial, Trials, coded, normal, relative

SIDE, PIECES = 128, 1000


def tied_transposed(seed: int) -> Trials:
    """Weights that two layers share, one of them turned about."""
    rng = np.random.default_rng(seed)
    embedding = normal(rng, 4 * SIDE, SIDE)
    count = 2 * embedding.size

    def bits_of(model: dict[str, np.ndarray]) -> float:
        return coded(model, count, codec="trellis", bits=3)[1]

    back, _ = coded({"embedding": embedding}, codec="trellis", bits=3)
    error = relative(back["embedding"], embedding)
    turned = {"embedding": embedding, "head": np.ascontiguousarray(embedding.T)}
    return Trials(
        Trial(error, bits_of({"embedding": embedding, "head": embedding})),
        Trial(error, bits_of(turned)),
        Trial(error, bits_of({"embedding": embedding})),
    )


def tiny_tensors(seed: int) -> Trials:
    """Thousands of tensors too small for a codec, each with a head and a hash of its own."""
    rng = np.random.default_rng(seed)
    whole = normal(rng, PIECES, 16)
    pieces = {f"expert.{i}.weight": row.reshape(4, 4) for i, row in enumerate(whole)}

    def trial(model: dict[str, np.ndarray]) -> Trial:
        back, bits = coded(model, codec="trellis", bits=3)
        found = np.concatenate([back[name].reshape(-1) for name in model])
        return Trial(relative(found, whole.reshape(-1)), bits)

    one = trial({"experts": whole.reshape(PIECES // 8, SIDE)})
    return Trials(one, trial(pieces), trial({"experts": whole}))


def not_finite(seed: int) -> Trials:
    """A matrix with one value that is no number, which no lossy codec can hold."""
    rng = np.random.default_rng(seed)
    weight = normal(rng, SIDE, SIDE)
    spoilt = weight.copy()
    spoilt[1, 2] = np.nan

    def trial(matrix: np.ndarray) -> Trial:
        back, bits = coded({"weight": matrix}, codec="trellis", bits=3)
        return Trial(relative(np.nan_to_num(back["weight"]), weight), bits)

    return Trials(trial(weight), trial(spoilt), trial(np.nan_to_num(spoilt)))


CASES = (
    Case(
        "tied-transposed",
        "the head is the embedding turned about, so it is stored twice",
        "stored once, turned when it is loaded (equal tensors are found)",
        "bits",
        tied_transposed,
    ),
    Case(
        "tiny-tensors",
        f"{PIECES:,} tensors of 4 x 4, each with a section of its own",
        "stacked into one tensor",
        "bits",
        tiny_tensors,
    ),
    Case(
        "not-finite",
        "one NaN, for which the whole matrix is kept without loss",
        "the value put to 0 before it is extracted",
        "bits",
        not_finite,
    ),
)
