"""The ledger of claims: what each is tested by, and that verdicts follow from the figures."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import typer

from seedtool import bench
from seedtool.bench.claims import Options
from seedtool.bench.engine import course
from seedtool.bench.engine.course import Wish
from seedtool.bench.engine.measuring import seed_of
from seedtool.bench.ledger import splitting
from seedtool.bench.ledger.checks import CHECKS, counting, levels, scores
from seedtool.bench.ledger.checks.checked import Checked
from seedtool.bench.ledger.claim import FAILS, NOT_RUN, UNDECIDED, VERDICTS, Check, Trial
from seedtool.bench.ledger.judges import zero_shot
from seedtool.bench.ledger.notes import (
    CLAIMS,
    NOTES,
    emergent_vq,
    phase_1,
    roadmap,
    stage_0,
    zettels_first,
    zettels_last,
)
from seedtool.bench.ledger.proportions import wilson
from seedtool.bench.ledger.studies import ARITHMETIC, STUDIES
from seedtool.bench.reports import markdown
from seedtool.bench.reports.blocks import Table
from seedtool.bench.reports.page import page_of
from seedtool.bench.results import document
from seedtool.cli import app
from seedtool.errors import MalformedError, UsageError

DOCS = Path(__file__).parent.parent / "docs"
FILES = (phase_1, roadmap, emergent_vq, stage_0, zettels_first, zettels_last)
ASKED = Options(claims=("P18", "P15", "Z004.2", "S10", "R21"), brief=True)


@pytest.fixture(scope="module")
def made() -> document.Document:
    """Few claims of three studies and two checks."""
    return course.run("claims", ASKED, "seed bench claims", Wish(seed=1, jobs=1))


def verdicts(found: document.Document) -> dict[str, str]:
    tables = [b for b in page_of(found).blocks if isinstance(b, Table)]
    rows = [row for t in tables if t.columns[0].title == "claim" for row in t.rows]
    return {str(row[0]): str(row[3]) for row in rows}


def test_each_claim_has_an_id_of_its_own_and_a_test_that_exists():
    assert len(CLAIMS) == sum(len(held.CLAIMS) for held in FILES)
    assert {claim.note for claim in CLAIMS.values()} == set(NOTES)
    tests = [claim.by for claim in CLAIMS.values()]
    assert {t.name for t in tests if isinstance(t, Check)} == set(CHECKS)
    studied = {name for t in tests if isinstance(t, Trial) for name in t.studies}
    assert studied == set(STUDIES) - {ARITHMETIC}
    assert max(Counter(claim.says for claim in CLAIMS.values()).values()) <= 1


@pytest.mark.parametrize("name", [n for n, s in STUDIES.items() if s.command.startswith("seed")])
def test_commands_of_studies_are_those_of_the_program(name):
    study = STUDIES[name]
    words = shlex.split(study.command)
    command = typer.main.get_command(app).commands["bench"].commands[words[2]]
    context = command.make_context(words[2], words[3:])
    assert words[2] == study.bench or name
    for option, value in study.asked.items():
        many = isinstance(value, tuple)
        wanted = ",".join(
            f"{v:g}" if isinstance(v, float) else str(v) for v in (value if many else ())
        )
        assert context.params[option] == (wanted if many else value)
    assert study.options() is not None


@pytest.mark.parametrize("name", CHECKS)
def test_checks_find_the_same_again_and_say_so(name):
    if name in ("512 MiB", "unseen concepts", "refinement", "memorising"):
        pytest.skip("seconds: run below")
    found = CHECKS[name](7)
    assert isinstance(found, Checked)
    assert found.verdict in VERDICTS
    assert found.found
    assert found.control
    assert CHECKS[name](7) == found


def test_verdicts_of_checks_do_not_hang_on_the_draw():
    for name in ("tau", "ratio above 2", "depth by length", "isotropic noise"):
        assert len({CHECKS[name](seed).verdict for seed in range(2)}) == 1, name


@pytest.mark.parametrize("name", ["512 MiB", "refinement", "memorising"])
def test_checks_that_take_seconds(name):
    wanted = {"512 MiB": "holds", "refinement": FAILS, "memorising": FAILS}
    assert CHECKS[name](3).verdict == wanted[name]


def test_counted_parameters_are_those_of_the_networks():
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from torch import nn

    def count(*modules: nn.Module) -> int:
        return sum(p.numel() for m in modules for p in m.parameters())

    with torch.device("meta"):
        layer = nn.TransformerEncoderLayer(512, 8, 2048)
        inner = count(
            nn.TransformerEncoder(layer, 4, enable_nested_tensor=False),
            nn.Linear(640, 512),
            nn.Linear(512, 1000),
        )
        bert = count(transformers.BertModel(transformers.BertConfig()))
        student = count(transformers.DistilBertModel(transformers.DistilBertConfig()))
        lenet = count(
            *(nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)),
            *(nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)),
        )
    assert counting.interpreter(0).value == inner
    assert counting.encoder(*counting.BERT) == bert
    assert counting.encoder(*counting.DISTILBERT) == student
    assert counting.lenet(0).value == lenet


def test_the_formula_of_levels():
    assert [levels.level(n) for n in (1e5, 1e6, 1e7, 1e9, 175e9)] == [-3, 1, 4, 10, 18]
    assert levels.threshold(7) == 64e6


def test_information_and_intervals():
    assert scores.information(np.eye(4) / 4) == pytest.approx(2)
    assert scores.information(np.full((3, 5), 1 / 15)) == pytest.approx(0)
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(1.0, 10)[1] == pytest.approx(1)
    assert wilson(0.0, 10)[0] == pytest.approx(0)


def test_points_are_those_of_the_benches_and_the_same_again(made):
    assert not [*made.failures()]
    again = course.run("claims", ASKED, "seed bench claims", Wish(seed=1, jobs=2))
    assert document.write(again)["points"] == document.write(made)["points"]
    study, options = STUDIES["zero-shot"], STUDIES["zero-shot"].options(brief=True)
    point = next(p for p in study.part.points(options) if p.group == "trellis at 16x")
    alone = study.part.measure(options, point, seed_of(1, "any"))
    held = splitting.split(made, {"zero-shot": options})["zero-shot"]
    assert held.points[point.key].figures == document.settled(alone.figures)
    assert held.inputs.keys() == study.part.inputs(options).keys()
    assert set(held.planned) == {p.key for p in study.part.points(options)}
    assert held.options == asdict(options)


def test_verdicts_follow_from_the_figures(made):
    assert verdicts(made) == {
        "P18": FAILS,
        "P15": NOT_RUN,
        "Z004.2": FAILS,
        "S10": FAILS,
        "R21": "holds",
    }
    held = splitting.split(made, {"zero-shot": STUDIES["zero-shot"].options(brief=True)})
    assert zero_shot.nothing_kept(held).verdict == FAILS
    few = replace(held["zero-shot"].inputs["data"], size=3)
    unsure = replace(held["zero-shot"], inputs={**held["zero-shot"].inputs, "data": few})
    assert zero_shot.nothing_kept({"zero-shot": unsure}).verdict == UNDECIDED
    assert zero_shot.tenfold({"zero-shot": unsure}).verdict == UNDECIDED


def test_what_is_missing_is_not_judged(made):
    key = "zero-shot: original"
    half = replace(made, points={k: v for k, v in made.points.items() if k != key})
    assert verdicts(half)["P18"] == NOT_RUN
    assert set(verdicts(replace(made, points={})).values()) == {NOT_RUN}
    few = {"key": "ablate: random#0", "group": "ablate: random", "repeat": 0, "seed": 0}
    lone = document.Result(**few, params={"study": "ablate", "start": "random"})
    begun = replace(made, planned=(lone.key,), points={lone.key: lone}, options={})
    assert verdicts(begun)["P09"] == verdicts(begun)["P08"] == NOT_RUN
    stranger = replace(made, options={"claims": ["P18", "rm"]})
    with pytest.raises(UsageError, match="no claim 'rm'"):
        page_of(stranger)


def test_peers_are_cited_from_their_document_alone(tmp_path):
    asked = Options(claims=("R11", "P15"), peers=str(DOCS / "peers.json"))
    found = course.run("claims", asked, "", Wish(jobs=1))
    held = json.loads((DOCS / "peers.json").read_text())
    good = [
        row["zstd"]
        for row in held["points"]
        if row["model"] == "minilm" and row["tool"] == "nncodec" and row["scores"]["cosine"] >= 0.98
    ]
    peer = found.points["peers: minilm"].figures["peer_ratio"]
    assert peer == pytest.approx(held["models"]["minilm"]["bytes"] / min(good))
    assert verdicts(found)["R11"] == "holds"
    rows = [{"model": "minilm", "scores": {}}]
    for i, change in enumerate(({"points": rows}, {"models": []}, {"models": {}}, {"points": 1})):
        bad = tmp_path / f"{i}.json"
        bad.write_text(json.dumps({**held, **change}))
        with pytest.raises(MalformedError, match="peers"):
            bench.load("claims").points(replace(asked, peers=str(bad)))


def test_the_page_is_made_of_its_document():
    held = document.load(DOCS / "claims.json")
    assert markdown.render(page_of(held)) == (DOCS / "claims.md").read_text()
    assert verdicts(held).keys() == CLAIMS.keys()
