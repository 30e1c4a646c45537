"""A seed grows by its recipe: from any start, by every grower, to the same end each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import ResNetForImageClassification

import seedtool
from seedtool.errors import UsageError
from seedtool.growing import checkpoint
from seedtool.growing.growth import Wish, grow
from seedtool.recipes.schema import Growing, Training
from seedtool.stages import silent
from tests.growing import RECIPE, answers, digits, loss, network

TRAIN, TEST = digits(0, 1200), digits(1200, 1797)


def grown(source: seedtool.Seed, test=TEST, stage=silent, recipe=RECIPE, **wish):
    return grow(source.assembly(), recipe, TRAIN, test, Wish(**wish), stage)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> seedtool.Seed:
    """A network that was not trained, as it is."""
    folder = network(tmp_path_factory.mktemp("plain"))
    return seedtool.extract(str(folder), with_graph=False)


@pytest.fixture(scope="module")
def trained(plain, tmp_path_factory) -> Path:
    """The folder of one that was."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    grown(plain, steps=150).assemble(folder)
    return folder


@pytest.fixture(scope="module")
def seed(trained, tmp_path_factory) -> Path:
    """The seed of that, with an ONNX graph, in 3 bits a weight."""
    path = tmp_path_factory.mktemp("seed") / "model.seed"
    seedtool.extract(str(trained), codec="quant", bits=3).save(path)
    return path


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    first, second = one.state_dict(), other.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


def test_a_coded_start_is_ahead_of_a_random_one(seed):
    coded = grown(seedtool.load(seed), steps=20)
    random = grown(seedtool.load(seed), steps=20, start="random")
    assert coded.scores.before > 0.4 + random.scores.before
    assert coded.scores.after > random.scores.after > random.scores.before
    assert coded.scores.examples == len(TEST.inputs)


@pytest.mark.parametrize("start", ["minimal", "stats", "quant:2", "trellis:3"])
def test_any_codec_is_a_start(seed, start):
    found = grown(seedtool.load(seed), steps=0, start=start)
    kept = grown(seedtool.load(seed), steps=0)
    assert found.start == start
    assert not same(found.module, kept.module)


def test_finer_coding_is_a_better_start(trained):
    whole = seedtool.extract(str(trained), with_graph=False)
    exact = answers(grown(whole, steps=0).module, TEST)
    starts = ("quant:6", "quant:2", "random")
    off = [
        float((answers(grown(whole, steps=0, start=s).module, TEST) - exact).square().mean())
        for s in starts
    ]
    assert off[0] < 0.1 * off[1] < 0.1 * off[2]


@pytest.mark.parametrize(
    ("growing", "steps"),
    [
        (Growing("gradient"), 40),
        (Growing("thermal"), 40),
        (Growing("hybrid", heat=0.5), 40),
        (Growing("evolution", population=8), 120),
        (Growing("evolution", population=8, space="coefficients"), 120),
    ],
    ids=lambda value: "-".join((value.grower, value.space)) if isinstance(value, Growing) else "",
)
def test_every_grower_betters_the_loss(trained, growing, steps):
    whole = seedtool.extract(str(trained), with_graph=False)
    recipe = replace(RECIPE, growing=growing, training=Training(steps=steps, batch=64, rate=5e-3))
    before = grown(whole, recipe=recipe, steps=0, start="quant:2").module
    after = grown(whole, recipe=recipe, start="quant:2")
    assert loss(after.module, TRAIN) < 0.95 * loss(before, TRAIN)
    assert after.course.steps == steps
    assert (after.acceptance is None) == (growing.grower in ("gradient", "evolution"))


def test_heat_takes_back_what_is_worse(plain):
    """Noise that drowns the gradient is hardly ever accepted once the energy counts."""
    hot = Growing("thermal", temperature=1e-7, cooling=1.0)
    recipe = replace(RECIPE, growing=hot, training=Training(steps=60, rate=0.5, clip=0.0))
    wild = grown(plain, recipe=recipe)
    assert wild.acceptance is not None
    assert wild.acceptance < 1
    start = grown(plain, recipe=recipe, steps=0)
    assert loss(wild.module, TRAIN) < loss(start.module, TRAIN) + 0.5


@pytest.mark.parametrize("grower", ["hybrid", "evolution"])
def test_the_same_seed_grows_the_same(plain, grower):
    torch.manual_seed(1)
    first = grown(plain, grower=grower, steps=30)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    second = grown(plain, grower=grower, steps=30)
    assert torch.equal(state, torch.get_rng_state())
    assert same(first.module, second.module)
    assert first.course.history == second.course.history
    assert not same(first.module, grown(plain, grower=grower, steps=30, seed=5).module)


