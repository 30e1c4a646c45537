"""The command when it is stopped: its exit code, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli import script

SEED = [sys.executable, "-m", "seedtool"]


@pytest.fixture
def seed(tmp_path) -> bytes:
    """A seed of two tensors, the second of which a test can hold back."""
    import seedtool

    noise = np.random.default_rng(0)  # of which nothing can be squeezed into a pipe's buffer
    arrays = {name: noise.random((256, 1024), np.float32) for name in "ab"}
    seedtool.extract(arrays, codec="raw").save(tmp_path / "whole.seed")
    return (tmp_path / "whole.seed").read_bytes()


def stopped(folder: Path, seed: bytes, number: int, *arguments: str) -> tuple[int, str]:
    """The exit code and the talk of a command that got a signal with half of its input read."""
    with subprocess.Popen(
        [*SEED, *arguments],
        cwd=folder,
        env=script.environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        # More than a pipe holds: once it is written, most of it has been read.
        process.stdin.write(seed[: 3 * len(seed) // 4])
        process.stdin.flush()
        os.kill(process.pid, number)
        process.stdin.close()  # for the case that it was not yet waiting for more
        said = process.stderr.read().decode()
        return process.wait(), said


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)],
    ids=["SIGHUP", "SIGINT", "SIGTERM"],
)
@pytest.mark.parametrize("out", ["model.npz", "model.safetensors", "-"])
def test_a_stopped_command_leaves_nothing(tmp_path, seed, number, code, out):
    folder = tmp_path / "work"
    folder.mkdir()
    seen, said = stopped(folder, seed, number, "assemble", "-", "-o", out)
    assert (seen, said) == (code, "")
    assert list(folder.iterdir()) == []


def test_a_stopped_replacement_leaves_the_old(tmp_path, seed):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "model.npz").write_bytes(b"old")
    arguments = ["assemble", "-", "-o", "model.npz", "--force"]
    assert stopped(folder, seed, signal.SIGINT, *arguments)[0] == 130
    assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [("model.npz", b"old")]


def test_standard_input_is_not_left_in_the_temporary_folder(tmp_path, seed):
    """extract keeps standard input in a file while it runs, and no longer."""
    folder = tmp_path / "work"
    folder.mkdir()
    env = {**script.environment(folder), "TMPDIR": str(folder)}
    done = subprocess.run(
        [*SEED, "extract", "-", "-o", "-"],
        cwd=folder,
        env=env,
        input=seed,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"seed: <stdin>: is a seed already")
    assert list(folder.iterdir()) == []
