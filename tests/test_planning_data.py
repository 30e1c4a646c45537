"""Plans by data: what is measured is so, and data spends bytes better than priors do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import seedtool
from seedtool.calibration import quality
from seedtool.errors import GateError
from seedtool.planning.calibrated import Calibrated
from seedtool.planning.weights import Weights
from seedtool.sources import open_source
from tests.models import tiny_gpt2


class Shapes(nn.Module):
    """A 1x8x8 image classifier of 10 classes, 27,854 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.hidden = nn.Linear(512, 44)
        self.head = nn.Linear(44, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = nn.functional.max_pool2d(torch.relu(self.norm(self.first(image))), 2)
        x = torch.relu(self.second(x))
        return self.head(torch.relu(self.hidden(x.flatten(1))))


def images(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten made shapes with noise, and which they are."""
    shapes = np.random.default_rng(7).normal(size=(10, 1, 8, 8))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    noisy = shapes[labels] + 0.9 * rng.normal(size=(count, 1, 8, 8))
    return torch.tensor(noisy, dtype=torch.float32), torch.tensor(labels)


@pytest.fixture(scope="module")
def trained() -> Shapes:
    torch.manual_seed(0)
    model = Shapes()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for step in range(80):
        given, labels = images(64, step)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(given), labels).backward()
        optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def data() -> list[dict[str, torch.Tensor]]:
    return [{"image": images(16, 1000 + i)[0]} for i in range(12)]


def grown(seed: seedtool.Seed, path) -> Shapes:
    """The model that the seed grows to."""
    seed.save(path, force=True)
    tensors = seedtool.load(path).tensors()
    model = Shapes()
    model.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in tensors})
    return model.eval()


def divergence(model: Shapes, other: Shapes) -> float:
    """Mean KL in nats on images that no plan has seen."""
    given = images(500, 5)[0]
    with torch.no_grad():
        p, q = (m(given).log_softmax(1) for m in (model, other))
    return float((p.exp() * (p - q)).sum(1).mean())


def test_a_size_with_data_and_without(trained, data, tmp_path):
    """About the same bytes, and the data's plan keeps more of answers that it has not seen."""
    kept = {}
    for calibrate in (None, data):
        seed = seedtool.extract(trained, with_graph=False, size=7500, calibrate=calibrate)
        assert 0.99 * 7500 <= seed.save(tmp_path / "a.seed", force=True) <= 7500
        kept[calibrate is data] = divergence(trained, grown(seed, tmp_path / "b.seed"))
    assert kept[True] < kept[False] / 2


def test_a_size_between_two_quantisers_is_met_too(trained, data, tmp_path):
    """At so few bytes its largest matrix, most of the model, changes from one to the other."""
    seed = seedtool.extract(trained, with_graph=False, size=4500, calibrate=data)
    assert 0.99 * 4500 <= seed.save(tmp_path / "a.seed") <= 4500


def test_what_the_seed_says_is_about_what_its_model_does(trained, data, tmp_path):
    """On other images than the seed tells of, which none of the plan was fitted to either."""
    seed = seedtool.extract(trained, with_graph=False, size=6000, calibrate=data)
    told = seed.ledger.quality
    model = grown(seed, tmp_path / "a.seed")
    given = [{"image": images(500, 5)[0].numpy()}]
    found = quality.measure(quality.outputs(trained, given), quality.outputs(model, given))
    assert told["quality"] == pytest.approx(found.quality, abs=0.1)
    assert told["divergence"] / 4 < found.divergence < told["divergence"] * 4
    assert told["divergence"] < told["divergence_of_control"] / 2
    assert told["control"] < 0.5
    assert told["kind"] == "logits"
    assert 16 <= told["predictions"] <= 64


def test_a_quality_is_reached_with_no_more_bytes_than_it_takes(trained, data, tmp_path):
    sizes = []
    for least in (0.8, 0.97):
        seed = seedtool.extract(trained, with_graph=False, quality=least, calibrate=data)
        sizes.append(seed.save(tmp_path / "a.seed", force=True))
        assert seed.ledger.quality["quality"] >= least
    assert sizes[0] < sizes[1] < 4 * 27_854 / 12


def test_a_plan_is_the_same_again_and_another_by_its_seed(trained, data, tmp_path):
    written = []
    for chance in (0, 0, 1):
        seed = seedtool.extract(trained, with_graph=False, bits=4, calibrate=data, seed=chance)
        seed.save(tmp_path / "a.seed", force=True)
        assert seed.ledger.quality["seed"] == chance
        written.append((tmp_path / "a.seed").read_bytes())
    assert written[0] == written[1] != written[2]


def test_the_predicted_loss_is_about_what_is_measured(trained, data, tmp_path):
    """Where steps are fine the quadratic form holds, but for what rounding the vectors adds."""
    seed = seedtool.extract(trained, with_graph=False, bits=3, calibrate=data)
    assert set(seed.ledger.losses) == {"second.weight", "hidden.weight"}
    predicted = sum(seed.ledger.losses.values())
    assert predicted / 8 < divergence(trained, grown(seed, tmp_path / "a.seed")) < predicted * 8


class Saturated(nn.Module):
    """A pooler so sure of two kinds of input that its tanh has no slope."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.pooler = nn.Linear(256, 256), nn.Linear(256, 256)
        self.head = nn.Linear(256, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.tanh(self.pooler(x + torch.relu(self.body(x)))))


def test_a_layer_without_slope_is_not_coded_as_nothing():
    torch.manual_seed(0)
    model, kind = Saturated(), torch.randn(256)
    with torch.no_grad():
        model.pooler.weight.normal_()
        sides = [torch.tanh(model.pooler(x + torch.relu(model.body(x)))) for x in (kind, -kind)]
        model.head.weight[0] = 0.02 * (sides[0] - sides[1])
        model.head.weight[1] = -model.head.weight[0]
    given = [
        {"x": torch.randn(10, 1).sign() * kind + 0.3 * torch.randn(10, 256)} for _ in range(40)
    ]
    with open_source(model) as source:
        calibrated = Calibrated(source, given)
        weights = Weights(source.entries, source.read, states=8, calibrated=calibrated)
        entry = next(e for e in source.entries if e.name == "pooler.weight")
        coarse = 2.0 ** (weights.exponent(0.1) + 1)
        first = calibrated.sensitivities[entry.name]
        made = weights.rehearse(coarse, lambda _: None)
        coded = made.shaped[entry.name].shaped.values
        lost = coded - source.read(entry)
        calibrated.restore()
        calibrated.write(entry, coded)
        measured = calibrated.divergence()
        assert measured > 20 * first.divergence(lost)
        told = calibrated.sensitivities[entry.name].divergence(lost)
        assert told == pytest.approx(measured, rel=0.01)


def test_the_module_given_is_left_as_it_was(trained, data):
    before = {name: values.clone() for name, values in trained.state_dict().items()}
    seedtool.extract(trained, with_graph=False, bits=4, calibrate=data)
    after = trained.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not trained.training


def test_a_size_that_cannot_be_is_a_gate(trained, data):
    with pytest.raises(GateError, match="all but its weight matrices takes"):
        seedtool.extract(trained, with_graph=False, size=2000, calibrate=data)


@pytest.mark.parametrize("tied", [True, False])
def test_tokens_that_the_data_lack_count_at_both_ends(tied):
    """A vocabulary is mostly tokens that few samples have, and some of them come later."""
    ids = np.random.default_rng(0).integers(0, 16, (48, 12), dtype=np.int64)
    model = tiny_gpt2(tied=tied)
    with torch.no_grad():
        model.lm_head.weight.mul_(20)  # answers that are sure, as a trained model's
    made = Calibrated(open_source(model), [{"input_ids": part} for part in np.split(ids, 12)])
    ends = ["transformer.wte.weight"] if tied else ["transformer.wte.weight", "lm_head.weight"]
    for name in ends:
        rows = made.sensitivities[name].rows
        assert rows[16:].min() > 0.02 * rows[:16].mean()
