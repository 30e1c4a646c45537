"""A seed as a value: loaded, saved, verified, and a model assembled from it."""

from __future__ import annotations

import contextlib
import glob
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy.typing as npt

from seedtool import assemble, coding, container, graph, output, sinks
from seedtool.assemble import Assembly
from seedtool.container import Reader
from seedtool.container.reader import Wanted, everything
from seedtool.errors import UsageError
from seedtool.extraction import Ledger
from seedtool.receipts import document as receipts
from seedtool.recipes import section as recipe_section
from seedtool.seed import Entry, Header, Section, needs_base
from seedtool.seedfile import open_reader, run_sections
from seedtool.stages import Stage, silent
from seedtool.tensors import BaseModel

if TYPE_CHECKING:
    from seedtool.examples.labelled import Examples
    from seedtool.growing.grown import Grown
    from seedtool.recipes.schema import Recipe
    from seedtool.sources.base import Source

Stream = Callable[[Wanted], Iterator[Section]]
Progress = Callable[[Entry], None]


def ignore(_: Entry) -> None:
    pass


@dataclass(frozen=True)
class Seed:
    """A seed: its table of tensors and a way to run through its sections.

    Made by :func:`load` or :func:`extract`; nothing is coded or decoded before
    it is asked for. ``jump`` runs through a file without reading unwanted
    bodies. ``base`` is the model that it is a difference to, if it is one and
    that is known. An extracted seed has its ``source``, a ``ledger`` that fills
    as it is saved, and ``notes`` for its user.
    """

    header: Header
    sections: Stream
    jump: Stream | None = None
    source: Source | None = None
    ledger: Ledger = field(default_factory=Ledger)
    notes: tuple[str, ...] = ()
    header_bytes: int = 0
    base: BaseModel | None = None

    def save(
        self,
        target: str | Path | BinaryIO,
        *,
        force: bool = False,
        progress: Progress = ignore,
    ) -> int:
        """Write the seed to a path, old or new at every moment, or to a stream; its bytes."""
        if isinstance(target, (str, Path)):
            with output.replacing(Path(target), force=force) as out:
                return self.save(out, progress=progress)
        return container.write(target, self.header, self._watched(progress))

    def _watched(self, progress: Progress) -> Iterator[Section]:
        owners = self.header.owners()
        for section in self.sections(everything):
            if section.kind != "end":  # of the file it came from; the writer makes a new one
                yield section
            if section.kind == "tensor":
                progress(next(owners)[0])

    def assembly(
        self,
        *,
        only: str | None = None,
        limit: int = coding.TENSOR_MAX,
        progress: Progress = ignore,
    ) -> Assembly:
        """The model as a stream of arrays; ``only`` is a pattern of names (as fnmatch).

        With ``only`` on a file the rest is jumped over unread.
        """
        stream = self.jump if only is not None and self.jump else self.sections
        return assemble.assemble(
            self.header, stream, only=only, limit=limit, progress=progress, model=self.base
        )

    def assemble(
        self,
        target: str | Path | BinaryIO,
        *,
        to: str | None = None,
        precision: str = "fp32",
        only: str | None = None,
        force: bool = False,
        limit: int = coding.TENSOR_MAX,
        progress: Progress = ignore,
    ) -> None:
        """Make the model: a folder, .safetensors, .npz or .onnx, at a path or on a stream.

        ``precision`` is that of the weights in ONNX: fp32, fp16 or int8.
        """
        path = Path(target) if isinstance(target, (str, Path)) else None
        kind = sinks.kind_of(path, to)
        made = self.assembly(only=only, limit=limit, progress=progress)
        if isinstance(target, (str, Path)):
            sinks.write_path(made, Path(target), kind, precision, force=force)
        else:
            sinks.write_stream(made, target, kind, precision)

    def grow(
        self,
        recipe: Recipe | None = None,
        *,
        task: str | None = None,
        data: Examples | str | Path | None = None,
        test: Examples | str | Path | None = None,
        start: str = "coded",
        grower: str | None = None,
        steps: int | None = None,
        seed: int | None = None,
        module: Any = None,
        checkpoint: str | Path | None = None,
        to: str | None = None,
        limit: int = coding.TENSOR_MAX,
        stage: Stage = silent,
    ) -> Grown:
        """The model trained by ``recipe``, or by that of the seed's own called ``task``.

        ``data``: where the recipe's data are given by the caller, these. ``test``: what to
        measure by; else what the recipe holds out. ``start``: ``coded`` as the seed is,
        ``random`` as the architecture begins, or what a codec would leave of the seed's values:
        ``stats``, ``trellis:1.5``. ``grower``, ``steps`` and ``seed`` (of random numbers) stand
        for the recipe's. ``module``: a torch.nn.Module with the seed's tensors, where the seed
        has no config of a transformers model. ``checkpoint``: a file that keeps the
        state about once a minute, and is gone on from to the same end. ``to``: the kind
        of output that will be made, onnx for one. A seed that comes
        through a stream can't be grown. Raises subclasses of SeedError.
        """
        from seedtool.growing import given
        from seedtool.growing.growth import Wish, grow

        kept = None if checkpoint is None else Path(checkpoint)
        chosen = recipe or given.choose_recipe(self.recipes(), task)
        examples = given.learned_examples(self, chosen, data)
        return grow(
            self.assembly(limit=limit),
            chosen,
            examples,
            None if test is None else given.unseen_examples(chosen, test),
            Wish(start, grower, steps, seed, module, kept, to),
            stage,
        )

    def tensors(self, only: str | None = None) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Names and values, in storage dtype (BF16 and F8 as their bits)."""
        for _, names, array in self.assembly(only=only).stream():
            for name in names:
                yield name, array

    def tensor(self, name: str) -> npt.NDArray[Any]:
        """One tensor's values; in a file nothing else is read."""
        return next(array for _, array in self.tensors(glob.escape(name)))

    def verify(
        self, *, quick: bool = False, limit: int = coding.TENSOR_MAX, progress: Progress = ignore
    ) -> bytes:
        """Read everything and compare every hash; the content digest.

        Also decodes every tensor and compares its check, unless ``quick``; without the
        base of a difference those alone that need none. Examples likewise, but for those of
        codecs that are not known here.
        """
        owners = self.header.owners()
        model = self.base.tensors if self.base else None
        for section in self.sections(everything):
            if section.kind == "tensor":
                entry = next(owners)[0]
                if not quick and (model or not needs_base(section.kind, section.fields)):
                    coding.decode(entry, section, limit=limit, model=model)
                progress(entry)
            elif section.kind == "graph":
                graph.from_section(section, self.header)
            elif section.kind == "meta":
                container.document(section)
            elif section.kind == "fidelity":
                receipts.of_fidelity(container.document(section))
            elif section.kind == "recipe":
                recipe_section.read(section)
            elif section.kind == "examples" and not quick:
                _decode_examples(section)
        return bytes(section.fields["content"])

    def meta(self) -> dict[str, Any]:
        """The meta document."""
        stream = (self.jump or self.sections)(lambda section, _: section.kind == "meta")
        return container.document(next(stream))

    def recipes(self) -> tuple[Recipe, ...]:
        """The recipes that ride along, each checked; MalformedError or LimitError for a bad one."""
        return tuple(map(recipe_section.read, self._before_tensors("recipe")))

    def examples(self, name: str) -> Section:
        """The examples of that name, not decoded; UsageError if the seed has none."""
        for section in self._before_tensors("examples", name):
            return section
        raise UsageError(
            f"the seed has no examples called {name[:64]!a}", hint="seed inspect lists them"
        )

    def _before_tensors(self, kind: str, name: str | None = None) -> Iterator[Section]:
        """The sections of a kind that comes before the tensors, none of which is made for it."""

        def wanted(section: Section, _: Entry | None) -> bool:
            return section.kind == kind and name in (None, section.fields["name"])

        for section in (self.jump or self.sections)(wanted):
            if section.kind in ("tensor", "fidelity", "end"):
                return
            if wanted(section, None):
                yield section


