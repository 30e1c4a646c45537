"""Points of many studies as points of one bench, and its document as theirs again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from seedtool.bench.base import Point
from seedtool.bench.ledger.studies import STUDIES
from seedtool.bench.results.document import Document

MARK = ": "


def outer(study: str, point: Point) -> Point:
    """A study's point under its name."""
    return replace(point, group=study + MARK + point.group, params={**point.params, "study": study})


def inner(point: Point) -> tuple[str, Point]:
    """The study of a point, and the point as the study knows it."""
    study = str(point.params["study"])
    params = {k: v for k, v in point.params.items() if k != "study"}
    return study, replace(point, group=point.group.removeprefix(study + MARK), params=params)


def split(document: Document, asked: Mapping[str, Any]) -> dict[str, Document]:
    """A document for each study, with ``asked``: its options. One with no points is left out."""
    found = {}
    for study, options in asked.items():
        start = study + MARK
        planned = _without(document.planned, start)
        points = {
            key.removeprefix(start): replace(
                result,
                key=key.removeprefix(start),
                group=result.group.removeprefix(start),
                params={k: v for k, v in result.params.items() if k != "study"},
            )
            for key, result in document.points.items()
            if key.startswith(start)
        }
        if points:
            found[study] = replace(
                document,
                bench=STUDIES[study].bench or study,
                command=STUDIES[study].command,
                options=asdict(options),
                inputs={
                    key.removeprefix(start): each
                    for key, each in document.inputs.items()
                    if key.startswith(start)
                },
                planned=tuple(planned),
                points=points,
                timings={
                    key.removeprefix(start): timing
                    for key, timing in document.timings.items()
                    if key.startswith(start)
                },
            )
    return found


def _without(keys: Iterable[str], start: str) -> list[str]:
    return [key.removeprefix(start) for key in keys if key.startswith(start)]
