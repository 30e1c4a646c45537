"""A LoRA adapter as peft saves it, on the base that it changes.

Layout: adapter_config.json and adapter_model.safetensors of the peft library
(peft/tuners/lora). An adapted weight is the base's plus scaling * B A (Hu et al.,
"LoRA: Low-Rank Adaptation of Large Language Models", arXiv 2106.09685).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seedtool.assets import role_of
from seedtool.codecs.pca import LowRank
from seedtool.errors import MalformedError, SeedError, UnsupportedError, UsageError
from seedtool.floats import CODABLE, from_float32, to_float32
from seedtool.seed import Entry
from seedtool.sources import documents
from seedtool.sources.base import Array, Asset, Source, reading
from seedtool.sources.safetensors import SafetensorsSource
from seedtool.tensors import BaseModel

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."
FACTOR = re.compile(r"(.+)\.lora_(?:(A|B)\.weight|embedding_(A|B))")
WRAPPED = re.compile(r"\.(?:base_layer|original_module|modules_to_save(?:\.default)?)(?=\.)")
# Settings under which an adapted weight is not the base's plus scaling * B A.
FOREIGN = (
    *("use_dora", "use_qalora", "use_bdlora", "lora_bias", "alora_invocation_tokens"),
    *("trainable_token_indices", "target_parameters", "layer_replication", "megatron_config"),
    *("arrow_config", "kasa_config", "velora_config", "monteclora_config"),
)
# Ways to begin training that change the base's own weights.
MOVES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")

LARGEST = 2.0**40  # magnitude of a factor's values, and of lora_alpha


def is_adapter(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


class PeftSource(Source):
    """The base with the adapter in ``folder`` on it.

    Adapted tensors are ``products``; the modules that were saved whole stand in
    the place of the base's. UsageError without a base, UnsupportedError for
    other adapters than LoRA.
    """

    def __init__(self, folder: Path, model: BaseModel | None) -> None:
        if model is None:
            raise UsageError(
                f"{folder}: is a LoRA adapter, which is a difference to a base model",
                hint="--base MODEL",
            )
        self._model = model
        with reading(folder / CONFIG):
            self._config = _read_config(folder)
        if not (folder / WEIGHTS).is_file():
            raise SeedError(f"{folder}: holds no {WEIGHTS}", hint="save it by safetensors")
        self._weights = SafetensorsSource(folder / WEIGHTS)
        try:
            with reading(folder):
                self._pair()
                self.entries = self._table()
        except BaseException:
            self._weights.close()
            raise
        self.assets = _assets(folder, model)
        self.meta = {"format": "peft"}

    def _pair(self) -> None:
        """Sort the adapter's tensors: factors by the weight they change, others by their name."""
        self._saved: dict[str, Entry] = {}
        factors: dict[str, dict[str, Entry]] = {}
        for entry in self._weights.entries:
            bare = entry.name.removeprefix(PREFIX)
            if match := FACTOR.fullmatch(bare):
                module, plain, embedding = match.groups()
                key = plain or f"embedding_{embedding}"
                factors.setdefault(module, {})[key] = entry
            elif "lora_" in bare:
                raise UnsupportedError(f"holds {entry.name!a}, which is no part of a plain LoRA")
            else:
                name = WRAPPED.sub("", bare)
                self._saved[self._in_base(name) or name] = entry
        products = {}
        for module, pair in factors.items():
            name, product = self._product(module, pair)
            products[name] = product
        self._adapted = products
        accepted = (n for n in products if min(_matrix(self._model.tensors.entries[n].shape)) > 1)
        self.products = {name: products[name] for name in accepted}

    def _product(self, module: str, pair: Mapping[str, Entry]) -> tuple[str, partial[LowRank]]:
        """The base's name of the weight that a pair of factors changes, and how to read them."""
        name = self._in_base(f"{module}.weight")
        if name is None:
            raise MalformedError(f"adapts {module!a}, which the base {self._model.name} lacks")
        entry = self._model.tensors.entries[name]
        if name in self._saved or entry.dtype not in CODABLE:
            raise UnsupportedError(f"adapts {name!a}, which is {entry.dtype} or saved whole")
        if set(pair) == {"A", "B"}:
            down, up = pair["A"], pair["B"]
            turned = bool(self._config.get("fan_in_fan_out"))
        elif set(pair) == {"embedding_A", "embedding_B"}:
            down, up, turned = pair["embedding_A"], pair["embedding_B"], True
        else:
            raise MalformedError(f"holds one factor of {module!a} without the other")
        rank = down.shape[0] if down.shape else 0
        shapes = (math.prod(up.shape[:1]), math.prod(down.shape[1:]))
        if (
            not rank * entry.size
            or math.prod(up.shape[1:]) != rank
            or not {down.dtype, up.dtype} <= CODABLE
        ):
            raise MalformedError(f"holds factors of {module!a} that do not fit together")
        if (shapes[::-1] if turned else shapes) != _matrix(entry.shape):
            raise MalformedError(f"holds factors of {module!a} that make another shape")
        scaling = _scaling(self._config, module, rank)
        return name, partial(self._read_product, down, up, scaling, turned)

    def _read_product(self, down: Entry, up: Entry, scaling: float, turned: bool) -> LowRank:
        a, b = (
            to_float32(self._weights.read(e), e.dtype).reshape(e.shape[0], -1).astype(np.float64)
            for e in (down, up)
        )
        if not all(np.all(np.abs(factor) <= LARGEST) for factor in (a, b)):
            raise MalformedError(f"tensor {up.name!a} or its partner has NaN or values over 2^40")
        return LowRank(a.T * scaling, b.T) if turned else LowRank(b * scaling, a)

    def _in_base(self, name: str) -> str | None:
        """The base's name for a tensor of the model that was adapted, a head put on it or not."""
        known = self._model.tensors.entries
        tail = name.partition(".")[2]
        ends = [n for n in known if n.endswith(f".{name}")]
        return next((n for n in (name, tail) if n in known), ends[0] if len(ends) == 1 else None)

    def _table(self) -> tuple[Entry, ...]:
        """The base's table, what changed tied to nothing, and what is new after it."""
        own = set(self._adapted) | set(self._saved)
        table: list[Entry] = []
        places: dict[str, int] = {}
        before = list(self._model.tensors.entries.values())
        for entry in before:
            owner = entry.name if entry.same is None else before[entry.same].name
            if entry.name in own:
                kept = self._saved.get(entry.name, entry)
                table.append(replace(kept, name=entry.name, same=None))
            else:
                place = places.setdefault(owner, len(table))
                table.append(replace(entry, same=None if place == len(table) else place))
        names = {e.name for e in table}
        table += [replace(e, name=n, same=None) for n, e in self._saved.items() if n not in names]
        return tuple(table)

    def read(self, entry: Entry) -> Array:
        if entry.name in self._saved:
            return self._weights.read(self._saved[entry.name])
        values = self._model.tensors.read(entry.name)
        if entry.name not in self._adapted:
            return values
        product = self._adapted[entry.name]()
        change = (product.left @ product.right).astype(np.float32).reshape(entry.shape)
        return from_float32(to_float32(values, entry.dtype) + change, entry.dtype)

    def glimpse(self, entry: Entry) -> bytes:
        """Its name: the base's ties stand already, and what is adapted is like nothing else."""
        return entry.name.encode()

    def close(self) -> None:
        self._weights.close()