class StoppedError(Exception):
    pass


def until(step: int):
    """A stage whose work is stopped after so many steps."""

    def stage(_name: str, _length: float):
        done = 0.0

        def advance(more: float, _told: str = "", /) -> None:
            nonlocal done
            done += more
            if done >= step:
                raise StoppedError

        return advance

    return stage


@pytest.mark.parametrize("grower", ["thermal", "hybrid", "evolution"])
def test_it_goes_on_to_the_same_end(plain, grower, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0.0)
    state = tmp_path / "out.growing"
    given = {"grower": grower, "steps": 40}
    whole = grown(plain, **given)
    with pytest.raises(StoppedError):
        grown(plain, stage=until(27), checkpoint=state, **given)
    with pytest.raises(UsageError, match="no state of growing this seed so"):
        grown(plain, checkpoint=state, seed=1, **given)
    resumed: list[float] = []

    def stage(_name: str, _length: float):
        return lambda more, _told="": resumed.append(more)

    again = grown(plain, stage=stage, checkpoint=state, **given)
    assert resumed[0] == 26
    assert same(again.module, whole.module)
    assert again.course.history == whole.course.history
    assert again.acceptance == whole.acceptance
    assert state.exists()
    again.assemble(tmp_path / "out.safetensors")
    assert not state.exists()


def test_it_stops_at_its_target(plain):
    training = replace(RECIPE.training, steps=200, target=0.3)
    stopped = grown(plain, recipe=replace(RECIPE, training=training))
    assert stopped.course.reached
    assert stopped.course.steps < 200
    assert stopped.course.history[-1].score >= 0.3


def test_the_head_alone_is_trained(seed):
    training = replace(RECIPE.training, trains="head", steps=10)
    start = grown(seedtool.load(seed), steps=0).module.state_dict()
    after = grown(seedtool.load(seed), recipe=replace(RECIPE, training=training)).module
    changed = {n for n, v in after.state_dict().items() if not torch.equal(v, start[n])}
    assert changed == {"classifier.1.weight", "classifier.1.bias"}


def test_what_is_written_is_what_grew(seed, tmp_path):
    """As a folder, as ONNX, and as a difference to the seed that it grew from."""
    made = grown(seedtool.load(seed), steps=10)
    images = np.asarray(TEST.inputs)[:20].astype(np.float32)[:, None] / 255
    expected = answers(made.module, TEST)[:20].numpy()
    made.assemble(tmp_path / "model")
    opened = ResNetForImageClassification.from_pretrained(tmp_path / "model")
    assert same(opened, made.module)
    made.assemble(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (told,) = session.run(None, {"pixel_values": (images - 0.3) / 0.35})
    assert np.allclose(told, expected, atol=1e-4)
    back = seedtool.extract(str(tmp_path / "model"), base=str(seed), with_graph=False)
    back.save(tmp_path / "back.seed")
    learned = dict(seedtool.load(tmp_path / "back.seed", base=str(seed)).tensors())
    grew = {n: v.numpy() for n, v in made.module.state_dict().items()}
    assert learned.keys() == grew.keys()
    assert all(np.array_equal(learned[n], grew[n]) for n in grew)


def test_a_module_of_the_callers(tmp_path):
    class Small(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = torch.nn.Linear(64, 32)
            self.head = torch.nn.Linear(32, 10)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return self.head(torch.relu(self.hidden(image.flatten(1))))

    torch.manual_seed(0)
    module = Small().to(torch.bfloat16)
    before = {n: v.clone() for n, v in module.state_dict().items()}
    made = grown(seedtool.extract(module), module=module, steps=100)
    assert made.scores.after > 0.8 > made.scores.before
    assert all(torch.equal(before[n], v) for n, v in module.state_dict().items())
    made.assemble(tmp_path / "x.safetensors")
    source = seedtool.extract(str(tmp_path / "x.safetensors"))
    assert {e.dtype for e in source.header.tensors} == {"BF16"}
    random = grown(seedtool.extract(module), module=module, start="random", steps=0)
    assert not torch.equal(random.module.head.weight, before["head.weight"].float())


def test_a_report_has_what_came_of_it(plain):
    report = grown(plain, grower="thermal", steps=10).report()
    assert report["steps"] == report["steps_asked"] == 10
    assert report["before"] < report["after"] or report["acceptance"] < 1
    assert [row["step"] for row in report["history"]] == list(range(1, 11))
    assert report["peak_bytes"] > 1 << 20
    assert (report["examples"], report["measured"]) == (1080, 597)
