"""Torch models as graphs: every weight is a tensor of the seed, and the graph computes the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from seedtool.check import compare
from seedtool.errors import NoGraphError
from seedtool.graph import Graph
from seedtool.models.matching import Matcher
from seedtool.models.session import Session
from seedtool.seed import Entry
from seedtool.sources import open_source
from seedtool.sources.base import Source
from tests import models
from tests.onnx_parts import written


class Recurrent(nn.Module):
    """Embedding, a bidirectional LSTM, and an output tied to the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.rnn = nn.LSTM(16, 24, batch_first=True, bidirectional=True)
        self.down = nn.Linear(48, 16)
        self.out = nn.Linear(16, 50, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.down(self.rnn(self.embed(ids))[0]))


def check(source: Source, tolerance: float = 1e-5) -> tuple[Graph, onnx.ModelProto]:
    """The graph and the file of a source, after comparing all precisions with the source."""
    graph, run = source.graph(), source.runner()
    model = written(source, graph)
    assert compare(model, run).max_rel < tolerance
    assert compare(written(source, graph, "fp16"), run).max_rel < 1e-2
    assert compare(written(source, graph, "int8"), run).max_rel < 1e-1
    return graph, onnx.load_from_string(model)


def used(graph: Graph) -> set[str]:
    return {i.tensor for i in graph.initializers}


def stored(source: Source) -> set[str]:
    return {e.name for e in source.entries if e.same is None}


def weights_left(graph: Graph) -> list[str]:
    rest = onnx.load_from_string(graph.skeleton).graph.initializer
    return [t.name for t in rest if t.data_type == 1 and len(t.raw_data) > 64]


def test_a_convolutional_network_with_its_norms_unfolded(capfd) -> None:
    module = models.tiny_cnn().train()
    with open_source(module, example=(torch.randn(1, 1, 8, 8),)) as source:
        graph, model = check(source)
        assert graph.opset == 18
        assert used(graph) == stored(source) - {"norm.num_batches_tracked"}
        assert not weights_left(graph)
        assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
        for batch in (1, 5):
            image = np.ones((batch, 1, 8, 8), np.float32)
            run = source.runner()
            (got,), (want,) = (
                Session(model.SerializeToString())({"image": image}),
                run({"image": image}),
            )
            np.testing.assert_allclose(got, want, atol=1e-6)
    assert module.training
    assert capfd.readouterr() == ("", "")


def test_a_recurrent_network_with_a_tied_embedding() -> None:
    module = Recurrent()
    with open_source(module, example={"ids": torch.zeros(2, 7, dtype=torch.int64)}) as source:
        graph, model = check(source)
        assert not weights_left(graph)
        assert {"rnn.weight_ih_l0", "rnn.weight_hh_l0_reverse", "down.weight"} <= used(graph)
        assert len(used(graph) & {"embed.weight", "out.weight"}) == 1
        session, run = Session(model.SerializeToString()), source.runner()
        for shape in ((1, 3), (4, 9)):
            ids = np.arange(np.prod(shape)).reshape(shape)
            (got,), (want,) = session({"ids": ids}), run({"ids": ids})
            np.testing.assert_allclose(got, want, atol=1e-6)


def test_bert_takes_any_batch_length_and_mask(bert_folder, capfd) -> None:
    with open_source(str(bert_folder)) as source:
        graph, model = check(source)
        assert used(graph) == stored(source)
        assert [o.name for o in model.graph.output] == ["last_hidden_state", "pooler_output"]
        assert str(Path.cwd()).encode() not in graph.skeleton
        assert b".py" not in graph.skeleton
        mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
        inputs = {
            "input_ids": np.arange(15).reshape(3, 5) % 10,
            "attention_mask": mask,
            "token_type_ids": 1 - mask,
        }
        found = Session(model.SerializeToString())(inputs)
        for got, want in zip(found, source.runner()(inputs), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-5)
    assert capfd.readouterr() == ("", "")


