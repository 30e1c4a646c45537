"""seedtool: a trained network as a .seed file of the fewest bytes, and back.

>>> import seedtool
>>> seed = seedtool.extract("model.safetensors", bits=4)
>>> seed.save("model.seed")
>>> seedtool.load("model.seed").assemble("again.safetensors")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedtool.version import VERSION

if TYPE_CHECKING:
    from seedtool.api import Seed, load
    from seedtool.extracting import extract

__version__ = VERSION

__all__ = ["Seed", "__version__", "extract", "load"]


def __getattr__(name: str) -> Any:
    """The verbs, imported when first used: ``seed --help`` need not wait for numpy."""
    if name == "extract":
        from seedtool.extracting import extract

        return extract
    if name in ("Seed", "load"):
        from seedtool import api

        return getattr(api, name)
    raise AttributeError(f"module 'seedtool' has no attribute {name!r}")
