"""What rides along with a seed: recipes, the examples chosen for them, and their receipts."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import typer

from seedtool.cli import receipts
from seedtool.cli.grown import bytes_of, read_recipe
from seedtool.cli.run import stages
from seedtool.cli.sizes import read_size
from seedtool.cli.text import many, say
from seedtool.errors import GateError, UsageError

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.calibration.batches import Batches
    from seedtool.receipts.schema import Receipt
    from seedtool.recipes.schema import Recipe
    from seedtool.seed import Section
    from seedtool.stages import Stage

Model = Callable[[], "Seed"]


RECIPE = typer.Option([], metavar="FILE", help="A recipe (TOML) to ride along; may be repeated.")
DATA = typer.Option(
    [], metavar="DATA", help="A recipe's examples; one for all, or one for each --recipe."
)
TEST_DATA = typer.Option([], metavar="DATA", help="What a receipt is measured on; as --data.")


@dataclass(frozen=True)
class Asked:
    """The options of what rides along."""

    recipe: list[str] = RECIPE
    data: list[str] = DATA
    examples: int | None = typer.Option(
        None, metavar="N", help="So many of them ride along, rather than all that are embedded."
    )
    data_size: str | None = typer.Option(
        None, metavar="BYTES", help="As many of them as take so many bytes: 48KB."
    )
    select: str = typer.Option(
        "random", metavar="HOW", help="random, herding, margin, kcenter or distilled."
    )
    test_data: list[str] = TEST_DATA
    receipt: bool = typer.Option(
        False, "--receipt", help="Grow it here by its recipes, and store what came of it."
    )

    @property
    def chooses(self) -> bool:
        """Whether some of the data are chosen, rather than all sent along."""
        return (self.examples, self.data_size, self.select) != (None, None, "random")


@dataclass
class Ride:
    """A recipe's file and the data given for it; ``section``: its examples, once coded."""

    path: str
    recipe: Recipe
    data: str | None
    test: str | None
    section: Section | None = None

    @property
    def is_embedded(self) -> bool:
        return self.recipe.data.source == "embedded"


