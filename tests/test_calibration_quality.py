"""Quality of a changed model beside its controls."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seedtool.calibration import quality
from seedtool.calibration.quality import Outputs, measure, outputs
from seedtool.errors import NoGraphError
from tests.models import tiny_bert, tiny_cnn, tiny_gpt2
from tests.test_calibration_moments import images, sequences, stronger


def scrambled(module, amount: float):
    """Each weight matrix with noise of ``amount`` times its deviation."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.add_(noise * parameter.std() * amount)
    return module


def test_embeddings():
    batches = sequences(4, 10)
    original = outputs(stronger(tiny_bert()), batches)
    assert original.kind == "embedding"
    np.testing.assert_allclose(np.linalg.norm(original.values, axis=1), 1, rtol=1e-5)
    same = measure(original, outputs(stronger(tiny_bert()), batches))
    assert same.quality == pytest.approx(1, abs=1e-5)
    assert same.divergence == pytest.approx(0, abs=1e-5)
    near, far = (
        measure(original, outputs(scrambled(stronger(tiny_bert()), x), batches)) for x in (0.05, 1)
    )
    assert same.quality > near.quality > far.quality
    assert near.least < near.quality
    assert near.control < near.quality
    assert near.divergence == pytest.approx(2 - 2 * near.quality)
    assert near.predictions == 32


def test_padding_does_not_change_an_embedding():
    module = tiny_bert()
    (batch,) = sequences(1, 10)
    longer = {n: np.pad(v, ((0, 0), (0, 5))) for n, v in batch.items()}
    np.testing.assert_allclose(
        outputs(module, [batch]).values, outputs(module, [longer]).values, atol=1e-5
    )


def test_logits():
    batches = images(4)
    original = outputs(stronger(tiny_cnn()), batches)
    assert (original.kind, original.values.shape) == ("logits", (64, 10))
    near, far = (
        measure(original, outputs(scrambled(stronger(tiny_cnn()), x), batches)) for x in (0.05, 1)
    )
    assert 1 >= near.quality > far.quality
    assert 0 < near.divergence < far.divergence
    p = torch.log_softmax(torch.from_numpy(original.values), -1)
    q = torch.log_softmax(
        torch.from_numpy(outputs(scrambled(stronger(tiny_cnn()), 1), batches).values), -1
    )
    expected = nn.functional.kl_div(q, p, log_target=True, reduction="batchmean")
    assert far.divergence == pytest.approx(float(expected), rel=1e-4)
    assert far.control == np.bincount(original.values.argmax(1)).max() / 64
    assert near.divergence < near.control_divergence


def test_tokens_of_a_language_model(monkeypatch):
    batches = sequences(3, 64)
    original = outputs(tiny_gpt2(), batches)
    assert len(original.values) == sum(b["attention_mask"].sum() for b in batches)
    monkeypatch.setattr(quality, "LOGITS_MAX", 64 * 30)
    some = outputs(tiny_gpt2(), batches)
    assert len(some.values) == 30
    assert measure(some, outputs(tiny_gpt2(), batches)).quality == 1
    assert all((row == original.values).all(1).any() for row in some.values)


def test_what_outputs_are():
    class Unit(nn.Module):
        def forward(self, x):
            return nn.functional.normalize(x, dim=-1)

    class Odds(nn.Module):
        def forward(self, x):
            return x.sum(1, keepdim=True)

    x = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    assert outputs(Unit(), [{"x": x}]).kind == "embedding"
    assert outputs(nn.Identity(), [{"input": x}]).kind == "logits"
    assert outputs(nn.Identity(), [{"input": x}], kind="embedding").kind == "embedding"
    odds = outputs(Odds(), [{"x": x}]).values
    torch.testing.assert_close(
        torch.softmax(torch.from_numpy(odds), 1)[:, 1], torch.sigmoid(torch.from_numpy(x.sum(1)))
    )


def test_answers_that_cannot_be_compared():
    two = Outputs("logits", np.zeros((2, 3), np.float32))
    with pytest.raises(NoGraphError, match="shape"):
        measure(two, Outputs("logits", np.zeros((2, 4), np.float32)))
    with pytest.raises(NoGraphError, match="no batch"):
        outputs(tiny_cnn(), [])
    broken = measure(two, Outputs("logits", np.full((2, 3), np.nan, np.float32)))
    assert np.isfinite([broken.quality, broken.divergence]).all()
