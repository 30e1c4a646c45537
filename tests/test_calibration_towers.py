"""Networks of two towers, as CLIP: both embeddings count, and scalars are weights too."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel

import seedtool
from seedtool.calibration import divergence, quality
from seedtool.errors import NoGraphError, UsageError
from seedtool.models.loading import quiet

SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
TEXT = {**SIZES, "intermediate_size": 64, "vocab_size": 100, "eos_token_id": 99}
VISION = {**SIZES, "intermediate_size": 64, "image_size": 16, "patch_size": 8}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    made = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=8))
    path = tmp_path_factory.mktemp("clip") / "model"
    with quiet():
        made.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def data(folder):
    rng = np.random.default_rng(0)
    path = folder.parent / "data.npz"
    np.savez(
        path,
        pixel_values=rng.standard_normal((24, 3, 16, 16)).astype("f4"),
        input_ids=rng.integers(0, 100, (24, 6)),
        attention_mask=np.ones((24, 6), np.int64),
    )
    return path


def test_both_embeddings_are_the_answer(folder, data):
    module = CLIPModel.from_pretrained(folder).eval()
    with np.load(data) as arrays:
        batch = {name: arrays[name][:5] for name in arrays.files}
    found = divergence.answer(module, batch)
    assert (found.kind, found.values.shape) == ("embedding", (5, 16))
    with torch.no_grad():
        out = module(**{name: torch.from_numpy(values) for name, values in batch.items()})
    both = torch.cat([out.text_embeds, out.image_embeds], 1) / 2**0.5
    assert torch.allclose(found.values, both, atol=1e-6)


def test_two_towers_are_calibrated(folder, data):
    made = seedtool.extract(str(folder), bits=6.0, calibrate=data, with_graph=False)
    assembly = made.assembly()
    coded = {entry.name: values for entry, _, values in assembly.stream()}
    assert coded["logit_scale"].shape == ()
    assert abs(coded["logit_scale"] - 2.6592) < 0.1


def test_text_alone_does_not_calibrate_two_towers(folder, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(f"line {i}" for i in range(40)))
    with pytest.raises(UsageError, match="one embedding of tokens"):
        seedtool.extract(str(folder), bits=4.0, calibrate=lines, with_graph=False)


def test_arrays_of_other_names_are_told_though_the_network_takes_any(folder, tmp_path):
    path = tmp_path / "images.npz"
    np.savez(path, images=np.zeros((9, 3, 16, 16)), attention_mask=np.zeros((9, 6)))
    with pytest.raises(UsageError, match="holds 'images', which the model does not take"):
        seedtool.extract(str(folder), bits=4.0, calibrate=path, with_graph=False)


def test_answers_as_wide_as_the_batch_are_told():
    class Similar(torch.nn.Module):
        def forward(self, x):
            return x @ x.T

    batches = [{"x": np.ones((n, 3), np.float32)} for n in (4, 5)]
    with pytest.raises(NoGraphError, match="wider in one batch"):
        quality.outputs(Similar(), batches)
