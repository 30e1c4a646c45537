"""A source's own module, and where its tensors lie in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seedtool.errors import NoGraphError
from seedtool.floats import to_float32
from seedtool.models.parameters import Parameters
from seedtool.seed import DTYPES
from seedtool.sources import open_source
from tests.models import tiny_bert, tiny_cnn, tiny_gpt2


def check(source, module) -> Parameters:
    """Every float tensor is found, and is the source's."""
    parameters = Parameters(module, source.entries, source.read)
    assert parameters.unknown == ()
    for entry in source.entries:
        if entry.same is None and DTYPES[entry.dtype].is_float:
            expected = to_float32(source.read(entry), entry.dtype)
            np.testing.assert_array_equal(parameters.read(entry.name), expected)
    return parameters


@pytest.mark.parametrize("folder", ["bert", "gpt2", "resnet", "sharded_bert"])
def test_a_folder(folder, request):
    with open_source(request.getfixturevalue(f"{folder}_folder")) as source:
        module = source.module()
        assert not module.training
        check(source, module)


def test_writing_reaches_all_uses_and_not_the_source():
    with open_source(tiny_gpt2()) as source:
        module = source.module()
        parameters = check(source, module)
        owner = next(e for e in source.entries if e.name == "transformer.wte.weight")
        before = source.read(owner).copy()
        parameters.write(owner.name, before + 1)
        assert torch.equal(module.lm_head.weight, torch.from_numpy(before + 1))
        np.testing.assert_array_equal(source.read(owner), before)
        np.testing.assert_array_equal(parameters.read(owner.name), before + 1)


def test_equal_parameters_are_one_entry_of_several_places():
    with open_source(tiny_bert()) as source:
        module = source.module()
        parameters = check(source, module)
        ones = next(n for n, places in parameters.places.items() if len(places) > 1)
        places = parameters.places[ones]
        assert len({p.data_ptr() for n, p in module.named_parameters() if n in places}) == len(
            places
        )
        parameters.write(ones, np.full(32, 3, np.float32))
        assert all((dict(module.named_parameters())[n] == 3).all() for n in places)


def test_names_that_differ_by_a_prefix(bert_folder):
    state = {f"model.{name}": value for name, value in tiny_bert().state_dict().items()}
    with open_source(state) as source, open_source(bert_folder) as folder:
        module = folder.module()
        parameters = Parameters(module, source.entries, source.read)
        name = "encoder.layer.0.output.dense.weight"
        assert parameters.places[f"model.{name}"] == (name,)


def test_half_precision():
    module = tiny_cnn().to(torch.bfloat16)
    with open_source(module) as source:
        check(source, source.module())
    with open_source({"other": np.ones((3, 4), np.float32)}) as source:
        other = Parameters(tiny_cnn(), source.entries, source.read)
        assert "other" not in other
        assert set(other.unknown) == {name for name, _ in tiny_cnn().named_parameters()}


def test_bare_tensors_have_no_module(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.ones(3, np.float32))
    for model in ({"a": np.ones(3)}, tmp_path / "a.npz"):
        with (
            open_source(model) as source,
            pytest.raises(NoGraphError, match="needs a model that runs"),
        ):
            source.module()
