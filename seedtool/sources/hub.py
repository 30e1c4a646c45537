"""A model on the Hugging Face hub: fetched into its cache, then a folder like any other."""

from __future__ import annotations

import re
from pathlib import Path

from seedtool.assets import ASSET_ROLES
from seedtool.errors import MissingExtraError, SeedError
from seedtool.sources.hf import CARD, HfFolderSource, has_weights

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_BESIDE = [*ASSET_ROLES, "labels*.txt", CARD]
_SAFE = ["model*.safetensors", "model.safetensors.index.json"]
_PICKLED = ["pytorch_model*.bin", "pytorch_model.bin.index.json"]


class HubSource(HfFolderSource):
    """The newest revision of ``org/name``; the network is touched for what the cache lacks."""

    def __init__(self, model: str) -> None:
        folder = _fetch(model, _SAFE)
        if not has_weights(folder):
            folder = _fetch(model, _PICKLED)
        super().__init__(folder)
        # The cache keeps each revision in a folder of the commit's name.
        self.meta = {**self.meta, "hub": model, "revision": folder.name}


def is_hub_id(model: str) -> bool:
    """True for ``org/name``, the way the hub calls its models."""
    return _ID.fullmatch(model) is not None and ".." not in model


def _fetch(model: str, weights: list[str]) -> Path:
    try:
        import huggingface_hub
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )
    except ImportError:
        raise MissingExtraError("huggingface_hub", "torch", "fetching a model of the hub") from None
    try:
        folder = huggingface_hub.snapshot_download(
            model, allow_patterns=[*_BESIDE, *weights], ignore_patterns=["*/*"]
        )
    except LocalEntryNotFoundError:
        offline = huggingface_hub.constants.HF_HUB_OFFLINE
        why = "HF_HUB_OFFLINE is set" if offline else "the hub can't be reached"
        raise SeedError(
            f"{model}: no such path, and as a model of the hub it is not in the cache while {why}",
            hint="give a local folder, or fetch it where there is a network: hf download " + model,
        ) from None
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SeedError(f"{model}: no such path, and the hub says: {reason}") from None
    return Path(folder)
