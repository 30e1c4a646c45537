"""Labelled data that the caller names: which reader takes it."""

from __future__ import annotations

from pathlib import Path

from seedtool.errors import SeedError, UsageError
from seedtool.examples import idx, pictures
from seedtool.examples.arrays import read_arrays
from seedtool.examples.hub import is_saved, read_data_set
from seedtool.examples.labelled import Examples, Kind
from seedtool.examples.tables import read_lines, read_table
from seedtool.sources.base import reading
from seedtool.sources.hub import is_hub_id

TABLES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
READS = (
    ".csv, .tsv, .jsonl, .parquet, .npz, .txt, idx files, "
    "a folder of image folders, or a data set id like org/name"
)


def read_examples(
    where: str | Path,
    kind: Kind = "class",
    *,
    inputs: str = "input",
    label: str = "label",
    classes: tuple[str, ...] = (),
    split: str | None = None,
    size: tuple[int, int] | None = None,
) -> Examples:
    """The examples in a file or folder, or of a data set id (``org/name``, where no such path is).

    ``inputs``, ``label``: names of columns or arrays. ``classes``: the only ones allowed, in
    their order; empty: those that occur. ``split``: of a data set, of idx files, or a folder
    within the folder. ``size``: height and width that images are brought to. UsageError for
    what is not there, MalformedError or LimitError for what can't be read; the message begins
    with the path.
    """
    path = Path(where)
    with reading(where):
        if not path.exists():
            if is_hub_id(str(where)):
                return read_data_set(str(where), kind, inputs, label, classes, split)
            raise SeedError("no such file or folder", hint=f"seed reads {READS}")
        if path.is_dir():
            return _read_folder(path, kind, inputs, label, classes, split, size)
        if not path.is_file():
            raise UsageError("is no regular file")
        if split is not None and not idx.is_idx(path):
            raise UsageError("is one file, which has no splits", hint="leave the split out")
        ending = path.suffix.lower()
        if ending in TABLES:
            return read_table(path, kind, inputs, label, classes)
        if ending == ".npz":
            return read_arrays(path, kind, inputs, label, classes)
        if idx.is_idx(path):
            return idx.read_idx(path, classes)
        if ending == ".txt" and kind == "none":
            return read_lines(path)
        hint = "lines of text have no labels" if ending == ".txt" else f"seed reads {READS}"
        raise UsageError("is no labelled data that can be read", hint=hint)


def _read_folder(
    folder: Path,
    kind: Kind,
    inputs: str,
    label: str,
    classes: tuple[str, ...],
    split: str | None,
    size: tuple[int, int] | None,
) -> Examples:
    if is_saved(folder):
        return read_data_set(folder, kind, inputs, label, classes, split)
    images = idx.find(folder, split)
    if images is not None:
        return idx.read_idx(images, classes)
    if split is not None:
        # A split is data of a recipe: it never leads out of the folder that the caller named.
        if split not in {p.name for p in folder.iterdir() if p.is_dir()}:
            raise UsageError(f"has no split {split!a}")
        folder = folder / split
    return pictures.read_pictures(folder, classes, size)
