"""The command, by scripts of what is typed and what must be printed (tests/cli/*.txt)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli import models, script

SCRIPTS = sorted(script.FOLDER.glob("*.txt"))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    models.make(folder)
    return folder


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_script(path, model_folder, tmp_path):
    folder = tmp_path / "work"
    shutil.copytree(model_folder, folder)
    steps = script.parse(path.read_text())
    assert steps
    for step in steps:
        seen = script.run(step, folder)
        assert step.met_by(seen), f"{path.name}:{step.line}\nexpected\n{step}\nseen\n{seen}"


def test_placeholders():
    """What the scripts leave open is numbers and digests, nothing else."""
    assert script.fits("  # bytes  #", "  1,024 bytes      0.5")
    assert not script.fits("# bytes", "no bytes")
    assert script.fits("<hex>", "0" * 64)
    assert not script.fits("<hex>", "0" * 63)
    assert not script.fits("exact", "exact ones")


def test_a_script_is_read_as_written():
    text = "prose\n\n$ one\n  out\n\n  more\n! err\n? 3\n\nprose\n$ two\n"
    one, two = script.parse(text)
    assert (one.line, one.command, one.code) == (3, "one", 3)
    assert one.out == ["out", "", "more"]
    assert one.err == ["err"]
    assert (two.command, two.out, two.err, two.code) == ("two", [], [], 0)
