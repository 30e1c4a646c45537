"""The geometry of layers: each is its weight times its positions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seedtool.calibration.layers import find_layers, positions_in, positions_out


class SamePadded(nn.Conv2d):
    """Pads by itself, as TensorFlow does."""

    def forward(self, x):
        return nn.functional.conv2d(
            nn.functional.pad(x, (0, 1, 0, 1)), self.weight, stride=self.stride
        )


LAYERS = [
    (nn.Linear(6, 4, bias=False), (5, 7, 6)),
    (nn.Conv2d(4, 6, 3, padding=1, bias=False), (5, 4, 9, 8)),
    (nn.Conv2d(4, 6, (3, 1), stride=2, groups=2, dilation=2, bias=False), (5, 4, 9, 8)),
    (nn.Conv2d(4, 8, 3, padding="same", groups=4, bias=False), (5, 4, 9, 8)),
    (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect", bias=False), (5, 4, 9, 8)),
    (nn.Conv1d(4, 6, 5, stride=3, padding=2, bias=False), (5, 4, 17)),
    (SamePadded(3, 5, 3, stride=2, bias=False), (5, 3, 8, 8)),
]


@pytest.mark.parametrize(("module", "shape"), LAYERS, ids=lambda x: str(x)[:60])
def test_a_layer_is_its_weight_times_its_positions(module, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        out = module(x)
        (layer,) = find_layers(module)
        places = positions_in(layer, x, tuple(out.shape))
        weight = module.weight.reshape(layer.groups, -1, layer.width)
        torch.testing.assert_close(
            torch.einsum("sgpi,goi->sgpo", places, weight), positions_out(layer, out)
        )
