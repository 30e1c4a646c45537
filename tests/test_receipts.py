"""A receipt says what a seed grew to, is made again the same, and is believed in nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch

import seedtool
from seedtool import bench
from seedtool.bench.engine import course
from seedtool.bench.engine.course import Wish
from seedtool.errors import (
    DigestError,
    MalformedError,
    UsageError,
)
from seedtool.growing import embedding, metrics
from seedtool.receipts import beside, comparing, document, making, repeating, section
from seedtool.receipts.schema import Figure, Receipt
from seedtool.recipes import toml
from seedtool.recipes.schema import Data, Training
from tests.cli import script
from tests.growing import RECIPE, digits, network

TRAIN, TEST = (replace(digits(*rows), classes=RECIPE.classes) for rows in ((0, 600), (1200, 1797)))
BRIEF = replace(
    RECIPE,
    data=Data(held_out=0.0),
    training=Training(steps=15, rate=1e-2),
    seeds=(0, 1),
)
PLACE = section.placeholder(BRIEF)
GOOD = document.write(PLACE)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A network's seed with a recipe and the examples that it learns from."""
    folder = tmp_path_factory.mktemp("receipts")
    path = folder / "plain.seed"
    held = embedding.embed(BRIEF, TRAIN)
    made = seedtool.extract(str(network(folder / "net")), with_graph=False, recipes=[(BRIEF, held)])
    made.save(path)
    return path


@pytest.fixture(scope="module")
def receipt(plain) -> Receipt:
    seed = seedtool.load(plain)
    return making.make(seed, repeating.trial_of(seed, BRIEF, test=TEST), original=seed.assembly)


@pytest.fixture(scope="module")
def carrying(plain, receipt) -> Path:
    """The seed with its receipt in it."""
    path = plain.parent / "carrying.seed"
    section.with_receipts(seedtool.load(plain), [receipt]).save(path)
    return path


def test_it_holds_every_control(receipt):
    assert receipt.figures["grown"].mean > receipt.figures["zero_shot"].mean + 0.05
    assert receipt.figures["zero_shot"].mean == receipt.figures["original"].mean
    assert receipt.figures["random"].values != receipt.figures["grown"].values
    assert receipt.done == (15, 15)
    assert (receipt.examples, receipt.tested, receipt.held_out) == (600, 597, False)
    share = receipt.figures["original"].mean
    assert receipt.figures["original"].error == pytest.approx(
        (share * (1 - share) / 597) ** 0.5, rel=0.05
    )


def test_a_seed_carries_it_and_stays_the_seed_that_it_is_of(plain, receipt, carrying):
    made = seedtool.load(carrying)
    assert section.receipts_of(made) == (receipt,)
    assert section.content_of(made) == receipt.content == section.content_of(seedtool.load(plain))
    made.verify()
    first = {n: a.tobytes() for n, a in seedtool.load(plain).tensors()}
    assert {n: a.tobytes() for n, a in made.tensors()} == first


def test_the_content_is_of_all_the_rest(plain, carrying, tmp_path):
    other = replace(BRIEF, about="others")
    held = seedtool.load(plain).examples("digits")
    folder = plain.parent / "net"
    path = tmp_path / "other.seed"
    seedtool.extract(str(folder), with_graph=False, recipes=[(other, held)]).save(path)
    mine, others = (section.content_of(seedtool.load(p)) for p in (carrying, path))
    assert mine != others


def test_made_again_it_is_equal(carrying, receipt):
    again = repeating.repeat(seedtool.load(carrying), receipt, test=TEST, seeds=1)
    rows = list(comparing.compare(receipt, again))
    assert [row.row for row in rows] == ["zero_shot", "grown", "random"]
    assert all(row.equal and row.near for row in rows)
    assert comparing.differing(receipt, again) == ()


def test_it_is_made_again_with_as_many_threads(carrying, receipt):
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        again = repeating.repeat(seedtool.load(carrying), receipt, test=TEST, seeds=1)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)
    assert again.environment["threads"] == receipt.environment["threads"]


def test_what_differs_is_named(receipt):
    other = {**receipt.environment, "torch": "1.0", "threads": 7}
    made = replace(receipt, environment=other, device="mps")
    assert comparing.differing(receipt, made) == ("device", "threads", "torch")


