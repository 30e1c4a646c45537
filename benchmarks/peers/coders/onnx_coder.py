"""onnxruntime's own quantisers, on a whole ONNX file.

    python onnx_coder.py MODEL.onnx OUT SETTING

writes OUT/coded. Settings: int8 (dynamic), int8:channel (dynamic, a scale a
channel), int4 and int4:32 (MatMulNBits of matrix products and lookups, blocks of 128 or as said).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnx
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer


def fold(source: Path, target: Path) -> None:
    """Compute what is constant: the quantisers see no weight behind a transpose."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def int8(source: Path, target: Path, per_channel: bool) -> None:
    # Signed convolution weights need kernels that the CPU provider does not have.
    convolves = any(node.op_type == "Conv" for node in onnx.load(source).graph.node)
    kind = QuantType.QUInt8 if convolves else QuantType.QInt8
    quantize_dynamic(source, target, per_channel=per_channel, weight_type=kind)


def int4(source: Path, target: Path, block: int) -> None:
    quantizer = MatMulNBitsQuantizer(
        onnx.load(source), block_size=block, op_types_to_quantize=("MatMul", "Gather")
    )
    quantizer.process()
    onnx.save(quantizer.model.model, target)


def main() -> None:
    source, out, setting = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    name, _, detail = setting.partition(":")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        made, folded = Path(work) / "made.onnx", Path(work) / "folded.onnx"
        fold(source, folded)
        if name == "int8":
            int8(folded, made, detail == "channel")
        else:
            int4(folded, made, int(detail or 128))
        (out / "coded").write_bytes(made.read_bytes())
    seconds = round(time.perf_counter() - start, 2)
    print(json.dumps({"seconds": seconds, "versions": {"onnxruntime": version("onnxruntime")}}))


if __name__ == "__main__":
    main()
