"""The example workflow: YAML of the form that GitHub takes, and commands that there are."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from seedtool.cli import app

FILE = Path(__file__).parent.parent / "examples" / "ci" / "seed-gate.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return pytest.importorskip("yaml").safe_load(FILE.read_text())


def test_it_has_the_form_of_a_workflow(workflow):
    assert set(workflow) == {"name", True, "permissions", "jobs"}  # YAML 1.1 reads "on" as true
    assert workflow[True]["pull_request"]["paths"]
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)


def test_its_commands_and_options_are_there(workflow):
    steps = [s for job in workflow["jobs"].values() for s in job["steps"]]
    seen = []
    for words in (shlex.split(step["run"]) for step in steps if "run" in step):
        if words[0] != "seed":
            continue
        command: Any = typer.main.get_command(app)
        depth = 0
        while hasattr(command, "commands"):
            depth += 1
            command = command.commands[words[depth]]
        known = {o for p in command.params for o in p.opts if o.startswith("-")}
        assert {word for word in words if word.startswith("-")} <= known
        seen.append(command.name)
    assert seen == ["gate", "report"]
