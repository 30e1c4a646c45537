"""The files that may ride along with a model, by name: nothing else goes in or comes out.

A seed's asset is only ever written under a name that stands here, so a seed
can't choose where its bytes land.
"""

from __future__ import annotations

import re

ASSET_ROLES: dict[str, str] = {
    "config.json": "config",
    "generation_config.json": "config",
    "tokenizer.json": "tokenizer",
    "tokenizer_config.json": "tokenizer",
    "special_tokens_map.json": "tokenizer",
    "added_tokens.json": "tokenizer",
    "vocab.txt": "tokenizer",
    "vocab.json": "tokenizer",
    "merges.txt": "tokenizer",
    "spiece.model": "tokenizer",
    "tokenizer.model": "tokenizer",
    "sentencepiece.bpe.model": "tokenizer",
    "chat_template.jinja": "tokenizer",
    "preprocessor_config.json": "preprocessor",
    "processor_config.json": "preprocessor",
    "id2label.json": "labels",
    "modules.json": "sentence-transformers",
    "config_sentence_transformers.json": "sentence-transformers",
    "sentence_bert_config.json": "sentence-transformers",
    "1_Pooling/config.json": "sentence-transformers",
    "LICENSE": "licence",
    "LICENSE.txt": "licence",
    "LICENSE.md": "licence",
    "NOTICE": "licence",
    "NOTICE.txt": "licence",
}

_LABELS = re.compile(r"labels[A-Za-z0-9_-]{0,64}\.txt")


def role_of(name: str) -> str | None:
    """The role of the file of that path in its folder, None if it may not ride along."""
    if _LABELS.fullmatch(name):
        return "labels"
    return ASSET_ROLES.get(name)
