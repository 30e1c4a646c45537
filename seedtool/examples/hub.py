"""Examples from a data set of the Hugging Face hub, or a folder that ``datasets`` saved."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from seedtool.errors import MalformedError, MissingExtraError, SeedError, UsageError
from seedtool.examples import columns
from seedtool.examples.labelled import Examples, Kind
from seedtool.examples.tables import check_columns

SAVED = ("dataset_dict.json", "state.json")


def is_saved(folder: Path) -> bool:
    """True for a folder that ``Dataset.save_to_disk`` wrote."""
    return any((folder / name).is_file() for name in SAVED)


def read_data_set(
    where: str | Path,
    kind: Kind,
    inputs: str,
    label: str,
    classes: tuple[str, ...],
    split: str | None,
) -> Examples:
    """Columns of a split (None: train) of the id ``where``, or of a saved folder.

    An id is fetched by ``datasets`` where its cache lacks it; a script that a data set
    brings along is never run. Images become uint8, grey or RGB.
    """
    try:
        datasets = import_module("datasets")
    except ImportError:
        raise MissingExtraError("datasets", "data", "reading a data set by its id") from None
    wanted = (inputs,) if kind == "none" else (inputs, label)
    try:
        if isinstance(where, Path):
            found = datasets.load_from_disk(str(where))
            if isinstance(found, datasets.DatasetDict):
                found = _split(found, split)
        else:
            found = datasets.load_dataset(where, split=split or "train", **_no_code(datasets))
        columns.check_count(len(found))
        check_columns(found.column_names, wanted)
        names = classes or _names(found.features.get(label))
        held = [found[name][:] for name in wanted]
    except SeedError:
        raise
    except Exception as error:  # datasets, pyarrow and the network fail in ways of their own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        failure = MalformedError if isinstance(where, Path) else SeedError
        raise failure(f"can't be read as a data set: {reason}") from None
    if hasattr(held[0][0] if held[0] else None, "convert"):
        return _pictures(held, kind, names)
    return columns.joined(held[0], held[1] if kind != "none" else None, kind, names)


def _no_code(datasets: Any) -> dict[str, bool]:
    """Before version 4 a data set could bring code, and had to be told that it may not."""
    return {"trust_remote_code": False} if int(datasets.__version__.split(".")[0]) < 4 else {}


def _split(found: Any, split: str | None) -> Any:
    name = split or "train"
    if name not in found:
        raise UsageError(f"has no split {name!a}", hint=f"it has {', '.join(found)}")
    return found[name]


def _names(feature: Any) -> tuple[str, ...]:
    inner = getattr(feature, "feature", feature)
    return tuple(getattr(inner, "names", None) or ())


def _pictures(held: list[Any], kind: Kind, names: tuple[str, ...]) -> Examples:
    grey = all(image.mode in {"1", "L"} for image in held[0])
    if len({image.size for image in held[0]}) > 1:
        raise MalformedError("its images differ in size", hint="save them resized")
    pixels = np.stack([np.array(i.convert("L" if grey else "RGB"), np.uint8) for i in held[0]])
    labelled = columns.joined(
        ["image"] * len(pixels), held[1] if kind != "none" else None, kind, names
    )
    return Examples(pixels, labelled.labels, None, labelled.classes)
