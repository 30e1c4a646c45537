"""Tensors are found in a network whatever it calls them, and where many have the same values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification

import seedtool
from seedtool.examples.labelled import Examples
from seedtool.growing import body
from seedtool.models.parameters import Place
from seedtool.recipes.schema import Training
from tests.growing import RECIPE

STEPS = replace(RECIPE, preprocess=(), training=Training(steps=2, batch=4))


def network(folder, noise: float):
    torch.manual_seed(3)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=16,
        patch_size=8,
        num_labels=10,
    )
    made = ViTForImageClassification(config)
    with torch.no_grad():
        for value in made.parameters():
            value.add_(noise * torch.randn_like(value))
    made.save_pretrained(folder)
    return folder


def places_of(folder) -> dict[str, Place]:
    assembly = seedtool.extract(str(folder), codec="raw", with_graph=False).assembly()
    arrays = {entry.name: values for entry, _, values in assembly.stream()}
    with body.opened(assembly, arrays, STEPS, 10, 0) as opened:
        return dict(opened.places)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_zeros_of_a_fresh_network_have_the_places_of_trained_values(tmp_path, dtype):
    fresh, trained = network(tmp_path / "fresh", 0.0), network(tmp_path / "trained", 0.1)
    for folder in (fresh, trained):
        ViTForImageClassification.from_pretrained(folder, dtype=dtype).save_pretrained(folder)
    known = places_of(trained)
    assert places_of(fresh) == known
    assert len(set(known.values())) == len(known)
    assert any(name != place.tensor for name, place in known.items())  # transformers renames here


@pytest.mark.parametrize("start", ["minimal", "stats"])
def test_values_that_were_drawn_are_grown_from(tmp_path, start):
    folder = network(tmp_path / "trained", 0.1)
    images = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), np.uint8)
    given = Examples(images, np.arange(40) % 10, classes=STEPS.classes)
    made = seedtool.extract(str(folder), with_graph=False).grow(STEPS, data=given, start=start)
    made.assemble(tmp_path / "out")
    grown = ViTForImageClassification.from_pretrained(tmp_path / "out").state_dict()
    before = ViTForImageClassification.from_pretrained(folder).state_dict()
    assert all(not torch.equal(grown[name], before[name]) for name in before)
