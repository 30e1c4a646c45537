"""What a study is made of: the points of a bench, or of something that has points alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from seedtool.bench.base import Input, Measure, Measured, Point


class Part(Protocol):
    """As :class:`seedtool.bench.base.Bench` has them."""

    @property
    def Options(self) -> type[Any]: ...  # noqa: N802  (a class)

    def figures(self, options: Any) -> Mapping[str, Measure]: ...

    def inputs(self, options: Any) -> Mapping[str, Input]: ...

    def points(self, options: Any) -> Sequence[Point]: ...

    def measure(self, options: Any, point: Point, seed: int) -> Measured: ...

    def smoke(self, options: Any) -> Any: ...