def _matrix(shape: Sequence[int]) -> tuple[int, int]:
    return (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))


def _read_config(folder: Path) -> dict[str, Any]:
    config = documents.read(folder / CONFIG)
    kind = config.get("peft_type")
    if kind != "LORA":
        raise UnsupportedError(f"is an adapter of the type {str(kind)[:40]!a}, only LORA is read")
    for key in FOREIGN:
        if config.get(key):
            raise UnsupportedError(f"has {key}, which a plain LoRA does not have")
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.lower().startswith(MOVES_BASE):
        raise UnsupportedError(
            f"began by {start[:40]!a}, which changes the base's own weights",
            hint="merge it into its base (merge_and_unload) and extract that",
        )
    return config


def _scaling(config: Mapping[str, Any], module: str, rank: int) -> float:
    """lora_alpha / r, or over its root for rslora, by the patterns of the config."""
    alpha = config.get("lora_alpha")
    patterns = config.get("alpha_pattern") or {}
    if not isinstance(patterns, dict):
        raise MalformedError("has an alpha_pattern that is no map")
    for pattern, value in patterns.items():
        if not re.fullmatch(r"[\w.]+", pattern):
            raise UnsupportedError(
                f"has the alpha_pattern {pattern[:80]!a}, which is no plain name"
            )
        if f".{module}".endswith(f".{pattern}"):
            alpha = value
            break
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not abs(alpha) <= LARGEST:
        raise MalformedError("has no number as lora_alpha")
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


def _assets(folder: Path, model: BaseModel) -> tuple[Asset, ...]:
    """The base's files, and those of the adapter's folder, which take their place."""
    found = {n: Asset(n, role, read) for n, read in model.assets.items() if (role := role_of(n))}
    for path in sorted(folder.iterdir()):
        role = role_of(path.name)
        if role is not None and path.is_file() and not path.is_symlink():
            found[path.name] = Asset(path.name, role, path.read_bytes)
    return tuple(found.values())
