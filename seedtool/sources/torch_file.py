"""A file by torch.save: torch.load with weights_only, and nothing else, ever."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

from seedtool.errors import MalformedError, MissingExtraError, RefusedError
from seedtool.seed import MIB
from seedtool.sources.base import reading
from seedtool.sources.state_dict import StateDictSource, pick

TORCH_MIN = (2, 10)  # weights_only let code run through holes in releases before
BROADCAST_MAX = 64 * MIB  # bytes that a tensor may state beyond what its file has
HINT = "load it where you trust it, then torch.save(model.state_dict(), ...) or use safetensors"


class TorchFileSource(StateDictSource):
    """The tensors of a .pt, .pth or .bin, mapped rather than loaded where the file allows it.

    ``key``: the dotted path of the state dict to take, if the file holds several.
    """

    def __init__(self, path: Path, key: str | None = None) -> None:
        with reading(path):
            tree = _load(path)
            if key is not None:
                tree = pick(tree, key)
            elif not isinstance(tree, dict):
                tree = {"tensor": tree}
            super().__init__(tree, largest=max(path.stat().st_size, BROADCAST_MAX))
        self.meta = {"format": "torch"}


def _load(path: Path) -> Any:
    torch = _torch()
    if path.suffix.lower() == ".safetensors":  # by this torch.load would choose another reader
        raise RefusedError("calls itself .safetensors but is a pickle: refused", hint=HINT)
    with path.open("rb") as file:
        mapped = file.read(4) == b"PK\x03\x04"  # by this torch.load tells its own zips
    if mapped:
        _check_zip(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise _refusal(str(error)) from None
    except (MemoryError, OSError):
        raise
    except Exception as error:  # the unpickler meets bad bytes with errors of every kind
        raise MalformedError(f"is damaged: {_first_line(error)}") from None


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "torch", "reading a file by torch.save") from None
    numbers = re.findall(r"\d+", torch.__version__)[:2]
    if tuple(map(int, numbers)) < TORCH_MIN:
        raise RefusedError(
            f"torch {torch.__version__} does not read pickles safely enough, 2.10 does",
            hint="pip install -U 'seedtool[torch]'",
        )
    return torch


def _check_zip(path: Path) -> None:
    """Weights alone, stored and inside the file: a mapping must not meet packed bytes."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise MalformedError(f"is a damaged zip archive: {_first_line(error)}") from None
    if any(member.filename.endswith("constants.pkl") for member in members):
        raise RefusedError("is a TorchScript program, not weights: refused", hint=HINT)
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            raise MalformedError(f"has a compressed member {member.filename!a}: not by torch.save")


def _refusal(message: str) -> RefusedError:
    named = re.search(r"GLOBAL ([\w.]+)", message)
    what = named[1].rstrip(".") if named else "what weights_only does not read"
    return RefusedError(f"holds more than weights ({what}): refused", hint=HINT)


def _first_line(error: object) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