class Rides:
    """All that ``seed extract`` is asked to send along; UsageError for what fits no recipe."""

    def __init__(self, asked: Asked, calibrate: str | None, *, dry_run: bool) -> None:
        self._rides: list[Ride] = []
        self._receipt = asked.receipt
        self._calibrate = calibrate
        by_recipe = calibrate is not None and Path(calibrate).suffix == ".toml"
        if by_recipe and (calibrate not in asked.recipe or not asked.data):
            raise UsageError(
                f"{calibrate}: only a recipe that rides along calibrates by its data",
                hint=f"--recipe {calibrate} --data DATA",
            )
        self._model: Model | None = None
        self._receipts: list[dict[str, Any]] = []
        if asked.receipt and dry_run:
            raise UsageError("--receipt grows the model, which a dry run does not")
        size = None if asked.data_size is None else read_size(asked.data_size)
        if not asked.recipe:
            if any((asked.data, asked.test_data, asked.receipt)) or asked.chooses:
                raise UsageError("data and receipts are of a recipe", hint="--recipe FILE")
            return
        from seedtool.growing.embedding import Share, embedded

        self._share = Share(asked.examples, size, asked.select)
        recipes = [read_recipe(path) for path in asked.recipe]
        if asked.chooses:
            if not asked.data:
                raise UsageError("examples are chosen from data", hint="--data DATA")
            recipes = [embedded(recipe) for recipe in recipes]
        given = _each("data", asked.data, recipes), _each("test-data", asked.test_data, recipes)
        self._rides = [Ride(*each) for each in zip(asked.recipe, recipes, *given, strict=True)]
        if asked.test_data and not asked.receipt:
            raise UsageError("--test-data is what a receipt is measured on", hint="--receipt")
        for ride in self._rides if asked.data and not asked.receipt else ():
            if not ride.is_embedded and ride.path != calibrate:
                raise UsageError(
                    f"the data of the recipe {ride.recipe.name!a} are the receiver's to give",
                    hint='--examples N, --data-size BYTES or source = "embedded" embeds them',
                )

    def sections(self, model: Model, stage: Stage) -> list[tuple[Recipe, Section | None]]:
        """Each recipe with the section of its examples, which are chosen and coded here.

        ``model``: makes a lossless seed of the model, which labels them and is the original.
        """
        if not self._rides:
            return []
        from seedtool.growing import embedding, given, teacher
        from seedtool.recipes.section import examples_of

        self._model = model
        coded: dict[str, Section] = {}
        for ride in self._rides:
            name = examples_of(ride.recipe)
            if name is None or ride.data is None:
                continue
            if name not in coded:
                stage("choosing examples", 0)
                examples = given.given_examples(ride.recipe, ride.data)
                with contextlib.ExitStack() as stack:
                    taught = None
                    if teacher.wanted(ride.recipe, self._share.how, examples):
                        made = teacher.opened(model().assembly(), ride.recipe, examples)
                        taught = stack.enter_context(made)
                    coded[name] = embedding.embed(ride.recipe, examples, self._share, taught)
            ride.section = coded[name]
        return [(ride.recipe, ride.section) for ride in self._rides]

    def calibration(self, model: Model) -> str | Batches | None:
        """What the plan is calibrated by: of a recipe's file its data, else what was given."""
        ride = next((r for r in self._rides if r.path == self._calibrate), None)
        if ride is None or ride.data is None:
            return self._calibrate
        from seedtool.growing import calibrating, given

        examples = given.given_examples(ride.recipe, ride.data)
        name = Path(ride.data).name
        return calibrating.batches(model().assembly(), ride.recipe, examples, name)

    def noted(self) -> dict[str, Any]:
        """What holds the receipts' place in the fidelity document while sizes are planned."""
        from seedtool.receipts import document, section

        if not self._receipt:
            return {}
        held = [document.write(section.placeholder(ride.recipe)) for ride in self._rides]
        return {document.KEY: held}

    def received(
        self,
        made: Seed,
        stack: contextlib.ExitStack,
        base: Sequence[str],
        size: int | None,
        *,
        quiet: bool,
    ) -> Seed:
        """The seed with receipts of growing it here, by each recipe; as it is if none is asked.

        GateError if it would be over ``size`` bytes.
        """
        if not self._receipt:
            return made
        from seedtool import api
        from seedtool.receipts import beside, section

        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="seed-"))
        path = Path(folder) / "plain.seed"
        made.save(path)
        loaded = api.load(path, base=list(base) or None)
        found = [self._receive(loaded, ride, quiet=quiet) for ride in self._rides]
        changed = section.with_receipts(loaded, found)
        counted = _Counted()
        written = changed.save(cast("BinaryIO", counted))
        if size is not None and written > size:
            raise GateError(f"with its receipts the seed takes {written:,} bytes, over {size:,}")
        for receipt, ride in zip(found, self._rides, strict=True):
            sizes = receipts.sizes(loaded, ride.recipe, written, _given_bytes(ride))
            self._receipts.append(beside.report(receipt, sizes))
            if not quiet:
                receipts.tell(receipt, sizes)
        return replace(made, sections=changed.sections)

    def _receive(self, seed: Seed, ride: Ride, *, quiet: bool) -> Receipt:
        from seedtool.receipts import making, repeating

        model = self._model
        data = None if ride.is_embedded else ride.data
        trial = repeating.trial_of(seed, ride.recipe, data, ride.test)
        with stages(quiet=quiet) as stage:
            return making.make(
                seed,
                trial,
                original=None if model is None else lambda: model().assembly(),
                stage=stage,
            )

    def report(self) -> dict[str, Any]:
        """What rides along as JSON holds it."""
        from seedtool.container import stored_size

        rows: dict[str, dict[str, Any]] = {}
        for ride in self._rides:
            if ride.section is not None:
                fields = {key: ride.section.fields[key] for key in ("name", "count", "codec")}
                rows[fields["name"]] = {**fields, "bytes": stored_size(ride.section)}
        names = {"recipes": [ride.recipe.name for ride in self._rides]} if self._rides else {}
        examples = {"examples": [*rows.values()]} if rows else {}
        told = {"receipts": self._receipts} if self._receipts else {}
        return names | examples | told


class _Counted(io.RawIOBase):
    """A stream that keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


def tell(report: dict[str, Any]) -> None:
    """What rides along, in words."""
    if "recipes" in report:
        say(f"with {many(len(report['recipes']), 'recipe')}: {', '.join(report['recipes'])}")
    for held in report.get("examples", ()):
        share = 100 * held["bytes"] / report["seed_bytes"]
        say(
            f"with {many(held['count'], 'example')} called {held['name']!r}: "
            f"{held['bytes']:,} of the seed's bytes, {share:.1f} %"
        )


def _each(option: str, given: Sequence[str], recipes: Sequence[Recipe]) -> Sequence[str | None]:
    """One for each recipe: none, one for all, or as many as there are."""
    if len(given) == len(recipes):
        return given
    if len(given) > 1:
        raise UsageError(f"--{option} is given once, or once for each of {len(recipes)} recipes")
    return [given[0] if given else None] * len(recipes)


def _given_bytes(ride: Ride) -> int:
    return 0 if ride.is_embedded else bytes_of(ride.data)
