"""What is asked of the coding: a codec with its options, or a goal for one plan."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import typer

from seedtool.cli.sizes import read_size
from seedtool.errors import UsageError

SETTINGS = typer.Option(
    [], "--set", metavar="KEY=VALUE", help="Any option of the codec; may be repeated."
)


@dataclass(frozen=True)
class Coding:
    """How the weights are coded; None: not given."""

    size: str | None = typer.Option(
        None, metavar="BYTES", help="The seed's bytes at most: 3000000, 3MB, 800KB or 2MiB."
    )
    ratio: float | None = typer.Option(
        None, help="The tensors' plain bytes over the seed's; of pca over coded bytes."
    )
    bits: float | None = typer.Option(
        None, help="Bits of the seed a weight; of trellis and quant those of entropy."
    )
    quality: float | None = typer.Option(
        None, help="Of its answers on --calibrate's data, the part that is kept: 0 to 1."
    )
    calibrate: str | None = typer.Option(
        None,
        metavar="DATA",
        help="Data to plan by: a text, a sample a line; a folder of images; .npz, .npy; the "
        ".toml of a --recipe, for its --data.",
    )
    heal: str | None = typer.Option(
        None, metavar="STEPS|TIME", help="Train the coded model on that data: 300, 90s or 10m."
    )
    seed: int | None = typer.Option(
        None, help="Random seed of a plan (which samples), or of stats and minimal."
    )
    codec: str = typer.Option(
        "",
        help="lossless (default), raw, trellis, quant, pca, stats or minimal.",
        show_default=False,
    )
    rank: int | None = typer.Option(None, help="Rank of each matrix (pca).")
    energy: float | None = typer.Option(None, help="Share of the variance to keep (pca).")
    settings: list[str] = SETTINGS

    def wishes(self) -> dict[str, Any]:
        """What is given, by its name as a setting; UsageError for what is none."""
        names = ("size", "ratio", "bits", "quality", "rank", "energy", "seed")
        wishes = settings_of(self.settings, **{name: getattr(self, name) for name in names})
        if "size" in wishes:
            wishes["size"] = read_size(wishes["size"])
        return wishes


def settings_of(pairs: list[str], **named_ones: object) -> dict[str, Any]:
    """Pairs ``KEY=VALUE`` and the options that are not None; UsageError for what is no pair."""
    from seedtool import extracting

    # What extract takes besides settings; as one, it would be given to it twice.
    taken = inspect.signature(extracting.extract).parameters
    wishes: dict[str, Any] = {k: v for k, v in named_ones.items() if v is not None}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set takes KEY=VALUE, not {pair!a}")
        if key in taken:
            raise UsageError(f"--set takes options of a codec, and {key!a} is none")
        wishes[key] = value
    return wishes
