"""What was learned apart from the seed that it was learned from: a difference to it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedtool import sinks
from seedtool.extracting import extract
from seedtool.growing.grown import Grown
from seedtool.stages import Stage, silent

if TYPE_CHECKING:
    from seedtool.api import Seed


def save_difference(
    grown: Grown,
    target: str | Path,
    base: Any,
    bases: Sequence[Any] = (),
    *,
    force: bool = False,
    stage: Stage = silent,
    **settings: Any,
) -> int:
    """Write ``grown`` to ``target`` as a seed that is the difference to ``base``; its bytes.

    ``base``: the path of the seed it was grown from, or another model; ``bases``: what that one
    is itself a difference to. Without ``settings`` nothing is lost; with ``ratio``, ``size`` or
    ``bits`` one plan spends the bytes (:func:`seedtool.extract`). Only the process of several
    that is ``main`` may call it.
    """
    with tempfile.TemporaryDirectory(prefix="seed-") as folder:
        configured = any(asset.name == "config.json" for asset in grown.model.assets)
        kind = "hf" if configured else "safetensors"
        place = Path(folder) / ("model" if configured else "model.safetensors")
        sinks.write_path(grown.assembly(), place, kind, "fp32", force=False)
        made: Seed = extract(
            str(place), base=[base, *bases], with_graph=False, stage=stage, **settings
        )
        return made.save(target, force=force)