def test_a_figure_that_is_not_so_is_seen(receipt):
    better = Figure(tuple(v + 0.3 for v in receipt.figures["grown"].values), 0.02)
    forged = replace(receipt, figures={**receipt.figures, "grown": better})
    assert [r.row for r in comparing.compare(forged, receipt) if not r.near] == ["grown"]
    nearly = Figure(tuple(v + 1e-3 for v in receipt.figures["grown"].values), 0.02)
    close = replace(receipt, figures={**receipt.figures, "grown": nearly})
    assert all(r.near for r in comparing.compare(close, receipt))
    assert not all(r.equal for r in comparing.compare(close, receipt))


def test_what_it_is_not_of_is_refused(carrying, receipt):
    seed = seedtool.load(carrying)
    with pytest.raises(DigestError, match="another seed"):
        repeating.repeat(seed, replace(receipt, content="0" * 64), test=TEST)
    with pytest.raises(DigestError, match="another recipe"):
        repeating.repeat(seed, replace(receipt, recipe_digest="0" * 64), test=TEST)
    with pytest.raises(MalformedError, match="states f1"):
        repeating.repeat(seed, replace(receipt, metric="f1"), test=TEST)
    with pytest.raises(DigestError, match="measured on"):
        repeating.repeat(seed, receipt, test=TRAIN)
    with pytest.raises(DigestError, match="learned from"):
        repeating.repeat(seed, receipt, data=TEST, test=TEST)
    with pytest.raises(UsageError, match="test data"):
        repeating.repeat(seed, receipt)
    with pytest.raises(UsageError, match="no recipe"):
        repeating.repeat(seed, replace(receipt, recipe="others"), test=TEST)
    with pytest.raises(UsageError, match="2 seeds, not 3"):
        repeating.repeat(seed, receipt, test=TEST, seeds=3)
    with pytest.raises(UsageError, match="unknown start"):
        repeating.repeat(seed, replace(receipt, start="os"), test=TEST)


def test_nothing_to_measure_by_is_told(plain):
    seed = seedtool.load(plain)
    with pytest.raises(UsageError, match="train nothing"):
        making.make(seed, repeating.trial_of(seed, BRIEF))


def test_a_file_beside_says_it_too(receipt, tmp_path):
    path = tmp_path / "receipt.json"
    sizes = {"seed": 5, "recipe": 1, "examples": 2, "base": 0, "data": 0}
    value = beside.report(receipt, sizes)
    assert value["figures"]["grown"]["mean"] == pytest.approx(
        receipt.figures["grown"].mean, rel=1e-8
    )
    beside.save(path, value, force=False)
    assert beside.load(path) == receipt
    for text in ("", "[]", "{", '{"version": 1}', "[" * 10**5, "1" * 5000):
        path.write_text(text)
        with pytest.raises(MalformedError):
            beside.load(path)


def test_a_seed_of_a_bad_receipt_fails_to_verify(plain, tmp_path):
    path = tmp_path / "bad.seed"
    folder = plain.parent / "net"
    noted = {"receipts": [{**GOOD, "steps": "many"}]}
    seedtool.extract(str(folder), with_graph=False, noted=noted).save(path)
    with pytest.raises(MalformedError, match="receipt: steps must be a whole number"):
        seedtool.load(path).verify()


def test_the_place_kept_for_a_receipt_is_large_enough(plain, carrying, tmp_path):
    kept = tmp_path / "kept.seed"
    section.with_receipts(seedtool.load(plain), [PLACE]).save(kept)
    assert 0 <= kept.stat().st_size - carrying.stat().st_size < 300


def test_errors_of_the_sample():
    random = np.random.default_rng(1)
    right = random.random(2000) < 0.8
    accuracy = np.stack([right.reshape(50, 40).sum(1), np.full(50, 40.0)], 1)
    assert metrics.error("accuracy", accuracy) == pytest.approx(0.4 / 2000**0.5, rel=0.05)
    assert metrics.error("accuracy", np.array([[0.0, 8.0]])) > 0.08
    off = random.exponential(2.0, 2000)
    mse = np.stack([off.reshape(50, 40).sum(1), np.full(50, 40.0)], 1)
    assert metrics.error("mse", mse) == pytest.approx(2.0 / 2000**0.5, rel=0.3)
    assert np.isnan(metrics.error("mse", mse[:1]))


