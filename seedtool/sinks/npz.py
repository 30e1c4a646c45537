"""``.npz``: one .npy member a tensor, uncompressed, forwards to any stream."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

import numpy as np

from seedtool.assemble import Assembly
from seedtool.errors import UnsupportedError

EARLIEST = (1980, 1, 1, 0, 0, 0)  # zip's first day: the same seed gives the same bytes
NO_NUMPY = frozenset({"BF16", "F8_E4M3", "F8_E5M2"})


def write(assembly: Assembly, out: BinaryIO) -> None:
    """Write every tensor under each of its names; UnsupportedError for dtypes numpy lacks."""
    for entry, _ in assembly.tensors:
        if entry.dtype in NO_NUMPY:
            raise UnsupportedError(
                f"numpy has no dtype for tensor {entry.name!a} ({entry.dtype})",
                hint="--to safetensors holds every dtype",
            )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for entry, names, array in assembly.stream():
            values = array.view(np.bool_) if entry.dtype == "BOOL" else array
            for name in names:
                info = zipfile.ZipInfo(f"{name}.npy", EARLIEST)
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, values, allow_pickle=False)
            del array, values
