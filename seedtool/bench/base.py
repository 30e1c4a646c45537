"""What a bench is: a file in this folder with a class ``Bench`` that does this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from seedtool.bench.reports.blocks import Block
    from seedtool.bench.results.document import Document

Plain = str | int | float | bool | None
Figures = Mapping[str, Plain]


@dataclass(frozen=True)
class Measure:
    """What a figure of that name is.

    ``better``: which way it improves, "" for neither. ``exact``: it has no noise, so that any
    change is one.
    """

    about: str
    unit: str = ""
    better: Literal["lower", "higher", ""] = ""
    exact: bool = False


@dataclass(frozen=True)
class Point:
    """One small job, which knows nothing of the others.

    ``group``: what is measured, the same for all its repeats; ``params``: plain values.
    ``repeat``: which of several that differ by their seed alone, None where there is one.
    """

    group: str
    params: Mapping[str, Plain] = field(default_factory=dict)
    repeat: int | None = None

    @property
    def key(self) -> str:
        return self.group if self.repeat is None else f"{self.group}#{self.repeat}"


@dataclass(frozen=True)
class Measured:
    """``figures`` by the names of the bench's measures; ``controls``: the same measures of what
    knows nothing, or loses nothing, by a name of each control. ``notes``: for people.
    ``timings``: seconds or bytes by a name of each, which are others on every run."""

    figures: Figures
    controls: Mapping[str, Figures] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """A model or data: its name, the hex SHA-256 of its content, and its size in ``unit``."""

    name: str
    sha256: str
    size: int
    unit: str = "bytes"


class Bench(ABC):
    """A question to models. ``Options``: a frozen dataclass of plain values, or tuples of them."""

    title: ClassVar[str]
    about: ClassVar[str]
    Options: ClassVar[type[Any]]
    measures: ClassVar[Mapping[str, Measure]]

    def figures(self, options: Any) -> Mapping[str, Measure]:
        """The measures as these options have them."""
        return self.measures

    @abstractmethod
    def inputs(self, options: Any) -> Mapping[str, Input]:
        """The models and data that the points are measured on, opened and hashed."""

    @abstractmethod
    def points(self, options: Any) -> Sequence[Point]:
        """The jobs, in the order of a report; keys are unique."""

    @abstractmethod
    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """One point, in a process of its own with one thread; all chance is by ``seed``.

        Raises subclasses of SeedError.
        """

    @abstractmethod
    def blocks(self, document: Document) -> Iterator[Block]:
        """Tables, plots and words, from the document alone."""

    def smoke(self, options: Any) -> Any:
        """The options of a run that shows in seconds that all of it works."""
        return options