def test_one_seed_has_no_error_over_seeds():
    assert Figure((0.5,), 0.1).spread is None
    assert Figure((0.5,), 0.1).uncertainty == 0.1
    assert Figure((0.4, 0.6), None).spread == pytest.approx(0.1)


def test_the_bench_makes_the_whole_table_anew(carrying, receipt, tmp_path):
    data = tmp_path / "test.npz"
    np.savez(data, input=TEST.inputs, label=TEST.labels)
    asked = bench.load("receipt").Options(str(carrying), test=str(data))
    found = course.run("receipt", asked, "seed bench receipt", Wish(jobs=1))
    assert not list(found.failures())
    rows = list(found.results())
    for name, control, row in (
        ("grown", None, "grown"),
        ("zero_shot", None, "zero_shot"),
        ("grown", "random", "random"),
    ):
        values = [result.number(name, control) for result in rows]
        assert values == pytest.approx([*receipt.figures[row].values], abs=1e-8)
    summary = next(bench.load("receipt").blocks(found))
    assert summary.rows[1][1] == pytest.approx(receipt.figures["grown"].mean, abs=1e-8)


def test_the_bench_takes_a_difference_with_its_base(plain, tmp_path):
    data, delta, out = tmp_path / "test.npz", tmp_path / "delta.seed", tmp_path / "model"
    np.savez(data, input=TEST.inputs, label=TEST.labels)
    seed = seedtool.load(plain)
    seed.grow(BRIEF, steps=60).assemble(out)
    held = embedding.embed(BRIEF, TRAIN)
    seedtool.extract(str(out), with_graph=False, base=str(plain), recipes=[(BRIEF, held)]).save(
        delta
    )
    options = bench.load("receipt").Options
    with pytest.raises(UsageError, match="difference to another model"):
        bench.load("receipt").inputs(options(str(delta), test=str(data)))
    asked = options(str(delta), test=str(data), seeds=1, base=(str(plain),))
    found = course.run("receipt", asked, "seed bench receipt", Wish(jobs=1))
    assert not list(found.failures())
    assert found.inputs["base"].sha256 == seedtool.load(delta).header.base.digest.hex()
    (row,) = found.results()
    assert row.number("zero_shot") > 0.15  # it has grown already: chance is 0.1


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (
            "extract",
            "extract net -o made.seed --recipe r.toml --data train.npz --examples 100 "
            "--test-data test.npz --receipt --no-graph",
        ),
        ("inspect", "inspect carrying.seed"),
        ("verify", "verify carrying.seed --receipt --test-data test.npz --seeds 1"),
        (
            "assemble",
            "assemble carrying.seed -o out --grow --task digits --test-data test.npz --seed 0 "
            "--steps 2 --receipt r.json --delta-out d.seed",
        ),
    ],
)
def test_reports_have_their_schemas_form(kind, command, carrying):
    folder = carrying.parent
    np.savez(folder / "test.npz", input=TEST.inputs, label=TEST.labels)
    np.savez(folder / "train.npz", input=TRAIN.inputs, label=TRAIN.labels)
    brief = replace(BRIEF, training=Training(steps=2), seeds=(0,))
    (folder / "r.toml").write_text(toml.dump(brief))
    done = script.called(script.Step(0, f"seed {command} --json"), folder)
    assert done.code == 0, done.err
    schema = json.loads((Path(__file__).parent.parent / "docs/reports.schema.json").read_text())
    jsonschema.validate(json.loads("\n".join(done.out)), {**schema, "$ref": f"#/$defs/{kind}"})


def test_any_fidelity_is_shown(plain):
    folder = plain.parent
    noted = {"raw": b"\x00\xff", "far": [{"x": b"a"}, None]}
    seedtool.extract(str(folder / "net"), with_graph=False, noted=noted).save(folder / "any.seed")
    done = script.called(script.Step(0, "seed inspect any.seed --json"), folder)
    found = json.loads("\n".join(done.out))["fidelity"]
    assert (found["raw"], found["far"]) == ("00ff", [{"x": "61"}, None])
