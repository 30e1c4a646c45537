"""How many samples it takes until second moments tell more of the data than of the samples."""

from __future__ import annotations

import math
from collections.abc import Mapping

from seedtool.calibration.sensitivity import Sensitivity

PER_COLUMN = 6  # inputs that a layer should have seen for each of its columns
SAMPLES, FEW = 320, 64  # that gradients take, and of a large model
WORK = 1.5e12  # multiplications that more than a FEW may take


def samples_enough(found: Mapping[str, Sensitivity], samples: int) -> int:
    """Of layers whose moments were ``found`` on ``samples``, how many would be enough.

    A layer after a convolution's flattening has one input a sample and many columns; a
    language model's layers have one a token.
    """
    wanted, work = float(SAMPLES), 1.0
    for sensitivity in found.values():
        if sensitivity.columns is None:
            continue
        groups, width, _ = sensitivity.columns.shape
        inputs = sensitivity.positions / samples
        wanted = max(wanted, PER_COLUMN * width / max(inputs, 1e-9))
        work += inputs * width * (len(sensitivity.rows) + groups * width)
    return math.ceil(max(FEW, min(wanted, WORK / work)))
