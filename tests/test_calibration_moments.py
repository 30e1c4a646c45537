"""Second moments and sensitivities, and what they predict beside what is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seedtool.calibration.accumulation import row_energies
from seedtool.calibration.data import load_samples
from seedtool.calibration.enough import samples_enough
from seedtool.calibration.frequency import count_tokens, spread
from seedtool.calibration.moments import collect, groups
from seedtool.calibration.quality import measure, outputs
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.errors import NoGraphError
from seedtool.sources import open_source
from tests.models import TinyCnn, tiny_bert, tiny_gpt2


def sequences(count: int, vocabulary: int, length: int = 12) -> list[dict[str, np.ndarray]]:
    """Batches of 8 with right padding of every length."""
    rng = np.random.default_rng(5)
    made = []
    for _ in range(count):
        mask = np.ones((8, length), np.int64)
        for row in mask:
            row[rng.integers(length // 2, length + 1) :] = 0
        made.append({"input_ids": rng.integers(0, vocabulary, (8, length)), "attention_mask": mask})
    return made


def stronger(module):
    """Weights large enough that answers depend on the input."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                parameter.mul_(4)
    return module


def test_columns_are_moments_without_padding():
    module, batches = tiny_bert(), sequences(3, 10)
    found = collect(module, batches, gradients=False)
    taken = []
    query = module.encoder.layer[1].attention.self.query
    with query.register_forward_pre_hook(lambda _, args: taken.append(args[0])) and torch.no_grad():
        for batch in batches:
            module(**{n: torch.from_numpy(v) for n, v in batch.items()})
    x = np.concatenate(
        [t.numpy()[b["attention_mask"].astype(bool)] for t, b in zip(taken, batches, strict=True)]
    )
    own = found["encoder.layer.1.attention.self.query.weight"]
    np.testing.assert_allclose(own.columns[0], x.T @ x / len(x), rtol=1e-4, atol=1e-5)
    assert own.positions == len(x)
    assert own.rows.tolist() == [1] * 32
    full = collect(module, batches)["encoder.layer.1.attention.self.query.weight"]
    np.testing.assert_allclose(full.columns, own.columns, rtol=1e-5)


@pytest.mark.parametrize("positions", [1, 7, 60])
def test_energies_of_rows_are_those_of_the_gradient_whichever_way(positions):
    torch.manual_seed(0)
    inputs, gradients = torch.randn(5, 2, positions, 24), torch.randn(5, 2, positions, 36)
    gradient = torch.einsum("sgto,sgti->sgoi", gradients.double(), inputs.double())
    expected = gradient.square().sum((0, 3))
    assert torch.allclose(row_energies(inputs, gradients).double(), expected, rtol=1e-4)
    assert (row_energies(inputs, 0 * gradients) == 0).all()


def test_a_forward_pass_ends_when_all_is_seen():
    module, batches = tiny_bert(), sequences(3, 10)
    ran = []
    module.encoder.layer[1].register_forward_hook(lambda *_: ran.append(1))
    name = "encoder.layer.0.output.dense.weight"
    found = collect(module, batches, [name], gradients=False)
    assert list(found) == [name]
    assert len(ran) == 1  # the first batch alone goes through
    whole = collect(module, batches, gradients=False)
    np.testing.assert_array_equal(found[name].columns, whole[name].columns)


def test_groups_read_the_same_tensor():
    found = groups(tiny_bert(), sequences(1, 10)[0])
    part = "encoder.layer.0."
    assert found[:4] == [
        [f"{part}attention.self.{n}.weight" for n in ("query", "key", "value")],
        [f"{part}attention.output.dense.weight"],
        [f"{part}intermediate.dense.weight"],
        [f"{part}output.dense.weight"],
    ]
    assert len(found) == 9  # two layers and the pooler
    assert groups(tiny_gpt2(), sequences(1, 64)[0])[-1] == ["transformer.wte.weight"]


def images(count: int) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(6)
    return [{"image": rng.normal(size=(16, 1, 8, 8)).astype(np.float32)} for _ in range(count)]


