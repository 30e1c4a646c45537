"""Tensors of an .onnx file that stand in a file beside it: inside its folder alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from seedtool.check import compare
from seedtool.errors import MalformedError, RefusedError
from seedtool.sources.onnx import OnnxSource
from tests.onnx_parts import perceptron, written


def save_external(folder: Path, **changes: str) -> Path:
    """The perceptron with its tensors in weights.bin, one key of the first one's place changed."""
    path = folder / "m.onnx"
    onnx.save(
        perceptron(),
        path,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="weights.bin",
        size_threshold=1024,
    )
    model = onnx.load(path, load_external_data=False)
    for pair in model.graph.initializer[0].external_data:
        pair.value = changes.get(pair.key, pair.value)
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_are_read(tmp_path) -> None:
    with OnnxSource(save_external(tmp_path)) as source:
        for entry, tensor in zip(source.entries, perceptron().graph.initializer, strict=False):
            np.testing.assert_array_equal(source.read(entry), numpy_helper.to_array(tensor))
        assert compare(written(source, source.graph()), source.runner()).max_abs == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"location": "/etc/passwd"},
        {"location": "../m.bin"},
        {"location": "sub/../../m.bin"},
        {"location": "link.bin"},
        {"location": "absent.bin"},
        {"location": ""},
        {"location": "."},
        {"location": "a" * 5000},
        {"location": "nul\0byte"},
        {"offset": "4096000"},
        {"offset": "-8"},
        {"length": "8"},
        {"length": "99999999999999999999"},
    ],
)
def test_external_data_elsewhere_are_refused(tmp_path, changes: dict[str, str]) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "m.bin").write_bytes(bytes(32 * 48 * 4))
    (folder / "link.bin").symlink_to(tmp_path / "m.bin")
    with pytest.raises(RefusedError):
        OnnxSource(save_external(folder, **changes))


def test_an_external_position_that_is_no_number_is_malformed(tmp_path) -> None:
    with pytest.raises(MalformedError):
        OnnxSource(save_external(tmp_path, offset="ten"))
