"""Living modules."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from seedtool.errors import NoGraphError, UsageError
from seedtool.sources import open_source
from tests.models import tiny_bert, tiny_cnn, tiny_gpt2
from tests.test_sources_hf import values


def test_a_module(bert_folder):
    module = tiny_bert()
    with open_source(module) as source, open_source(bert_folder) as folder:
        theirs = values(folder)
        assert {name: v for name, v in values(source).items() if name in theirs} == theirs
        assert source.meta == {"format": "module", "architecture": "BertModel", "family": "bert"}
        assert json.loads(source.assets[0].read())["hidden_size"] == 32
        with pytest.raises(NoGraphError, match="example"):
            source.graph()


def test_a_module_with_tied_and_turned_weights():
    module = tiny_gpt2()
    module.register_buffer("turned", torch.arange(6.0).view(2, 3).T)
    with open_source(module) as source:
        entries = {e.name: e for e in source.entries}
        owner = source.entries[entries["lm_head.weight"].same]
        assert owner.name == "transformer.wte.weight"
        turned = source.read(entries["turned"])
        assert turned.flags.c_contiguous
        assert turned.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_example_inputs_take_the_names_of_the_forward():
    image = torch.zeros(1, 1, 8, 8)
    for example in ((image,), {"image": image}):
        source = open_source(tiny_cnn(), example=example)
        assert list(source.example) == ["image"]
        assert source.example["image"] is image
    with pytest.raises(UsageError, match="do not fit"):
        open_source(tiny_cnn(), example=(image, image))


def test_values_of_a_module_are_read_when_asked_for():
    module = tiny_cnn()
    source = open_source(module)
    with torch.no_grad():
        module.head.bias.fill_(7)
    entry = next(e for e in source.entries if e.name == "head.bias")
    assert np.all(source.read(entry) == 7)


def test_graph_and_runner_reach_the_exporter(resnet_folder):
    """Source and exporter agree on what they hand each other; the graph has tests of its own."""
    example = {"image": torch.rand(2, 1, 8, 8)}
    module = tiny_cnn()
    with open_source(module, example=example) as source:
        ran = source.runner()({"image": example["image"].numpy()})
        names = {e.name for e in source.entries}
        assert {i.tensor for i in source.graph().initializers} <= names
    np.testing.assert_allclose(ran[0], module(example["image"]).detach().numpy(), atol=1e-6)
    with open_source(resnet_folder) as source:
        assert callable(source.runner())
