"""What a running command shares: standard streams, progress, cost."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from seedtool import memory
from seedtool.cli.text import quantity
from seedtool.errors import FileError, RefusedError, SeedError
from seedtool.stages import Advance, Stage, silent

if TYPE_CHECKING:
    from seedtool.seed import Entry

Progress = Callable[["Entry"], None]


def standard_input(what: str) -> BinaryIO:
    """stdin for binary data; RefusedError on a terminal, where nobody types that."""
    if sys.stdin is None:
        raise RefusedError(f"{what} is expected on standard input, which is closed")
    if sys.stdin.isatty():
        raise RefusedError(
            f"{what} is expected on standard input, which is a terminal", hint="a pipe, or < FILE"
        )
    return sys.stdin.buffer


@contextlib.contextmanager
def standard_output(what: str) -> Iterator[BinaryIO]:
    """stdout for binary data, written out at the end; RefusedError on a terminal."""
    from seedtool import output

    if sys.stdout is None:
        raise RefusedError(f"{what} is wanted on standard output, which is closed")
    if sys.stdout.isatty():
        raise RefusedError(f"not writing {what} to a terminal", hint="-o FILE, or a pipe")
    with output.writing("<stdout>"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def spooled_input(what: str) -> Iterator[Path]:
    """stdin as a file, for formats that can't be read forwards; gone afterwards."""
    import shutil
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="seed-", suffix=".stdin") as file:
        try:
            shutil.copyfileobj(standard_input(what), file, 1 << 20)
            file.flush()
        except OSError as e:
            raise FileError(
                f"can't be kept in {tempfile.gettempdir()}: {e.strerror or e}",
                hint="TMPDIR=FOLDER keeps it elsewhere",
            ) from None
        try:
            yield Path(file.name)
        except SeedError as e:
            e.message = e.message.removeprefix(f"{file.name}: ")
            raise


@contextlib.contextmanager
def named(name: str) -> Iterator[None]:
    """Put the file's name before the message of whatever goes wrong with it."""
    try:
        yield
    except SeedError as e:
        if not e.args or not e.message.startswith(name):
            e.message = f"{name}: {e.message}"
        raise


@contextlib.contextmanager
def progress(total: int, verb: str, *, quiet: bool) -> Iterator[Progress]:
    """A bar over ``total`` bytes of tensors on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(verb, total=total)
        yield lambda entry: bar.advance(task, entry.nbytes)


@contextlib.contextmanager
def stages(*, quiet: bool) -> Iterator[Stage]:
    """A bar for each stretch of work in turn, on a terminal only.

    It has a rate if its length is a count, over 1; one that comes again under its name
    is numbered.
    """
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.TaskProgressColumn(),
        bars.TextColumn("{task.fields[rate]}", markup=False),
        bars.TimeRemainingColumn(),
    )
    times: Counter[str] = Counter()
    screen = Console(stderr=True)
    with bars.Progress(*columns, console=screen, transient=True, refresh_per_second=2) as bar:

        def stage(name: str, length: float) -> Advance:
            times[name] += 1
            for other in bar.task_ids:
                bar.remove_task(other)
            again = f", pass {times[name]}" if times[name] > 1 else ""
            task = bar.add_task(name + again, total=length or None, rate="")

            def advance(done: float, told: str = "", /) -> None:
                bar.advance(task, done)
                speed = bar.tasks[0].speed
                rate = f"{quantity(speed)}/s" if speed and length > 1 else ""
                bar.update(task, rate="  ".join(filter(None, (rate, told))))

            return advance

        yield stage


class Cost:
    """Seconds since it was made, and the most memory the process ever held."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._start, 2)

    @property
    def peak_bytes(self) -> int:
        """Resident bytes at their highest since this program started."""
        return memory.peak_bytes()

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, peak memory {self.peak_bytes / (1 << 20):.0f} MiB"
