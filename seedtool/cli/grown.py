"""Growing at the command line: what is asked, done and told of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedtool.cli.run import named, stages
from seedtool.cli.text import many, say, table
from seedtool.errors import UsageError

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.growing.grown import Grown
    from seedtool.recipes.schema import Recipe


@dataclass(frozen=True)
class Asked:
    """The options of ``--grow``; None: not given."""

    task: str | None
    recipe: str | None
    data: str | None
    test_data: str | None
    start: str | None
    grower: str | None
    steps: int | None
    seed: int | None

    def check(self, *, grow: bool, only: str | None) -> None:
        """UsageError for options that say nothing without ``--grow``, or nothing with it."""
        given = [name for name, value in vars(self).items() if value is not None]
        if not grow and given:
            raise UsageError(f"--{given[0].replace('_', '-')} is for growing", hint="--grow")
        if grow and only is not None:
            raise UsageError("what is grown is the whole model, so not with --only")
        if self.task is not None and self.recipe is not None:
            raise UsageError(
                "--task is a recipe of the seed's, --recipe one of a file: one of them"
            )

    def chosen(self) -> Recipe | None:
        """The recipe of a file, None for one of the seed's."""
        if self.recipe is None:
            return None
        from seedtool.recipes import toml

        with named(self.recipe):
            return toml.load(Path(self.recipe))

    def grow(
        self,
        made: Seed,
        recipe: Recipe | None,
        target: Path | None,
        kind: str,
        *,
        limit: int,
        quiet: bool,
    ) -> Grown:
        """The seed's model grown; its state is kept in a file beside ``target`` meanwhile."""
        with stages(quiet=quiet) as stage:
            return made.grow(
                recipe,
                task=self.task,
                data=self.data,
                test=self.test_data,
                start=self.start or "coded",
                grower=self.grower,
                steps=self.steps,
                seed=self.seed,
                checkpoint=Path(f"{target}.growing") if target else None,
                to=kind,
                limit=limit,
                stage=stage,
            )


def tell(report: dict[str, Any], base: dict[str, Any] | None, seed_bytes: int | None) -> None:
    """One table: what it could before and can now, and what that took."""
    grown = report["grown"]
    on = f"on {many(grown['measured'], 'example')} that trained nothing"
    rows = [
        ["recipe", f"{grown['recipe']}, {grown['task']}"],
        ["start, grower", f"{grown['start']}, {grown['grower']}, seed {grown['seed']}"],
        [f"{grown['metric']}, 0 steps", f"{_figure(grown['before'])} {on}"],
        [f"{grown['metric']}, grown", _figure(grown["after"])],
        ["steps", _steps(grown)],
        ["time, peak memory", _cost(grown)],
    ]
    if not grown["measured"]:
        rows[2:4] = [[grown["metric"], "not measured: no examples are held out (--test-data)"]]
    if grown["acceptance"] is not None:
        rows.append(["accepted", f"{100 * grown['acceptance']:.0f} % of the thermal blocks"])
    sizes = "" if seed_bytes is None else f"{seed_bytes:,} bytes of the seed"
    more = [f"{grown['data_bytes']:,} of data given"] if grown["data_bytes"] else []
    more += [f"{base['bytes']:,} of the base"] if base else []
    rows.append(["it took", " + ".join(filter(None, (sizes, *more)))])
    for line in table([row for row in rows if row[1]]).splitlines():
        say(line)


def bytes_of(data: str | None) -> int:
    """Bytes of the files that are the data given; 0 for data of the seed or of a hub."""
    path = Path(data) if data is not None else None
    if path is None or not path.exists():
        return 0
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _figure(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"


def _steps(grown: dict[str, Any]) -> str:
    why = ", the recipe's target reached" if grown["target_reached"] else ""
    of = f" of {grown['steps_asked']:,}" if grown["steps"] != grown["steps_asked"] else ""
    return f"{grown['steps']:,}{of} on {many(grown['examples'], 'example')}{why}"


def _cost(grown: dict[str, Any]) -> str:
    others = f", {grown['processes']} processes" if grown["processes"] > 1 else ""
    memory = grown["peak_bytes"] / (1 << 20)
    return f"{grown['seconds'] / 60:.1f} min, {memory:.0f} MiB on {grown['device']}{others}"
