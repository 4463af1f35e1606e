"""Blocks of pixels that a convolution gave as channels, laid out as planes."""

import pytest
import torch
import torch.nn.functional as F

from phosphene.project.polyphase import _unfolded


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 3)])
@pytest.mark.parametrize("side", [2, 3, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_it_is_a_pixel_shuffle(size, side, dtype, layout):
    torch.manual_seed(0)
    blocks = torch.randn(2, 3 * side**2, *size).to(dtype).contiguous(memory_format=layout)
    assert torch.equal(_unfolded(blocks, side), F.pixel_shuffle(blocks, side))