def test_bfloat16_checkpoints_stay_two_bytes(tmp_path) -> None:
    from transformers import BertModel

    config = models.tiny_bert().config
    BertModel(config, add_pooling_layer=False).to(torch.bfloat16).save_pretrained(tmp_path)
    with open_source(str(tmp_path)) as source:
        graph, model = check(source)
        # The checkpoint has no pooler, so neither has the graph.
        assert [o.name for o in model.graph.output] == ["last_hidden_state"]
        assert used(graph) == stored(source)
        assert {t.data_type for t in model.graph.initializer if len(t.raw_data) > 1024} == {16}


def test_a_language_model_gives_logits(gpt2_folder) -> None:
    with open_source(str(gpt2_folder)) as source:
        graph, model = check(source)
        assert [o.name for o in model.graph.output] == ["logits"]
        assert used(graph) == stored(source)


def test_a_checkpoint_that_lacks_a_weight_has_no_graph(bert_folder, tmp_path) -> None:
    from safetensors.numpy import load_file, save_file

    (tmp_path / "config.json").write_bytes((bert_folder / "config.json").read_bytes())
    tensors = load_file(bert_folder / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    with (
        open_source(str(tmp_path)) as source,
        pytest.raises(NoGraphError, match=r"encoder\.layer\.1\.output\.dense\.weight"),
    ):
        source.graph()


@pytest.mark.parametrize("architecture", ["os.system", "logging", "AutoModel", "__init__", ""])
def test_only_model_classes_of_transformers_are_taken(bert_folder, architecture: str) -> None:
    from seedtool.models.loading import load_hf

    assert type(load_hf(bert_folder, architecture)).__name__ == "BertModel"


def test_an_unknown_model_type_says_so_in_a_line(tmp_path) -> None:
    from seedtool.models.loading import load_hf

    (tmp_path / "config.json").write_text('{"model_type": "no-such-model"}')
    with pytest.raises(NoGraphError) as caught:
        load_hf(tmp_path, "BertModel")
    assert "\n" not in caught.value.message


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:  # what tracing can't follow
            return self.linear(x)
        return x


def test_what_can_not_be_exported_says_so_in_a_line(capfd) -> None:
    with (
        open_source(Branching(), example=(torch.ones(2, 4),)) as source,
        pytest.raises(NoGraphError, match=r"torch\.onnx\.export"),
    ):
        source.graph()
    assert capfd.readouterr() == ("", "")


class Strange(nn.Module):
    """Keeps most of its weights where no state dict sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.register_buffer("hidden", torch.randn(256, 256), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) @ self.hidden[:8]


def test_constants_that_are_no_tensors_are_not_smuggled() -> None:
    with (
        open_source(Strange(), example=(torch.ones(2, 8),)) as source,
        pytest.raises(NoGraphError, match="no tensors"),
    ):
        source.graph()


def test_matching_by_name_by_values_and_transposed() -> None:
    rng = np.random.default_rng(6)
    arrays = {
        "encoder.a": rng.normal(size=(8, 12)).astype(np.float32),
        "encoder.b": rng.normal(size=(8, 12)).astype(np.float32),
        "half": rng.normal(size=(3, 5)).astype(np.float16),
        "copy": np.zeros((3, 5), np.float16),
    }
    kinds = {"float32": "F32", "float16": "F16"}
    entries = [Entry(n, kinds[str(a.dtype)], a.shape) for n, a in arrays.items()]
    matcher = Matcher(entries, lambda e: arrays[e.name])
    b, half = arrays["encoder.b"], arrays["half"].astype(np.float32)
    assert matcher.find("bert.encoder.b", "F32", b).entry.name == "encoder.b"
    assert matcher.find("b", "F32", b).entry.name == "encoder.b"
    assert matcher.find("encoder.a", "F32", b).entry.name == "encoder.b"  # values decide
    assert matcher.find("x", "F32", np.ascontiguousarray(b.T)).perm == (1, 0)
    assert matcher.find("half", "F32", half).entry.name == "half"
    assert matcher.find("half", "F32", half + 1) is None
    assert matcher.find("x", "F32", b.reshape(12, 8)) is None
