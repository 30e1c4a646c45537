"""``seed demo``: a real network through every codec, a pipe and ONNX, with its score beside it."""

from __future__ import annotations

import contextlib
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from seedtool.cli import options
from seedtool.cli.coding import SETTINGS, settings_of
from seedtool.cli.run import Cost
from seedtool.cli.text import print_json, say, table
from seedtool.errors import MissingExtraError, UsageError

HELP = """Send a small trained network through every codec and score what comes out.

The network reads handwritten digits and ships with this program as a seed. For
each line it is extracted with one codec and sent through a pipe to a second
process that assembles ONNX, which onnxruntime runs on images that it was not
trained on. With --codec or --bits only the line you ask for."""
EXAMPLE = "Example: seed demo --bits 1.5"


@dataclass(frozen=True)
class Rung:
    """One line: a codec and its options."""

    codec: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> str:
        words = ["seed", "demo", "--codec", self.codec]
        for key, value in self.settings.items():
            words += ["--bits", f"{value:g}"] if key == "bits" else ["--set", f"{key}={value}"]
        return shlex.join(words)


RUNGS = (
    Rung("raw"),
    Rung("lossless"),
    *(Rung("trellis", {"bits": bits}) for bits in (4, 3, 2, 1)),
    *(Rung("quant", {"bits": bits}) for bits in (4, 2)),
    *(Rung("pca", {"ratio": ratio}) for ratio in (4, 16)),
    Rung("stats"),
    Rung("minimal"),
)


def command(
    codec: str = typer.Option("", help="Only this codec.", show_default=False),
    bits: float | None = typer.Option(None, help="Bits per weight; implies --codec trellis."),
    settings: list[str] = SETTINGS,
    keep: str | None = typer.Option(
        None, metavar="FOLDER", help="Leave the ONNX models in this new folder."
    ),
    json: bool = options.JSON,
) -> None:
    cost = Cost()
    wishes = settings_of(settings, bits=bits)
    if wishes and not codec and bits is None:
        raise UsageError("options need a codec that takes them", hint="--codec NAME")
    only = codec or ("" if bits is None else "trellis")
    if find_spec("onnxruntime") is None:
        raise MissingExtraError("onnxruntime", "demo", "running the network")
    with _folder(keep) as folder:
        report = _run((Rung(only, wishes),) if only else RUNGS, folder)
    report |= {"kept": keep, "seconds": cost.seconds, "peak_bytes": cost.peak_bytes}
    if json:
        print_json(report)
    else:
        _tell(report, cost)


@contextlib.contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    """Where the models stand while they are run: ``keep`` once all is done, or gone."""
    from seedtool import output

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="seed-demo-") as folder:
            yield Path(folder)
    else:
        output.check_free(Path(keep), force=False, folder=True)
        with output.replacing_folder(Path(keep)) as whole:
            yield whole


def _run(rungs: tuple[Rung, ...], folder: Path) -> dict[str, Any]:
    from seedtool import demo

    digits = demo.Digits()
    uncoded = demo.send(digits, "raw", {}, folder / "uncoded.onnx")
    lines = []
    with _watch() as tell:
        for rung in rungs:
            tell(rung.command)
            name = "-".join([rung.codec, *(f"{k}-{v}" for k, v in rung.settings.items())])
            done = demo.send(digits, rung.codec, rung.settings, folder / f"{name}.onnx")
            line = {"codec": rung.codec, "options": rung.settings, "seed_bytes": done.sent}
            lines.append({**line, "right": done.right, "command": rung.command})
    return {
        "tensor_bytes": digits.nbytes,
        "shipped_bytes": digits.shipped_bytes,
        "images": len(digits.labels),
        "lines": lines,
        "controls": {
            "trained": digits.right_when_trained,
            "uncoded": uncoded.right,
            "guessed": digits.right_when_guessed,
        },
    }


@contextlib.contextmanager
def _watch() -> Iterator[Callable[[str], None]]:
    """Say what is running, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(Text(text))


def _tell(report: dict[str, Any], cost: Cost) -> None:
    images, plain = report["images"], report["tensor_bytes"]

    def score(right: int) -> list[str]:
        return [f"{right} of {images}", f"{100 * right / images:.1f} %"]

    rows = [["codec", "seed / tensor bytes", "", "images right", "", "again with"]]
    for line in report["lines"]:
        size = [f"{line['seed_bytes']:,} / {plain:,}", f"{100 * line['seed_bytes'] / plain:.1f} %"]
        rows.append([line["codec"], *size, *score(line["right"]), line["command"]])
    controls = report["controls"]
    rows += [
        ["", "", "", *score(controls["trained"]), "control: in torch, when trained"],
        ["", "", "", *score(controls["uncoded"]), "control: in onnxruntime, uncoded"],
        ["", "", "", *score(controls["guessed"]), "control: always the commonest digit"],
    ]
    print(table(rows, right=frozenset({1, 2, 3, 4})))
    say("seed bytes are all that went through the pipe, the ONNX graph included")
    kept = report["kept"]
    say(f"models are in {kept}" if kept else "no file is left behind (--keep FOLDER keeps them)")
    say(str(cost))
