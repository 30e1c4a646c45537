"""The transformers model in a folder, as the class that its checkpoint was saved from."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seedtool.errors import MissingExtraError, NoGraphError


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what torch and transformers say to themselves: our output is not theirs to use."""
    level = logging.root.manager.disable
    sink = io.StringIO()
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(sink),
            contextlib.redirect_stderr(sink),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def load_hf(folder: Path, architecture: str) -> Any:
    """The model of ``architecture`` (a name from config.json) with all its weights, in float32.

    Only classes of transformers itself are taken, never code from the folder.
    NoGraphError if no class finds all weights that it needs.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch", "running this model") from None
    kinds: list[Any] = [transformers.AutoModel]
    named: Any = getattr(transformers, architecture, None) if architecture.isidentifier() else None
    if inspect.isclass(named) and issubclass(named, transformers.PreTrainedModel):
        kinds.insert(0, named)
        if "add_pooling_layer" in inspect.signature(named).parameters:
            bare: Any = named
            kinds.insert(1, functools.partial(bare.from_pretrained, add_pooling_layer=False))
    reason = ""
    for kind in kinds:
        load = getattr(kind, "from_pretrained", kind)
        try:
            with quiet():
                model, told = load(
                    str(folder),
                    dtype=torch.float32,
                    local_files_only=True,
                    trust_remote_code=False,
                    output_loading_info=True,
                )
        except Exception as error:
            reason = reason or f"transformers does not load it: {first_line(error)}"
            continue
        missing = sorted(told["missing_keys"])
        if not missing:
            return model.eval()
        reason = reason or f"{architecture} needs the weight {missing[0]!a}, which is not there"
    raise NoGraphError(reason)
