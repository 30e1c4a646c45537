"""Whether a seed's network is one for the task, and a head on it where it has none."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seedtool.errors import LimitError, UnsupportedError, UsageError
from seedtool.models.loading import first_line, quiet
from seedtool.recipes.schema import Recipe, Task
from seedtool.seed import Entry

AUTO: dict[Task, str] = {
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "image-classification": "AutoModelForImageClassification",
    "causal-lm": "AutoModelForCausalLM",
    "regression": "AutoModelForSequenceClassification",
}
ENDINGS: dict[Task, tuple[str, ...]] = {
    "text-classification": ("ForSequenceClassification",),
    "token-classification": ("ForTokenClassification",),
    "image-classification": ("ForImageClassification",),
    "causal-lm": ("ForCausalLM", "LMHeadModel"),
    "regression": ("ForSequenceClassification", "ForImageClassification"),
    "embedding": ("Model",),
}
SPARE = 64 << 20  # elements that a module may have beside twice those of the seed
PARTS = 1000  # parameters that it may have beside twice the seed's tensors


def is_needed(architecture: str, task: Task) -> bool:
    """Whether the network is a bare body on which the task's head is to be put.

    UsageError for a network with the head of another task.
    """
    bare = architecture.endswith("Model") and not architecture.endswith("LMHeadModel")
    if bare and task != "embedding":
        return True
    if not architecture.endswith(ENDINGS[task]):
        raise UsageError(f"the recipe is for {task}, and the network is {architecture!a}")
    return False


def check_size(folder: Path, architecture: str, entries: Sequence[Entry]) -> None:
    """LimitError if config.json asks for far more weights than the seed's ``entries``.

    UnsupportedError if transformers can't make the network at all; nothing of it is allocated.
    """
    import torch
    import transformers

    kind: Any = getattr(transformers, architecture, None) if architecture.isidentifier() else None
    named: object = kind
    if not inspect.isclass(named) or not issubclass(named, transformers.PreTrainedModel):
        raise UnsupportedError(f"transformers has no network called {architecture!a}")
    count = elements = 0
    known = sum(entry.size for entry in entries)

    def watch(_module: Any, _name: str, parameter: Any) -> None:
        nonlocal count, elements
        count, elements = count + 1, elements + (0 if parameter is None else parameter.numel())
        if elements > 2 * known + SPARE or count > 2 * len(entries) + PARTS:
            raise LimitError(
                f"config.json asks for a network far larger than the {known:,} weights of the seed"
            )

    from torch.nn.modules.module import register_module_parameter_registration_hook

    watching = register_module_parameter_registration_hook(watch)
    try:
        raw = json.loads((folder / "config.json").read_bytes())
        with quiet(), torch.device("meta"):
            kind(kind.config_class.from_dict(raw))
    except LimitError:
        raise
    except Exception as error:  # transformers meets bad configs with errors of every kind
        raise UnsupportedError(f"config.json makes no network: {first_line(error)}") from None
    finally:
        watching.remove()


def with_head(folder: Path, recipe: Recipe, classes: int) -> Any:
    """The network with a new head for the task, drawn from torch's random state."""
    import torch
    import transformers

    kind: Any = getattr(transformers, AUTO[recipe.task])
    more: dict[str, Any] = {}
    if recipe.task == "regression":
        more = {"num_labels": 1, "problem_type": "regression"}
    elif recipe.classes:
        more = {
            "id2label": dict(enumerate(recipe.classes)),
            "label2id": {name: i for i, name in enumerate(recipe.classes)},
        }
    elif recipe.task != "causal-lm":
        more = {"num_labels": classes}
    try:
        with quiet():
            module = kind.from_pretrained(
                str(folder),
                dtype=torch.float32,
                local_files_only=True,
                trust_remote_code=False,
                **more,
            )
    except Exception as error:
        raise UsageError(
            f"transformers has no head for {recipe.task} on this network: {first_line(error)}"
        ) from None
    module.config.architectures = [type(module).__name__]
    return module.eval()
