"""Reports as JSON: one ASCII document each, of the form that docs/reports.schema.json states."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.cli import models, script

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "reports.schema.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("json")
    models.make(made)
    (made / "grün\x1b.safetensors").write_bytes((made / "nan.safetensors").read_bytes())
    for command in (
        "seed extract hf -o hf.seed --no-graph -q",
        "seed extract net.onnx -o net.seed -q",
        "seed extract odd.safetensors -o odd.seed -q",
        "seed extract tied.npz -o tied.seed -q --bits 4",
    ):
        assert script.called(script.Step(0, command), made).code == 0
    return made


def check(text: list[str], name: str) -> dict:
    """The one document in ``text``."""
    joined = "\n".join(text)
    assert joined.isascii()
    assert "\x1b" not in joined
    document = json.loads(joined)
    jsonschema.validate(document, {**SCHEMA, "$ref": f"#/$defs/{name}"})
    return document


@pytest.mark.parametrize(
    "command",
    [
        "extract hf -o a.seed --no-graph",
        "extract net.onnx -o b.seed --check",
        "extract odd.safetensors -o c.seed --codec trellis --bits 2",
        "extract grün\x1b.safetensors -o grün\x1b.seed --ratio 1.5",
        "extract tiny.safetensors -o d.seed --codec pca --rank 3 --dry-run",
        "extract tiny.safetensors -o - --codec stats --dry-run",
        "assemble hf.seed -o hf2",
        "assemble net.seed -o net2.onnx --check net.onnx",
        "assemble net.seed -o net8.onnx --precision int8",
        "assemble tied.seed -o tied2.npz",
        "assemble tied.seed -o - --dry-run",
        "inspect hf.seed",
        "inspect odd.seed --tensors",
        "inspect tied.seed --tensors",
        "inspect net.seed",
        "inspect vectors/codec_unknown.seed --tensors",
        "verify odd.seed",
        "verify net.seed --quick",
        "diff hf.seed tiny.safetensors",
        "diff tied.seed tied.npz",
        "diff net.seed tied.npz",
        "diff nan.safetensors odd.safetensors",
    ],
)
def test_reports(folder, command):
    seen = script.called(script.Step(0, f"seed {command} --json"), folder)
    assert (seen.code, seen.err) == (0, [])
    check(seen.out, command.partition(" ")[0])


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("extract missing.npz -o x.seed", 1),
        ("extract hf", 2),
        ("inspect tiny.safetensors", 3),
        ("verify vectors/codec_unknown.seed", 4),
        ("verify hf.seed --max-tensor 10", 7),
        ("verify grün\x1b", 1),
        ("diff hf.seed tied.seed --exit-code", 6),
    ],
)
def test_errors(folder, command, code):
    seen = script.called(script.Step(0, f"seed {command} --json"), folder)
    assert seen.code == code
    assert len(seen.err) == 1
    assert check(seen.err, "error")["error"]["code"] == code


def test_lists_are_long_and_rows_are_whole(folder):
    """The schema refuses keys that it does not know, so a new key must be documented."""
    report = script.called(script.Step(0, "seed inspect tied.seed --tensors --json"), folder)
    document = check(report.out, "inspect")
    assert [t["name"] for t in document["tensors"]] == ["embedding", "head"]
    document["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, {**SCHEMA, "$ref": "#/$defs/inspect"})
