"""A folder that transformers' ``from_pretrained`` opens."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from seedtool.assemble import Assembly
from seedtool.assets import role_of
from seedtool.errors import UnsupportedError
from seedtool.sinks import safetensors

WEIGHTS = "model.safetensors"


class _Owned(Container[str]):
    def __contains__(self, name: object) -> bool:
        return name == WEIGHTS or (isinstance(name, str) and role_of(name) is not None)


OWNED = _Owned()  # names of files that a model folder may hold


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
        if role_of(asset.name) == asset.role:
            target = folder / asset.name
            if target.parent != folder:
                target.parent.mkdir(exist_ok=True)
            target.write_bytes(asset.data)
    with (folder / WEIGHTS).open("wb") as out:
        safetensors.write(assembly, out)
