"""Batch norms' running statistics, in sensitivities and among coded layers."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from seedtool.calibration import moments, normalisation
from seedtool.calibration.normalisation import Norms

EPS = 1e-3


class Spelt(torch.nn.Module):
    """A batch norm in eval mode whose statistics are parameters, with gradients of their own."""

    def __init__(self, norm: torch.nn.BatchNorm2d) -> None:
        super().__init__()
        for name in ("weight", "bias", "running_mean", "running_var"):
            setattr(self, name, torch.nn.Parameter(getattr(norm, name).detach().clone()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight, bias, mean, variance = (
            v[:, None, None] for v in (self.weight, self.bias, self.running_mean, self.running_var)
        )
        return weight * (x - mean) / torch.sqrt(variance + EPS) + bias


def network() -> torch.nn.Sequential:
    torch.manual_seed(3)
    made = torch.nn.Sequential(
        torch.nn.Conv2d(1, 6, 3),
        torch.nn.BatchNorm2d(6, eps=EPS),
        torch.nn.ReLU6(),
        torch.nn.Conv2d(6, 8, 3, groups=2),
        torch.nn.BatchNorm2d(8, eps=EPS),
        torch.nn.ReLU6(),
        torch.nn.Flatten(),
        torch.nn.Linear(8 * 36, 5),
    )
    with torch.no_grad():
        for norm in (made[1], made[4]):
            norm.weight.uniform_(0.5, 2)
            norm.bias.normal_()
        made.train()
        for _ in range(20):
            made(images(32, 7))
    return made.eval()


def images(count: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(count, 1, 10, 10, generator=torch.Generator().manual_seed(seed))
    return 2 * drawn + 1


def batches(count: int, seed: int) -> list[dict[str, np.ndarray]]:
    return [{"input": images(16, seed + i).numpy()} for i in range(count)]


def test_statistics_cost_what_gradients_of_them_say():
    made = network()
    found = moments.collect(made, batches(4, 11), seed=5)
    spelt = copy.deepcopy(made)
    spelt[1], spelt[4] = Spelt(made[1]), Spelt(made[4])
    expected = moments.collect(spelt, batches(4, 11), seed=5)
    told = normalisation.running_statistics(made, found)
    assert set(told) == {f"{n}.running_{kind}" for n in (1, 4) for kind in ("mean", "var")}
    for name, sensitivity in told.items():
        np.testing.assert_allclose(sensitivity.rows, expected[name].rows, rtol=2e-3)


def test_a_norm_without_gradients_tells_nothing():
    assert normalisation.running_statistics(network(), {}) == {}


def every(module: torch.nn.Module) -> set[str]:
    return {name for name, _ in module.named_buffers()}


def noisy(made: torch.nn.Sequential) -> torch.nn.Sequential:
    """Weights as coding leaves them: somewhat too small, none of them quite right."""
    other = copy.deepcopy(made)
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for layer in (other[0], other[3]):
            noise = torch.randn(layer.weight.shape, generator=generator)
            layer.weight.mul_(0.88).add_(0.01 * noise + 0.03)
    return other


def test_statistics_that_follow_the_weights_bring_the_answers_nearer():
    made = network()
    other, shown = noisy(made), images(400, 21)
    norms = Norms(made, batches(4, 11), every(made))
    assert norms
    assert norms.buffers[:2] == ["1.running_mean", "1.running_var"]
    with torch.no_grad():
        before = float((other(shown) - made(shown)).square().mean())
        assert norms.renew(other, lambda: True)
        after = float((other(shown) - made(shown)).square().mean())
    assert after < before / 2


def test_what_is_no_better_leaves_all_as_it_was():
    made = network()
    other = noisy(made)
    before = {name: held.clone() for name, held in other.state_dict().items()}
    assert not Norms(made, batches(4, 11), every(made)).renew(other, lambda: False)
    assert all(torch.equal(held, before[name]) for name, held in other.state_dict().items())


def test_unchanged_weights_keep_their_statistics():
    made = network()
    other = copy.deepcopy(made)
    assert Norms(made, batches(4, 11), every(made)).renew(other, lambda: True)
    for name, held in other.state_dict().items():
        torch.testing.assert_close(held, made.state_dict()[name])


@pytest.mark.parametrize("missing", ["1.running_mean", "4.running_var"])
def test_a_norm_that_shares_its_statistics_is_left_alone(missing):
    made = network()
    norms = Norms(made, batches(4, 11), every(made) - {missing})
    assert missing not in norms.buffers
    assert len(norms.buffers) == 2
    other = noisy(made)
    held = other.state_dict()[missing].clone()
    norms.renew(other, lambda: True)
    assert torch.equal(other.state_dict()[missing], held)


def test_a_network_without_norms_has_none():
    made = torch.nn.Sequential(torch.nn.Linear(4, 2))
    norms = Norms(made, [{"input": np.zeros((8, 4), np.float32)}], set())
    assert not norms
    assert norms.buffers == []
