"""A folder that transformers' ``from_pretrained`` opens."""

from __future__ import annotations

from pathlib import Path

from seedtool.assemble import Assembly
from seedtool.assets import ASSET_ROLES
from seedtool.errors import UnsupportedError
from seedtool.sinks import safetensors

WEIGHTS = "model.safetensors"
OWNED = frozenset({WEIGHTS, *ASSET_ROLES})


def write(assembly: Assembly, folder: Path) -> None:
    """Fill an empty ``folder``. UnsupportedError if the seed carries no config.json.

    Only file names of the allowlist are ever written, whatever the seed says.
    """
    names = {a.name for a in assembly.assets}
    if "config.json" not in names:
        raise UnsupportedError(
            "the seed carries no config.json, so it makes no model folder",
            hint="--to safetensors, npz or onnx",
        )
    for asset in assembly.assets:
        if ASSET_ROLES.get(asset.name) == asset.role:
            (folder / asset.name).write_bytes(asset.data)
    with (folder / WEIGHTS).open("wb") as out:
        safetensors.write(assembly, out)
