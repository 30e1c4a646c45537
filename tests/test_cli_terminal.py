"""The command on a terminal: a real one, made by pty."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.cli import models, script

SEED = [sys.executable, "-m", "seedtool"]
ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;\d+)*m")


@pytest.fixture
def folder(tmp_path) -> Path:
    models.make(tmp_path)
    return tmp_path


def typed(folder: Path, *arguments: str, streams: str, **variables: str) -> tuple[int, str, bytes]:
    """Exit code, what the terminal shows, what came out beside it.

    ``streams`` names those that are the terminal: letters of i, o and e.
    """
    ours, theirs = pty.openpty()
    with tempfile.TemporaryFile() as beside:
        process = subprocess.Popen(
            [*SEED, *arguments],
            cwd=folder,
            env={**script.environment(folder), "TERM": "xterm-256color", **variables},
            stdin=theirs if "i" in streams else subprocess.DEVNULL,
            stdout=theirs if "o" in streams else beside,
            stderr=theirs if "e" in streams else beside,
        )
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # Linux's way to say that the other end is closed
            pass
        os.close(ours)
        code = process.wait()
        beside.seek(0)
        return code, shown.decode().replace("\r\n", "\n"), beside.read()


def test_binary_to_a_terminal_is_refused(folder):
    code, shown, _ = typed(folder, "extract", "tiny.safetensors", "-o", "-", streams="o")
    assert (code, shown) == (7, "")
    code, shown, said = typed(folder, "extract", "tiny.safetensors", "-o", "-", "-q", streams="o")
    assert (code, shown) == (7, "")
    assert (
        said == b"seed: tiny.safetensors: not writing a seed to a terminal (-o FILE, or a pipe)\n"
    )


def test_a_model_to_a_terminal_is_refused(folder):
    assert typed(folder, "extract", "tiny.safetensors", "-o", "t.seed", "-q", streams="")[0] == 0
    code, shown, said = typed(folder, "assemble", "t.seed", "-o", "-", "--to", "npz", streams="o")
    assert (code, shown) == (7, "")
    assert said == b"seed: t.seed: not writing a model to a terminal (-o FILE, or a pipe)\n"


@pytest.mark.parametrize("verb", ["inspect", "verify", "assemble", "extract"])
def test_binary_from_a_terminal_is_refused(folder, verb):
    out = ["-o", "x.npz"] if verb in ("assemble", "extract") else []
    code, _, said = typed(folder, verb, "-", *out, streams="i")
    assert code == 7
    assert b"which is a terminal (a pipe, or < FILE)" in said
    assert not (folder / "x.npz").exists()


def test_reports_are_for_terminals_too(folder):
    assert typed(folder, "extract", "tiny.safetensors", "-o", "t.seed", "-q", streams="")[0] == 0
    code, shown, _ = typed(folder, "inspect", "t.seed", streams="oe")
    assert code == 0
    assert "tensor lossless" in shown
    assert ESCAPE not in shown


def test_progress_is_shown_on_a_terminal_alone(folder):
    big = {f"layer.{i}": np.full((512, 512), i, np.float32) for i in range(4)}
    np.savez(folder / "big.npz", **big)
    arguments = ["extract", "big.npz", "-o", "big.seed", "--force"]
    code, shown, out = typed(folder, *arguments, streams="e")
    assert (code, out) == (0, b"")
    assert "extracting" in shown
    assert ESCAPE in shown
    assert "big.seed: " in shown
    code, _, said = typed(folder, *arguments, streams="o")
    assert code == 0
    assert b"extracting" not in said
    assert b"\x1b" not in said
    code, shown, _ = typed(folder, *arguments, "--quiet", streams="oe")
    assert (code, shown) == (0, "")
    code, shown, out = typed(folder, "assemble", "big.seed", "-o", "-", streams="e")
    assert code == 0
    assert "assembling" in shown
    assert len(out) > 4 << 20
    code, shown, out = typed(folder, "verify", "big.seed", "--json", streams="e")
    assert code == 0
    assert "verifying" in shown
    assert out.startswith(b"{")


def test_no_color(folder):
    arguments = ["extract", "tiny.safetensors", "-o", "t.seed", "--force"]
    assert COLOUR.search(typed(folder, *arguments, streams="e")[1])
    assert not COLOUR.search(typed(folder, *arguments, streams="e", NO_COLOR="1")[1])
    assert ESCAPE not in typed(folder, *arguments, streams="e", TERM="dumb")[1]


def test_help_on_a_terminal_is_plain(folder):
    code, shown, _ = typed(folder, "--help", streams="oe")
    assert code == 0
    assert ESCAPE not in shown
    code, shown, _ = typed(folder, "sprout", streams="oe")
    assert code == 2
    assert ESCAPE not in shown


def test_evil_names_do_nothing_to_a_terminal(folder):
    evil = "\x1b]0;owned\x07\x9b31m\u202e"
    (folder / evil).write_bytes((folder / "tiny.safetensors").read_bytes())
    for arguments in (["extract", evil, "-o", f"{evil}.seed"], ["inspect", f"{evil}.seed"]):
        code, shown, _ = typed(folder, *arguments, streams="oe", NO_COLOR="1")
        assert code == 0
        assert "owned" in shown
        assert not {"\x07", "\x9b", "\u202e"} & set(shown)
        assert f"{ESCAPE}]" not in shown
