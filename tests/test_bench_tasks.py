"""What benches measure models at: chance, random weights, and a recipe's task as growing has it."""

from __future__ import annotations

import numpy as np
import pytest

from seedtool import demo
from seedtool.api import load
from seedtool.bench.engine.measuring import Job, measure
from seedtool.bench.tasks import coders, open_task
from seedtool.bench.tasks.recipe import RecipeTask
from seedtool.bench.tasks.task import arrays_of, random_like, rows_shuffled, size_of
from seedtool.errors import GateError, UsageError
from seedtool.extracting import extract
from seedtool.recipes import toml
from tests import growing


@pytest.fixture(scope="module")
def digits():
    return open_task("", "", "", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny network for digits, its recipe and data."""
    made = tmp_path_factory.mktemp("tasks")
    growing.network(made / "net")
    (made / "r.toml").write_text(toml.dump(growing.RECIPE))
    examples = growing.digits(0, 600)
    np.savez(made / "data.npz", input=examples.inputs, label=examples.labels)
    return made


@pytest.fixture(scope="module")
def task(folder):
    return RecipeTask(*(str(folder / name) for name in ("net", "r.toml", "data.npz")), "")


def test_the_shipped_network_scores_what_it_scored_when_trained(digits):
    own = digits.measure(digits.source.arrays)
    shipped = demo.Digits()
    assert own.score == shipped.right_when_trained / len(shipped.labels)
    assert own.kl == 0
    assert digits.retained(own.score) == 1
    assert digits.retained(digits.chance().score) == 0


def test_random_weights_of_the_same_norms_know_nothing(digits):
    drawn = random_like(digits.source, 5)
    for entry in digits.source.entries:
        own, other = (np.asarray(a[entry.name], np.float64) for a in (digits.source.arrays, drawn))
        if entry.size > 1:
            assert np.linalg.norm(other) == pytest.approx(np.linalg.norm(own), rel=1e-4)
    assert abs(digits.retained(digits.measure(drawn).score)) < 0.1
    shuffled = rows_shuffled(digits.source, digits.source.arrays, 5)
    assert digits.retained(digits.measure(shuffled).score) < 0.3


@pytest.mark.parametrize("coder", ["planned", "trellis", "pca"])
def test_coders_come_near_a_ratio(digits, coder):
    made = coders.code(digits, coder, 12.0, 1)
    assert 7 < digits.source.nbytes / size_of(made) < 12.1
    assert digits.retained(digits.measure(arrays_of(made)).score) > 0.9


def test_a_plan_says_what_it_can_not_reach(digits):
    with pytest.raises(GateError):
        coders.code(digits, "planned", 1000.0, 1)
    params = {"kind": "coded", "coder": "planned", "asked": 1000.0}
    result, _ = measure(Job("zero-shot", {}, "x", None, 0, params))
    assert not result.error
    assert result.figures["reached"] is False


def test_a_recipes_task_is_measured_as_growing_measures_it(folder, task):
    seed = extract(str(folder / "net"), with_graph=False)
    examples = growing.digits(0, 600)
    grown = seed.grow(growing.RECIPE, data=examples, steps=0)
    assert task.measure(task.source.arrays).score == grown.scores.before
    assert task.inputs()["data"].size == grown.scores.examples == 60
    labels = np.concatenate([batch.labels.numpy() for batch in task._batches()])
    assert task.chance().score == np.bincount(labels).max() / 60


def test_a_recipes_task_takes_other_values_and_puts_its_own_back(task):
    drawn = task.measure(random_like(task.source, 1))
    assert drawn.kl > 0
    assert task.measure(dict(task.source.arrays)).kl == pytest.approx(0, abs=1e-9)


def test_a_gate_may_grow(folder):
    asked = {
        "model": str(folder / "net"),
        "task": str(folder / "r.toml"),
        "data": str(folder / "data.npz"),
        "coder": "trellis",
        "ratio": 8.0,
        "steps": 30,
    }
    results = [measure(Job("gate", asked, "x", i, i))[0] for i in range(2)]
    assert not any(result.error for result in results)
    scores = [result.figures["score"] for result in results]
    assert scores[0] != scores[1]
    assert min(scores) > results[0].controls["original"]["score"]


def test_what_does_not_fit_is_told(folder, tmp_path):
    with pytest.raises(UsageError, match="need a model"):
        open_task("", str(folder / "r.toml"), "", "")
    with pytest.raises(UsageError, match="needs a recipe"):
        open_task(str(folder / "net"), "", "", "")
    with pytest.raises(UsageError, match="yours to give"):
        open_task(str(folder / "net"), str(folder / "r.toml"), "", "")
    extract(str(folder / "net"), with_graph=False).save(tmp_path / "net.seed")
    with pytest.raises(UsageError, match="carries no recipe"):
        open_task(str(tmp_path / "net.seed"), "", "", "")
    assert load(tmp_path / "net.seed").recipes() == ()
