"""The pages say what is: generated ones are the code's, blocks print what they show."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from seedtool import demo, errors
from tests import blocks

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("formats/**/*.md")]
SHIPPED = Path(demo.__file__).parent / "data" / "digits.seed"


@pytest.fixture(scope="module")
def generate():
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))


@pytest.mark.parametrize("name", ["cli.md", "errors.md", "recipe-keys.md"])
def test_generated_pages_are_the_codes_own(generate, name):
    assert (ROOT / "docs" / name).read_text() == generate["PAGES"][name](), (
        "python docs/generate.py writes it again"
    )


def test_every_exit_code_is_documented(generate):
    codes = {k.exit_code for k in vars(errors).values() if isinstance(k, type)}
    constants = {errors.HUNG_UP, errors.INTERRUPTED, errors.BROKEN_PIPE, errors.TERMINATED}
    assert set(generate["EXIT_CODES"]) == {0} | codes | constants


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md", "docs/recipes.md"])
def test_blocks_print_what_the_page_shows(name, tmp_path):
    steps = blocks.steps_of((ROOT / name).read_text())
    assert len(steps) > 5
    for step in steps:
        seen = blocks.run(step, tmp_path)
        said = f"{name}: {step.title}\nprints\n" + "\n".join(seen)
        assert len(seen) == len(step.out), said
        for expected, line in zip(step.out, seen, strict=True):
            assert blocks.alike(expected, line), f"{said}\nfor\n{expected}"


@pytest.mark.parametrize(
    ("page", "printed", "same"),
    [
        ("27,372 seed bytes = 8.06 %", "27,380 seed bytes = 8.06 %", True),
        ("27,372 seed bytes = 8.06 %", "37,372 seed bytes = 8.06 %", False),
        ("0.1 s, peak memory 38 MiB", "9.9 s, peak memory 77 MiB", True),
        ("596 of 599", "595 of 599", True),
        ("596 of 599", "577 of 599", False),
        ("exit code 3", "exit code 4", False),
        ("a  b", "a b", True),
        ("whole", "damaged", False),
        ("0" * 64, "f" * 64, True),
    ],
)
def test_how_near_a_line_must_be(page, printed, same):
    assert blocks.alike(page, printed) is same


REPORTS = {
    "extract": [
        "extract digits.onnx -o a.seed --bits 3 --check",
        "extract digits.safetensors -o - --codec pca --ratio 4 --dry-run",
        "extract digits.onnx -o b.seed --bits 3 --base digits.safetensors",
        "extract digits.safetensors -o c.seed --recipe r.toml",
    ],
    "assemble": [
        "assemble a.seed -o a.onnx --check digits.onnx",
        "assemble a.seed -o a.npz --dry-run",
        "assemble b.seed -o b.npz --base digits.safetensors",
    ],
    "inspect": [
        "inspect a.seed",
        "inspect a.seed --tensors",
        "inspect b.seed --tensors",
        "inspect c.seed",
    ],
    "verify": ["verify a.seed", "verify a.seed --quick", "verify b.seed"],
    "diff": ["diff a.seed digits.onnx", "diff a.seed digits.safetensors"],
    "demo": ["demo --bits 3"],
    "recipe check": ["recipe check r.toml c.seed"],
    "recipe show": ["recipe show r.toml", "recipe show c.seed"],
}


def test_reports_are_as_their_schemas_say(tmp_path):
    schema = json.loads((ROOT / "docs" / "reports.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)

    def seed(arguments):
        command = [sys.executable, "-m", "seedtool", *arguments.split()]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    def valid(text, kind):
        jsonschema.validate(json.loads(text), {**schema, "$ref": f"#/$defs/{kind}"})

    for name in ("digits.onnx", "digits.safetensors"):
        assert seed(f"assemble {SHIPPED} -o {name}").returncode == 0
    assert seed("recipe new image-classification -o r.toml").returncode == 0
    for kind, commands in REPORTS.items():
        for command in commands:
            done = seed(f"{command} --json")
            assert done.returncode == 0, done.stderr
            assert done.stdout.isascii()
            valid(done.stdout, kind)
    for command in ("verify missing.seed", "inspect digits.onnx", "extract a.seed -o a.seed"):
        done = seed(f"{command} --json")
        assert done.returncode == json.loads(done.stderr)["error"]["code"] != 0
        valid(done.stderr, "error")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in link:
            assert (page.parent / link).exists(), f"{page.name} points to {link}"
