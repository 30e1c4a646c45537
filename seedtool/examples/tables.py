"""Examples from tables: CSV, TSV, JSON lines, Parquet, and plain lines of text."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from seedtool.errors import LimitError, MalformedError, MissingExtraError, UsageError
from seedtool.examples import columns
from seedtool.examples.labelled import EXAMPLES_MAX, Examples, Kind
from seedtool.seed import MIB

FILE_MAX = 1024 * MIB
FIELD_MAX = MIB  # characters of one value
Column = list[Any]


def read_lines(path: Path) -> Examples:
    """A text a line, without labels; blank lines are left out."""
    with _text(path) as file:
        texts = [line.strip() for line in _bounded(file) if line.strip()]
    return columns.joined(texts, None, "none", ())


def read_table(
    path: Path, kind: Kind, inputs: str, label: str, classes: tuple[str, ...]
) -> Examples:
    """The columns ``inputs`` and ``label`` of a CSV, TSV, JSON lines or Parquet file.

    The ending says which. UsageError if a column is not there, MalformedError for a row that
    does not fit.
    """
    ending = path.suffix.lower()
    wanted = (inputs,) if kind == "none" else (inputs, label)
    if ending in {".jsonl", ".ndjson"}:
        found = _json_lines(path, wanted)
    elif ending == ".parquet":
        found = _parquet(path, wanted)
    else:
        found = _separated(path, wanted, "\t" if ending == ".tsv" else ",")
    return columns.joined(found[0], found[1] if kind != "none" else None, kind, classes)


def check_columns(held: Mapping[str, object] | list[str], wanted: tuple[str, ...]) -> None:
    """UsageError if a wanted column is not among those held."""
    for name in wanted:
        if name not in held:
            some = ", ".join(ascii(h)[:40] for h in list(held)[:8])
            raise UsageError(f"has no column {name!a}", hint=f"it has {some or 'none'}")


@contextmanager
def _text(path: Path) -> Iterator[Any]:
    """The file as UTF-8 text; MalformedError for anything else."""
    if path.stat().st_size > FILE_MAX:
        raise LimitError(f"takes over {FILE_MAX} bytes", hint="give a part of it")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise MalformedError("is no UTF-8 text") from None


def _bounded(file: Any) -> Iterator[str]:
    """Lines, none of them longer than what a field may be."""
    for count in range(1, EXAMPLES_MAX + 2):
        line = file.readline(8 * FIELD_MAX)
        if not line:
            return
        if "\0" in line:
            raise MalformedError(f"line {count} holds a zero byte: no text")
        if len(line) == 8 * FIELD_MAX:
            raise LimitError(f"line {count} is longer than {8 * FIELD_MAX} characters")
        yield line
    columns.check_count(count)


def _separated(path: Path, wanted: tuple[str, ...], separator: str) -> list[Column]:
    found: list[Column] = [[] for _ in wanted]
    csv.field_size_limit(FIELD_MAX)
    with _text(path) as file:
        rows = csv.reader(
            _bounded(file),
            delimiter=separator,
            quoting=csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            header = next(rows, [])
            check_columns(header, wanted)
            places = [header.index(name) for name in wanted]
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header):
                    raise MalformedError(
                        f"line {rows.line_num} has {len(row)} fields, the first has {len(header)}"
                    )
                for column, place in zip(found, places, strict=True):
                    column.append(row[place])
        except csv.Error as error:
            raise MalformedError(f"line {rows.line_num}: {error}") from None
    return found


def _json_lines(path: Path, wanted: tuple[str, ...]) -> list[Column]:
    found: list[Column] = [[] for _ in wanted]
    with _text(path) as file:
        for count, line in enumerate(_bounded(file), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise MalformedError(f"line {count} is no JSON") from None
            if not isinstance(row, dict):
                raise MalformedError(f"line {count} is no JSON object")
            check_columns(row, wanted)
            for column, name in zip(found, wanted, strict=True):
                column.append(row[name])
    return found


def _parquet(path: Path, wanted: tuple[str, ...]) -> list[Column]:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtraError("pyarrow", "data", "reading Parquet") from None
    try:
        with parquet.ParquetFile(path) as file:
            columns.check_count(file.metadata.num_rows)
            check_columns(file.schema_arrow.names, wanted)
            groups = range(file.metadata.num_row_groups)
            columns.check_bytes(sum(file.metadata.row_group(g).total_byte_size for g in groups))
            table = file.read(columns=list(dict.fromkeys(wanted)))
            return [table.column(name).to_pylist() for name in wanted]
    except (arrow.ArrowException, OSError, ValueError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MalformedError(f"can't be read as Parquet: {reason}") from None
