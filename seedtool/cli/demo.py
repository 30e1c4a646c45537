"""``seed demo``: a real network through every codec, a pipe and ONNX, with its score beside it."""

from __future__ import annotations

import contextlib
import io
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import options
from seedtool.cli.extract import settings_of
from seedtool.cli.run import Cost
from seedtool.cli.text import print_json, say, table
from seedtool.errors import MissingExtraError, SeedError, UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

HELP = """Send a small trained network through every codec and score what comes out.

A network that reads handwritten digits ships with this program as a seed. Each
line is that network extracted with one codec, sent through a pipe to a second
process that assembles ONNX, run by onnxruntime on images it was not trained on.
With --codec or --bits, the one line you ask for."""
EXAMPLE = "Example: seed demo --bits 1.5"


@dataclass(frozen=True)
class Rung:
    """One line: a codec and its options, as ``extract`` takes them."""

    codec: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def flags(self) -> str:
        words = ["--codec", self.codec]
        for key, value in self.settings.items():
            words += ["--bits", str(value)] if key == "bits" else ["--set", f"{key}={value}"]
        return shlex.join(words)


RUNGS = (
    Rung("raw"),
    Rung("lossless"),
    *(Rung("quant", {"bits": bits}) for bits in (6, 4, 3, 2, 1)),
    *(Rung("pca", {"ratio": ratio}) for ratio in (4, 16)),
    Rung("stats"),
    Rung("minimal"),
)


def command(
    codec: str = typer.Option("", help="Only this codec.", show_default=False),
    bits: float | None = typer.Option(None, help="Bits per weight; implies --codec quant."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Any option of the codec; may be repeated."
    ),
    keep: str | None = typer.Option(
        None, metavar="FOLDER", help="Leave every model in this new folder."
    ),
    json: bool = options.JSON,
) -> None:
    cost = Cost()
    wishes = settings_of(settings, bits=bits)
    if wishes and not codec and bits is None:
        raise UsageError("options without a codec to take them", hint="--codec NAME")
    chosen = codec or ("quant" if bits is not None else "")
    if find_spec("onnxruntime") is None:
        raise MissingExtraError("onnxruntime", "demo", "running the network")
    with _folder(keep) as folder:
        report = _run((Rung(chosen, wishes),) if chosen else RUNGS, folder)
    report |= {"kept": keep, "seconds": cost.seconds, "peak_bytes": cost.peak_bytes}
    if json:
        print_json(report)
    else:
        _tell(report, cost)


@contextlib.contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    """Where the models stand while they are run: ``keep`` when all is done, or gone."""
    from seedtool import output

    with contextlib.ExitStack() as stack:
        if keep is None:
            yield Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seed-demo-")))
        else:
            output.check_free(Path(keep), force=False, folder=True)
            yield stack.enter_context(output.replacing_folder(Path(keep)))


def _run(rungs: tuple[Rung, ...], folder: Path) -> dict[str, Any]:
    import numpy as np

    from seedtool import api

    data = resources.files("seedtool") / "data"
    shipped = (data / "digits.seed").read_bytes()
    with np.load(io.BytesIO((data / "digits_test.npz").read_bytes())) as held_out:
        images = held_out["images"].astype(np.float32) / np.float32(16)
        labels = held_out["labels"]
    network = api.load(io.BytesIO(shipped))
    model = folder / "digits.onnx"
    network.assemble(model)
    lines = []
    with _watch() as tell:
        for rung in rungs:
            tell(rung.flags)
            target = folder / f"{'-'.join([rung.codec, *map(str, rung.settings.values())])}.onnx"
            written = _pipe(model, rung, target)
            right = _score(target, images, labels)
            lines.append(
                {
                    "codec": rung.codec,
                    "options": rung.settings,
                    "bytes": written,
                    "right": right,
                    "accuracy": round(right / len(labels), 4),
                    "command": f"seed demo {rung.flags}",
                }
            )
    return {
        "plain_bytes": sum(e.nbytes for e, _ in network.header.owners()),
        "shipped_bytes": len(shipped),
        "images": len(labels),
        "controls": {
            "trained": api.load(io.BytesIO(shipped)).meta()["held_out"]["right"],
            "uncoded": _score(model, images, labels),
            "commonest_digit": int(np.bincount(labels).max()),
        },
        "lines": lines,
    }


def _pipe(model: Path, rung: Rung, target: Path) -> int:
    """Extract ``model`` here, assemble it in a second process; bytes that went between."""
    from seedtool import api

    made = api.extract(str(model), codec=rung.codec, **rung.settings)
    second = [sys.executable, "-m", "seedtool", "assemble", "-", "-o", str(target), "--quiet"]
    pipe = subprocess.PIPE
    with subprocess.Popen(second, stdin=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        written = 0
        with contextlib.suppress(BrokenPipeError):  # its own words on stderr say more
            written = made.save(process.stdin)
        complaint = process.communicate()[1].decode(errors="replace").strip()
    if process.returncode:
        raise SeedError(f"the second process ended with {process.returncode}: {complaint}")
    return written


def _score(model: Path, images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> int:
    """How many ``images`` (n x 1 x 8 x 8 float32, 0 to 1) the ONNX ``model`` reads right."""
    from seedtool.models.session import Session

    session = Session(model)
    scores = session({next(iter(session.inputs)): images})[0]
    return int((scores.argmax(axis=1) == labels).sum())


@contextlib.contextmanager
def _watch() -> Iterator[Any]:
    """Say what is running, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(f"seed demo {text}")


def _tell(report: dict[str, Any], cost: Cost) -> None:
    images, plain = report["images"], report["plain_bytes"]

    def line(what: str, size: str, right: int, how: str = "") -> list[str]:
        return [what, size, f"{right} of {images}", f"{100 * right / images:.1f} %", how]

    rows = [["codec", "seed / plain tensors, bytes", "right", "", "again with"]]
    for row in report["lines"]:
        share = f"{100 * row['bytes'] / plain:.1f} %"
        size = f"{row['bytes']:,} / {plain:,} = {share:>7}"
        rows.append(line(row["codec"], size, row["right"], row["command"]))
    controls = report["controls"]
    rows.append(line("(uncoded, in ONNX)", "", controls["uncoded"]))
    rows.append(line("(when trained, in torch)", "", controls["trained"]))
    rows.append(line("(always the commonest digit)", "", controls["commonest_digit"]))
    print(table(rows, right=frozenset({1, 2, 3})))
    kept = report["kept"]
    say(
        f"models are in {kept}"
        if kept
        else "no file is left behind; --keep FOLDER keeps the models"
    )
    say(f"a seed's bytes include its ONNX graph; {cost}")