class Mixed(nn.Module):
    """Layers that are used otherwise than by a call: attention's, a recurrent net's."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 16)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.memory = nn.LSTM(16, 12, batch_first=True)
        self.filter = nn.Conv1d(12, 16, 3, padding=1)
        self.head = nn.Linear(16, 5)

    def forward(self, input_ids, attention_mask):
        x, _ = self.memory(self.block(self.words(input_ids)))
        x = torch.relu(self.filter(x.transpose(1, 2)))
        return self.head((x * attention_mask[:, None]).mean(2))


def seeded(kind):
    torch.manual_seed(7)
    return kind()


MODELS = [
    (lambda: stronger(seeded(TinyCnn)), lambda: images(8)),
    (lambda: stronger(tiny_bert()), lambda: sequences(16, 10)),
    (lambda: stronger(tiny_gpt2()), lambda: sequences(12, 64)),
    (lambda: seeded(Mixed), lambda: sequences(12, 40)),
]


@pytest.mark.parametrize(("make", "data"), MODELS, ids=["cnn", "bert", "gpt2", "mixed"])
def test_predicted_divergence_is_what_is_measured(make, data):
    """Noise at 20 dB added to one weight at a time, the mean of four draws."""
    module, batches = make().eval(), data()
    found = collect(module, batches)
    original = outputs(module, batches)
    rng = np.random.default_rng(8)
    ratios = {}
    for name, parameter in module.named_parameters():
        if parameter.ndim < 2 or name not in found:
            continue
        kept = parameter.detach().numpy().copy()
        predicted = measured = 0.0
        for _ in range(4):
            noise = (rng.normal(size=kept.shape) * kept.std() * 0.1).astype(np.float32)
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(kept + noise))
            measured += measure(original, outputs(module, batches)).divergence
            predicted += found[name].divergence(noise)
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(kept))
        ratios[name] = predicted / measured
    assert len(ratios) >= 3
    off = {n: round(r, 2) for n, r in ratios.items() if not 0.5 < r < 2}
    assert not off
    assert 0.75 < np.median(list(ratios.values())) < 1.33


def test_forms_of_sensitivities():
    found = collect(tiny_gpt2(), sequences(2, 64))
    wide = found["transformer.h.0.attn.c_attn.weight"]  # [in, out]
    assert (wide.transposed, wide.rows.shape, wide.columns.shape) == (True, (96,), (1, 32, 32))
    assert found["transformer.wpe.weight"].rows.shape == (32,)
    assert not found["transformer.wpe.weight"].rows[12:].any()  # positions that no sample has
    assert "lm_head.weight" not in found
    assert found["transformer.wte.weight"].columns.shape == (1, 32, 32)
    convolutions = collect(seeded(TinyCnn), images(2))
    assert convolutions["second.weight"].columns.shape == (2, 36, 36)
    assert convolutions["head.bias"].rows.shape == (10,)
    for sensitivity in (*found.values(), *convolutions.values()):
        assert sensitivity.rows.dtype == np.float32
        assert (sensitivity.rows >= 0).all()


def test_what_answers_do_not_depend_on_is_left_out():
    found = collect(tiny_bert(), sequences(2, 10))
    assert "pooler.dense.weight" not in found
    assert "pooler.dense.weight" in dict(tiny_bert().named_parameters())


def test_the_module_is_left_as_it_was():
    module = seeded(TinyCnn).train()
    module.first.weight.requires_grad_(False)
    before = {n: v.clone() for n, v in module.state_dict().items()}
    collect(module, images(2))
    collect(module, images(2), ["head.weight"], gradients=False)
    assert module.training
    assert not module.first.weight.requires_grad
    assert module.head.weight.requires_grad
    assert all(p.grad is None for p in module.parameters())
    assert all(torch.equal(before[n], v) for n, v in module.state_dict().items())
    assert not any(part._forward_hooks for part in module.modules())


def test_the_same_seed_gives_the_same_bits():
    first, again, other = (collect(seeded(TinyCnn), images(2), seed=s) for s in (1, 1, 2))
    for name, sensitivity in first.items():
        np.testing.assert_array_equal(sensitivity.rows, again[name].rows)
    assert (first["head.weight"].rows != other["head.weight"].rows).any()


def test_data_that_the_model_does_not_run_on():
    for batch in ({"image": np.zeros((2, 3, 8, 8), np.float32)}, {"image": np.zeros((2, 4))}):
        with pytest.raises(NoGraphError, match="does not run on the data"):
            collect(seeded(TinyCnn), [batch])
    strange = {"input_ids": np.full((2, 4), 1 << 20)}
    with pytest.raises(NoGraphError, match="does not run"):
        collect(tiny_gpt2(), [strange])


def test_rows_spread_by_frequency():
    module, batches = tiny_gpt2(), sequences(4, 64)
    rows = collect(module, batches, ["transformer.wpe.weight"])["transformer.wpe.weight"].rows
    assert rows.any()
    seen = count_tokens(batches, 64)
    assert seen.sum() == sum(b["attention_mask"].sum() for b in batches)
    even = np.full(64, 2.0, np.float32) * seen
    tokens = seen.copy()
    tokens[3] *= 50
    made = spread(even, seen, tokens)
    assert made.dtype == np.float32
    assert (made > 0).all()  # a token that was not seen may come
    np.testing.assert_allclose(made.sum(), even.sum(), rtol=0.1)
    share = made / made.sum()
    assert share[3] > 10 * share[4] * seen[3] / max(1, seen[4])
    np.testing.assert_array_equal(spread(even, seen * 0, tokens), even)


def test_minilm(minilm_folder, tmp_path):
    """A few tensors of the real one, on sentences of our licence; noise at 20 dB."""
    licence = (Path(__file__).parents[1] / "LICENSE").read_text()
    sentences = " ".join(licence.split()).replace(". ", ".\n")
    (tmp_path / "data.txt").write_text(sentences)
    with open_source(minilm_folder) as source:
        module = source.module()
        samples = load_samples(tmp_path / "data.txt", source, module, limit=(16, 4))
    names = [
        "embeddings.word_embeddings.weight",
        "encoder.layer.0.attention.self.query.weight",
        "encoder.layer.3.intermediate.dense.weight",
        "encoder.layer.5.output.dense.weight",
    ]
    found = collect(module, samples.calibration, names)
    original = outputs(module, samples.calibration)
    parameters = dict(module.named_parameters())
    for name in names:
        kept = parameters[name].detach().clone()
        noise = (
            torch.randn(kept.shape, generator=torch.Generator().manual_seed(9)) * kept.std() / 10
        )
        with torch.no_grad():
            parameters[name].copy_(kept + noise)
            measured = measure(original, outputs(module, samples.calibration)).divergence
            parameters[name].copy_(kept)
        assert 0.5 < found[name].divergence(noise.numpy()) / measured < 2


def test_samples_are_as_many_as_columns_ask_for_within_reason() -> None:
    """A layer behind a flattened picture, a layer of a language model, and a large model."""

    def found(inputs: int, rows: int, columns: int) -> dict[str, Sensitivity]:
        moment = np.zeros((1, columns, columns), np.float32)
        return {"layer": Sensitivity(np.ones(rows, np.float32), moment, positions=inputs)}

    assert samples_enough(found(16, 10, 1000), 16) == 6000
    assert samples_enough(found(16 * 25, 400, 400), 16) == 320
    assert samples_enough(found(16 * 4000, 4000, 2000), 16) == 64


class Row(nn.Module):
    """A layer for the positions of a sequence, and their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 4)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.layer(inputs).mean(1)


def test_a_position_a_thousand_times_as_strong_does_not_hide_the_others():
    values = np.random.default_rng(0).normal(size=(16, 8, 6)).astype(np.float32)
    strong = values.copy()
    strong[:, 0] = 0.0
    strong[:, 0, 0] = 3000.0
    plain, massive = (
        collect(Row(), [{"inputs": x}], gradients=False)["layer.weight"].columns
        for x in (values, strong)
    )
    assert plain is not None
    assert massive is not None
    np.testing.assert_allclose(plain[0], np.mean([x.T @ x / 8 for x in values], 0), rtol=1e-4)
    others = np.trace(massive[0][1:, 1:])
    assert 0.5 * np.trace(plain[0][1:, 1:]) < others < massive[0][0, 0] < 10 * others