def _decode_examples(section: Section) -> None:
    from seedtool.examples import section as examples

    if section.fields["codec"] == examples.CODEC:
        examples.read(section)


def load(source: str | Path | BinaryIO, *, base: Any = None) -> Seed:
    """A seed from a path, a byte stream, or ``-`` for standard input.

    Reads and checks the header. A stream can be run through once. ``base``: the model that
    the seed is a difference to (what :func:`extract` takes, or the path of a
    seed), or a list of models among which it and its own bases are; DigestError
    for another model. Raises subclasses of SeedError alone.
    """
    seed = _load(source)
    if base is None:
        return seed
    if seed.header.base is None:
        raise UsageError("the seed is no difference to another model, so it takes no base")
    from seedtool.bases import find_base

    return replace(seed, base=find_base(seed.header.base, base))


def _load(source: str | Path | BinaryIO) -> Seed:
    if source == "-":
        source = sys.stdin.buffer
    if isinstance(source, (str, Path)):
        path = Path(source)
        with contextlib.ExitStack() as stack:
            reader = open_reader(path, stack)
            if not path.is_file():  # a pipe with a name
                stack.pop_all()
                return _load_once(reader)
        return Seed(
            reader.header,
            lambda wanted: run_sections(path, reader.header, wanted, seek=False),
            jump=lambda wanted: run_sections(path, reader.header, wanted, seek=True),
            header_bytes=reader.position,
        )
    return _load_once(Reader(source))


def _load_once(reader: Reader) -> Seed:
    taken: list[bool] = []

    def once(wanted: Wanted) -> Iterator[Section]:
        if taken:
            raise UsageError("a seed that comes through a stream can be read once")
        taken.append(True)
        return reader.sections(wanted)

    return Seed(reader.header, once, header_bytes=reader.position)
