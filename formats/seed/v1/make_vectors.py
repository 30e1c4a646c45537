"""Writes vectors/NAME.seed and vectors/index.json: one function a vector, in making/.

    python make_vectors.py

Deterministic: it needs no compressor and draws no random numbers. The index
says of each vector what it shows, and either the error that a reader reports
(the class in seedtool.errors, whose family SPEC 9 names, and seedtool's own
message) or the content digest, the SHA-256 of each tensor's elements and the
digest of each examples that readers decode.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import making  # noqa: E402
from making.register import VECTORS  # noqa: E402


def load() -> None:
    """Fill VECTORS from every file of making/."""
    for module in sorted(m.name for m in pkgutil.iter_modules(making.__path__)):
        importlib.import_module(f"making.{module}")


def describe(name: str) -> tuple[bytes, dict[str, Any]]:
    """A vector's file and its entry in the index."""
    vector = VECTORS[name]
    made = vector.make()
    entry: dict[str, Any] = {"about": vector.about, "error": vector.error}
    if vector.base:
        entry["base"] = [*vector.base]
    if vector.error:
        return made.file, {**entry, "message": vector.message}
    entry |= {"content": made.content.hex(), "tensors": hashes(made.tensors)}
    if made.examples:
        entry["examples"] = hashes(made.examples)
    return made.file, entry


def hashes(values: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in values.items()}


def main() -> None:
    load()
    folder = HERE / "vectors"
    folder.mkdir(exist_ok=True)
    index = {}
    for name in sorted(VECTORS):
        data, index[name] = describe(name)
        (folder / f"{name}.seed").write_bytes(data)
    for path in folder.glob("*.seed"):
        if path.stem not in index:
            path.unlink()
    text = json.dumps(index, indent=1, sort_keys=True)
    (folder / "index.json").write_text(text + "\n")
    print(f"{len(index)} vectors")


if __name__ == "__main__":
    main()
