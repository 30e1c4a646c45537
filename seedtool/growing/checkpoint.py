"""The state of growing in a file beside the output, about once a minute."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from seedtool import output
from seedtool.errors import UsageError

SAVE_SECONDS = 60.0


class Checkpoint:
    """``path``: where it is kept. ``key``: what growing it must be of, hex."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self._saved = time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self._saved > SAVE_SECONDS

    def save(self, state: dict[str, Any]) -> None:
        """Write ``state``, of tensors, numbers, texts, lists and mappings."""
        import torch

        with output.replacing(self._path, force=True) as out:
            torch.save({"key": self._key, "state": state}, out)
        self._saved = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state last saved, None if there is none; UsageError if it is of something else."""
        import torch

        if not self._path.exists():
            return None
        try:
            found = torch.load(self._path, weights_only=True, map_location="cpu")
            same = found["key"] == self._key
            state: dict[str, Any] = found["state"]
        except Exception:  # torch.load meets bad files with errors of every kind
            same = False
        if not same:
            raise self.refusal()
        return state

    def refusal(self) -> UsageError:
        """What to say of a file that can't be gone on from."""
        return UsageError(
            f"{self._path}: is no state of growing this seed so", hint="remove it to begin anew"
        )
