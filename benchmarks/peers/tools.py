"""Every way to make weights small that is compared, with the settings it is run at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Requirements = tuple[tuple[str, ...], ...]
ALONE = "--no-deps"


@dataclass(frozen=True)
class Tool:
    """``takes`` arrays, a graph (ONNX) or the model as a user has it; ``coder`` is its script.

    ``few`` are the settings for models of more than 100 million weights, ``own`` those of a
    model by its name, for tools that take long. Some tools run only when they are named.
    """

    name: str
    coder: str
    settings: tuple[str, ...]
    few: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment: str = "own"
    requirements: Requirements = ()
    takes: Literal["arrays", "graph", "model"] = "arrays"
    named_only: bool = False

    def settings_for(self, model: str, weights: int) -> tuple[str, ...]:
        return self.own.get(model) or (self.few if weights > 100_000_000 else self.settings)


GGUF: Requirements = ((ALONE, "gguf==0.19.0"),)
K_QUANTS = ("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K")
# Where each model's goal was found to lie.
RATIOS = {
    "minilm": ("11", "12.5", "14", "16"),
    "efficientnet": ("5.5", "6.5", "8"),
    "fashion": ("16", "20", "25"),
    "sentiment": ("18", "24", "30"),
    "smollm2": ("8", "6.2"),
}
HEALED = {
    "minilm": ("12.5 --heal 10m", "13 --heal 10m", "14 --heal 10m"),
    "efficientnet": ("7 --heal 5m", "8.5 --heal 5m"),
    "fashion": ("25 --heal 2m", "30 --heal 2m"),
    "sentiment": ("24 --heal 5m", "30 --heal 5m"),
    "smollm2": ("6.4 --heal 10m", "7 --heal 10m"),
}

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "seed",
            "seed_coder",
            (
                "--codec lossless",
                *(f"--bits {b}" for b in ("2", "2.5", "3", "3.5", "4", "5", "6", "7", "8")),
            ),
            few=("--bits 4", "--bits 5"),
            own={
                "efficientnet": ("--bits 4", "--bits 5", "--bits 6"),
                "sentiment": ("--bits 2", "--bits 2.5", "--bits 3"),
            },
            takes="model",
        ),
        Tool(
            "seed calibrated",
            "seed_coder",
            (),
            own={m: tuple(f"--calibrate --ratio {r}" for r in rs) for m, rs in RATIOS.items()},
            takes="model",
            named_only=True,
        ),
        Tool(
            "seed healed",
            "seed_coder",
            (),
            own={
                m: tuple(f"--calibrate --ratio {ratio}" for ratio in ratios)
                for m, ratios in HEALED.items()
            },
            takes="model",
            named_only=True,
        ),
        Tool(
            "nncodec",
            "nncodec_coder",
            tuple(f"{qp}" for qp in (-46, -42, -38, -34, -30, -28, -26, -24, -22, -20, -18, -16)),
            few=("-28", "-25", "-22"),
            own={
                "sentiment": ("-24", "-22", "-20", "-18", "-16"),
                "smollm2": ("-31", "-28", "-25", "-22"),
            },
            environment="nncodec",
            requirements=(
                ("setuptools", "wheel", "pybind11", "Cython"),
                (ALONE, "--no-build-isolation", "nncodec==2.1.3"),
            ),
        ),
        Tool(
            "GGUF",
            "gguf_coder",
            ("Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"),
            few=("Q8_0", "Q5_0", "Q4_0"),
            environment="gguf",
            requirements=GGUF,
        ),
        Tool(
            "GGUF K",
            "gguf_coder",
            K_QUANTS,
            few=("Q4_K", "Q6_K"),
            environment="gguf",
            requirements=GGUF,
        ),
        Tool(
            "GGUF across rows",
            "gguf_coder",
            tuple(f"{kind}:flat" for kind in (*K_QUANTS, "Q4_0", "Q5_0", "Q8_0")),
            few=("Q3_K:flat", "Q4_K:flat", "Q5_K:flat", "Q6_K:flat"),
            environment="gguf",
            requirements=GGUF,
        ),
        Tool(
            "HQQ",
            "hqq_coder",
            ("8:64", "4:64", "4:16", "3:64", "3:16", "2:64", "2:16"),
            few=("8:64", "4:64", "4:16"),
            environment="hqq",
            requirements=((ALONE, "hqq==0.2.8"), (ALONE, "termcolor")),
        ),
        Tool(
            "NF4",
            "nf4_coder",
            ("plain", "double"),
            few=("plain", "double"),
            environment="bitsandbytes",
            requirements=((ALONE, "bitsandbytes==0.50.0"),),
        ),
        Tool(
            "onnxruntime int8",
            "onnx_coder",
            ("int8", "int8:channel"),
            few=("int8", "int8:channel"),
            takes="graph",
        ),
        Tool(
            "onnxruntime int4",
            "onnx_coder",
            ("int4", "int4:32", "int4:16"),
            few=("int4:32",),
            takes="graph",
        ),
        Tool("fp16", "plain_coder", ("fp16",), few=("fp16",)),
        Tool(
            "ZipNN",
            "zipnn_coder",
            ("fp32",),
            few=("fp32",),
            environment="zipnn",
            requirements=((ALONE, "zipnn==0.5.4"),),
        ),
        Tool("zstd -19", "plain_coder", ("zstd",), few=("zstd",)),
        Tool("xz", "plain_coder", ("xz",), few=("xz",)),
        Tool(
            "pruning + zstd",
            "pruning_coder",
            ("0.9", "0.8", "0.7", "0.6", "0.5", "0.4", "0.3", "0.2", "0.1"),
            few=("0.7", "0.5", "0.3"),
        ),
    )
}
