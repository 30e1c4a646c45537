"""Small real models that the tests share: built, seeded and saved as their libraries do it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "seed", "grows", "##ing", "back"]


class TinyCnn(nn.Module):
    """A 1x8x8 image classifier of 10 classes with every usual kind of layer, 3,242 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 16, 3, padding=1, groups=2, bias=False)
        self.head = nn.Linear(16 * 4 * 4, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm(self.first(image)))
        x = nn.functional.max_pool2d(torch.relu(self.second(x)), 2)
        return self.head(x.flatten(1))


def tiny_cnn() -> TinyCnn:
    torch.manual_seed(1)
    return TinyCnn().eval()


def tiny_bert() -> nn.Module:
    from transformers import BertConfig, BertModel

    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
    )
    return BertModel(config).eval()


def tiny_gpt2(*, tied: bool = True) -> nn.Module:
    """``tied``: its ``lm_head.weight`` to ``transformer.wte.weight``."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    config = GPT2Config(
        vocab_size=64,
        n_positions=32,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=tied,
    )
    return GPT2LMHeadModel(config).eval()


def tiny_resnet() -> nn.Module:
    from transformers import ResNetConfig, ResNetForImageClassification

    torch.manual_seed(4)
    config = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3
    )
    return ResNetForImageClassification(config).eval()


def save_bert(folder: Path, shard: str = "5GB") -> Path:
    """A BERT with its tokenizer in the layout of the hub."""
    from transformers import BertTokenizer

    tiny_bert().save_pretrained(folder, max_shard_size=shard)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    BertTokenizer.from_pretrained(folder).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Tiny BERT\n")
    return folder


def save_gpt2(folder: Path, shard: str = "5GB") -> Path:
    tiny_gpt2().save_pretrained(folder, max_shard_size=shard)
    return folder


def save_resnet(folder: Path) -> Path:
    tiny_resnet().save_pretrained(folder)
    return folder


def save_bins(folder: Path, shards: int = 1) -> Path:
    """The tiny GPT-2 as older releases saved it: pickles, tied tensors and all."""
    model = tiny_gpt2()
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    state = model.state_dict()
    if shards == 1:
        torch.save(state, folder / "pytorch_model.bin")
        return folder
    names = list(state)
    places = {
        name: f"pytorch_model-{i * shards // len(names) + 1:05}-of-{shards:05}.bin"
        for i, name in enumerate(names)
    }
    for file in sorted(set(places.values())):
        torch.save({n: state[n] for n in names if places[n] == file}, folder / file)
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return folder


def package_folder(package: str) -> Path | None:
    """Folder of an installed package, without importing it; None if there is none."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
