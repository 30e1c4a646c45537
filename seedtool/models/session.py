"""ONNX Runtime, quiet and with its errors as ours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from seedtool.errors import MissingExtraError, UnsupportedError

SILENT = 4  # onnxruntime's severity "fatal": it writes to stderr by itself otherwise


class Session:
    """An ONNX model ready to run: a path, or the bytes of a file of its own."""

    def __init__(self, model: Path | bytes) -> None:
        # It sends usage reports otherwise, and leaves a file in the temporary folder.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtraError("onnxruntime", "onnx", "running an ONNX model") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = SILENT
        try:
            self._session = onnxruntime.InferenceSession(
                model if isinstance(model, bytes) else str(model),
                options,
                providers=["CPUExecutionProvider"],
            )
        except Exception as e:  # its errors share no base but Exception
            raise UnsupportedError(f"onnxruntime does not load the graph: {_line(e)}") from None
        self.inputs = {i.name: (i.type, list(i.shape)) for i in self._session.get_inputs()}
        self.outputs = [o.name for o in self._session.get_outputs()]

    def __call__(self, inputs: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Outputs in the graph's order; UnsupportedError if the inputs don't fit the graph."""
        try:
            return list(self._session.run(None, dict(inputs)))
        except Exception as e:
            raise UnsupportedError(f"onnxruntime does not run the graph: {_line(e)}") from None


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
