"""Experts: tensors apart in a file, together in the module; planned, measured and grown as any."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import MarianConfig, MarianMTModel, MixtralConfig, MixtralForCausalLM

import seedtool
from seedtool.errors import UnsupportedError
from seedtool.growing import body, places
from seedtool.models.loading import quiet
from seedtool.models.parameters import Parameters
from seedtool.planning.calibrated import Calibrated
from seedtool.recipes.schema import Recipe
from seedtool.sources import open_source

NEXT = Recipe("next", "causal-lm")
EXPERTS = "model.layers.0.block_sparse_moe.experts"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    config = MixtralConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        num_local_experts=3,
        vocab_size=100,
    )
    path = tmp_path_factory.mktemp("experts") / "model"
    with quiet():
        MixtralForCausalLM(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def data(folder):
    path = folder.parent / "data.npz"
    ids = np.random.default_rng(0).integers(0, 100, (40, 8))
    np.savez(path, input_ids=ids, attention_mask=np.ones_like(ids))
    return path


def test_every_expert_has_its_place(folder):
    with open_source(folder) as source:
        module = source.module()
        parameters = Parameters(module, source.entries, source.read)
        assert parameters.unknown == ()
        owners = [entry for entry in source.entries if entry.same is None]
        assert all(entry.name in parameters for entry in owners)
        assert len(parameters.parts) == 3 * 3
        for entry in owners:
            assert np.array_equal(parameters.read(entry.name), source.read(entry))
        name = f"{EXPERTS}.1.w3.weight"
        parameters.write(name, np.full((48, 32), 2, np.float32))
        stack = module.model.layers[0].mlp.experts.gate_up_proj
        assert (stack[1, 48:] == 2).all()
        assert not (stack == 2)[:, :48].any()


class Stack(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.experts = torch.nn.Parameter(torch.randn(2, 4, 3))


def test_a_tensor_without_rows_is_no_part_of_a_stack():
    module = Stack()
    state = {f"e.{i}": module.experts[i].detach() for i in (0, 1)}
    with open_source({"none": torch.zeros(0, 3), **state}) as source:
        parameters = Parameters(module, source.entries, source.read)
        assert {name: place.matrix for name, place in parameters.parts.items()} == {
            "e.0": 0,
            "e.1": 1,
        }


def test_a_parameter_in_a_format_that_no_codec_changes_is_not_missed():
    module = Stack()
    coarse = module.experts.detach().to(torch.float8_e4m3fn)
    with torch.no_grad():
        module.experts.copy_(coarse.float())
    for name, unknown in (("experts", ()), ("other", ("experts",))):
        with open_source({name: coarse}) as source:
            assert Parameters(module, source.entries, source.read).unknown == unknown


def test_what_the_network_makes_by_itself_is_no_tensor_that_is_missed(tmp_path):
    config = MarianConfig(
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        vocab_size=50,
        pad_token_id=0,
        decoder_start_token_id=0,
    )
    with quiet():
        MarianMTModel(config).save_pretrained(tmp_path)
    with open_source(tmp_path) as source:
        module = source.module()
        assert Parameters(module, source.entries, source.read).unknown == ()
        sines = "model.encoder.embed_positions.weight"
        assert sines in module.state_dict()
        assert sines not in {entry.name for entry in source.entries}
        ids = np.random.default_rng(0).integers(3, 50, (20, 6))
        given = [{"input_ids": row[None], "decoder_input_ids": row[None]} for row in ids]
        found = Calibrated(source, given).sensitivities
        owners = {e.name for e in source.entries if e.same is None}
        assert {name for name in owners if name.endswith("weight")} <= set(found)


def test_what_is_said_of_the_answers_is_of_coded_experts(folder, data):
    """Experts at no bits at all change the answers, and the module that is measured has them."""
    with open_source(folder) as source:
        calibrated = Calibrated(source, data)
        assert all(
            f"{EXPERTS}.{i}.w{k}.weight" in calibrated.sensitivities
            for i in (0, 1, 2)
            for k in (1, 2, 3)
        )
        for entry in source.entries:
            if entry.name.startswith(EXPERTS):
                calibrated.write(entry, np.zeros(entry.shape, np.float32))
        assert calibrated.divergence() > 1e-6
        calibrated.restore()
        assert calibrated.divergence() == 0


def test_a_plan_codes_experts_as_other_matrices(folder, data, tmp_path):
    made = seedtool.extract(str(folder), bits=6.0, calibrate=data, with_graph=False)
    made.save(tmp_path / "a.seed")
    used = {m.name: m.codec for m in made.ledger.measures}
    assert {codec for name, codec in used.items() if name.startswith(EXPERTS)} == {"trellis"}


def test_what_an_expert_learns_is_its_tensor(folder):
    assembly = seedtool.extract(str(folder), codec="raw", with_graph=False).assembly()
    arrays = {entry.name: values for entry, _, values in assembly.stream()}
    entry = next(e for e, _ in assembly.tensors if e.name == f"{EXPERTS}.2.w1.weight")
    with body.opened(assembly, arrays, NEXT, 0, 0) as opened:
        stack = opened.module.model.layers[0].mlp.experts.gate_up_proj
        with torch.no_grad():
            stack[2, :48] += 1
        assert np.array_equal(opened.read(entry), arrays[entry.name] + 1)
        opened.write(assembly.tensors, arrays)
        assert np.array_equal(opened.read(entry), arrays[entry.name])


def test_what_is_made_otherwise_is_refused(folder):
    def load(path):
        with quiet():
            module = MixtralForCausalLM.from_pretrained(path)
        module.register_parameter("more", torch.nn.Parameter(torch.randn(3, 4, 32)))
        return module

    assembly = seedtool.extract(str(folder), codec="raw", with_graph=False).assembly()
    arrays = {entry.name: values for entry, _, values in assembly.stream()}
    with pytest.raises(UnsupportedError, match="'more' is no tensor of the seed"):
        places.made(load, folder, assembly, arrays, adopts=False)
    _, found = places.made(load, folder, assembly, arrays, adopts=True)
    assert set(found) == {name for _, names in assembly.tensors for name in names}
