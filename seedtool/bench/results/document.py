"""A document: what a bench was asked, of what, by which command and where, and what it found.

Everything but ``timings`` is the same when it is run again with the same seed on one
machine. Documents are read as files of strangers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seedtool import output
from seedtool.bench.base import Input, Measure, Plain
from seedtool.bench.results import rules
from seedtool.errors import FileError, MalformedError


@dataclass(frozen=True)
class Failure:
    """Why a point has no figures; ``code`` is the exit code of the error's family."""

    message: str
    hint: str = ""
    code: int = 1


@dataclass(frozen=True)
class Result:
    """A point as it was measured, or its error."""

    key: str
    group: str
    repeat: int | None
    params: Mapping[str, Plain]
    seed: int
    figures: Mapping[str, Plain] = field(default_factory=dict)
    controls: Mapping[str, Mapping[str, Plain]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: Failure | None = None

    def number(self, figure: str, control: str | None = None) -> float | None:
        """A figure, or one of a control, that is a finite number; None for any other."""
        held = self.figures if control is None else self.controls.get(control, {})
        value = held.get(figure)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value)

    def text(self, figure: str) -> str:
        """A figure or a parameter in words, "" if there is none."""
        value = self.figures.get(figure, self.params.get(figure))
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Timing:
    """Seconds that a point took, and the most bytes that its process had held by then.

    ``parts``: what its bench timed of it, by name.
    """

    seconds: float
    peak_bytes: int
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """``planned``: the keys of all points, measured or not, in the order of the report."""

    bench: str
    command: str
    seed: int
    options: Mapping[str, Any]
    inputs: Mapping[str, Input]
    measures: Mapping[str, Measure]
    environment: Mapping[str, str | int | bool]
    planned: tuple[str, ...]
    points: Mapping[str, Result] = field(default_factory=dict)
    timings: Mapping[str, Timing] = field(default_factory=dict)

    def results(self, **params: Plain) -> Iterator[Result]:
        """The points that have figures and these parameters, in order."""
        for key in self.planned:
            found = self.points.get(key)
            if found and not found.error and found.params.items() >= params.items():
                yield found

    def failures(self) -> Iterator[tuple[str, Failure]]:
        """Keys of the points that could not be measured, and why."""
        for key in self.planned:
            found = self.points.get(key)
            if found and found.error:
                yield key, found.error

    @property
    def left(self) -> int:
        """Points that were not run at all."""
        return len(set(self.planned) - set(self.points))


def write(document: Document) -> dict[str, Any]:
    """The document as JSON holds it."""
    rows = [document.points[key] for key in document.planned if key in document.points]
    return {
        "format": rules.FORMAT,
        "version": rules.VERSION,
        "bench": document.bench,
        "command": document.command,
        "seed": document.seed,
        "options": {k: _listed(v) for k, v in document.options.items()},
        "inputs": {name: asdict(each) for name, each in document.inputs.items()},
        "measures": {name: asdict(each) for name, each in document.measures.items()},
        "environment": dict(document.environment),
        "planned": list(document.planned),
        "points": [_row(result) for result in rows],
        "timings": {
            r.key: asdict(document.timings[r.key]) for r in rows if r.key in document.timings
        },
    }


def dump(document: Document) -> bytes:
    """The document as a file holds it: ASCII."""
    return json.dumps(write(document), indent=1, allow_nan=False).encode() + b"\n"


def save(document: Document, path: Path) -> None:
    """The document in place of what is at ``path``, old or new at every moment."""
    with output.replacing(path, force=True) as out:
        out.write(dump(document))


def load(path: Path) -> Document:
    """The document of a file; MalformedError, VersionError or LimitError with its name."""
    try:
        size = path.stat().st_size
        rules.check_size(size, str(path))
        data = path.read_bytes()
    except OSError as e:
        raise FileError(f"{path}: {e.strerror or e}") from None
    return read(data, str(path))


def read(data: bytes, name: str) -> Document:
    """The document that ``data`` holds, checked; ``name`` stands before what is wrong."""
    rules.check_size(len(data), name)
    try:
        value = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise MalformedError(f"{name}: is no JSON document of a bench") from None
    rules.check(value, name)
    points = [_result(row) for row in value["points"]]
    return Document(
        bench=value["bench"],
        command=value["command"],
        seed=value["seed"],
        options=value["options"],
        inputs={k: Input(**v) for k, v in value["inputs"].items()},
        measures={k: Measure(**v) for k, v in value["measures"].items()},
        environment=value["environment"],
        planned=tuple(value["planned"]),
        points={point.key: point for point in points},
        timings={k: Timing(**v) for k, v in value["timings"].items()},
    )


def settled(figures: Mapping[str, Plain]) -> dict[str, Plain]:
    """Figures as documents hold them: nine digits, None for what is not finite or over 1e100."""

    def one(value: Plain) -> Plain:
        if not isinstance(value, float):
            return value
        if not abs(value) <= rules.LARGEST:  # nor is NaN
            return None
        return float(f"{value:.9g}") if abs(value) >= rules.LEAST else 0.0

    return {name: one(value) for name, value in figures.items()}


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _row(result: Result) -> dict[str, Any]:
    row = asdict(result) | {"notes": list(result.notes)}
    if result.error is None:
        del row["error"]
    return row


def _result(row: Mapping[str, Any]) -> Result:
    error = Failure(**row["error"]) if "error" in row else None
    return Result(**{**row, "notes": tuple(row["notes"]), "error": error})
