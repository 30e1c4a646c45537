"""A folder as transformers saves it: weights, config.json, tokenizer and label files."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from seedtool.assets import ASSET_ROLES, role_of
from seedtool.errors import LimitError, NoGraphError, SeedError
from seedtool.graph import Graph
from seedtool.seed import ASSET_MAX, Entry
from seedtool.sources import documents
from seedtool.sources.base import Array, Asset, Run, Source, reading
from seedtool.sources.safetensors import SafetensorsSource
from seedtool.sources.shards import ShardedSource
from seedtool.sources.torch_file import TorchFileSource

WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
CARD = "README.md"
_KNOWN_WEIGHTS = re.compile(
    r"(pytorch_)?model(-\d+-of-\d+)?\.(safetensors|bin)(\.index\.json)?"
    r"|.*\.(h5|msgpack|ot|onnx|onnx_data|gguf|tflite)"
)
_OTHER_FOLDERS = frozenset({"onnx", "openvino", "coreml"})


class HfFolderSource(Source):
    """The model in a local folder; the same weights for other frameworks are passed over."""

    folder: Path

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with reading(folder):
            self.meta = _meta(folder)
            self.assets, unlisted = _assets(folder)
        self._weights = _open_weights(folder)
        self.entries = self._weights.entries
        self.left_out = (*self._weights.left_out, *unlisted)

    def read(self, entry: Entry) -> Array:
        return self._weights.read(entry)

    def glimpse(self, entry: Entry) -> bytes:
        return self._weights.glimpse(entry)

    def graph(self) -> Graph:
        from seedtool.models.export import export_hf

        return export_hf(self.folder, self._architecture(), self.entries, self.read)

    def runner(self) -> Run:
        from seedtool.models.run import hf_runner

        return hf_runner(self.folder, self._architecture())

    def module(self) -> Any:
        from seedtool.models.loading import load_hf

        return load_hf(self.folder, self._architecture())

    def close(self) -> None:
        self._weights.close()

    def _architecture(self) -> str:
        if "architecture" not in self.meta:
            raise NoGraphError(f"{self.folder}: no config.json names the model's architecture")
        return str(self.meta["architecture"])


def has_weights(folder: Path) -> bool:
    return any((folder / name).is_file() for name in WEIGHTS)


def _open_weights(folder: Path) -> Source:
    """The first of the usual files of weights, safetensors before pickles."""
    for name in WEIGHTS:
        path = folder / name
        if path.is_file():
            single = SafetensorsSource if ".safetensors" in name else TorchFileSource
            return ShardedSource(path, single) if name.endswith(".json") else single(path)
    raise SeedError(
        f"{folder}: holds no weights under a name that is known",
        hint=f"looked for {', '.join(WEIGHTS)}; any other file can be given itself",
    )


def _meta(folder: Path) -> dict[str, str]:
    meta = {"format": "hf"}
    if (folder / "config.json").is_file():
        with reading("config.json"):
            config = documents.read(folder / "config.json")
            if config.get("model_type"):
                meta["family"] = documents.word(config["model_type"], "model_type")
            match config.get("architectures"):
                case [first, *_]:
                    meta["architecture"] = documents.word(first, "the architecture")
    if (folder / CARD).is_file() and (licence := documents.front_matter_licence(folder / CARD)):
        meta["licence"] = licence
    return meta


def _assets(folder: Path) -> tuple[tuple[Asset, ...], list[str]]:
    """The files that ride along, and a phrase for each that does not though it might matter."""
    assets: list[Asset] = []
    unlisted: list[str] = []
    listed = [p for name in ASSET_ROLES if "/" in name and (p := folder / name).is_file()]
    inside = {p.parent.name for p in listed}
    for path in (*sorted(folder.iterdir()), *listed):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not name.startswith(".") and name not in _OTHER_FOLDERS | inside:
                unlisted.append(f"{name}/: a subfolder")
        elif (role := role_of(name)) is not None and path.is_file():
            if path.stat().st_size > ASSET_MAX:
                raise LimitError(
                    f"{name} is larger than the {ASSET_MAX} bytes that an asset may be"
                )
            if not _lies_within(path, folder):
                unlisted.append(f"{name}: a link out of the folder")
                continue
            assets.append(Asset(name, role, partial(_read, path)))
        elif not name.startswith(".") and not _KNOWN_WEIGHTS.fullmatch(name):
            unlisted.append(f"{name}: a file of no known role")
    return tuple(assets), unlisted


def _lies_within(path: Path, folder: Path) -> bool:
    """True unless a link leads to a file that is no part of the model.

    The hub's cache links each file of a revision to ``blobs`` two folders up.
    """
    target, home = path.resolve(), folder.resolve()
    return target.is_relative_to(home) or target.parent == home.parent.parent / "blobs"


def _read(path: Path) -> bytes:
    with reading(path):
        return path.read_bytes()
