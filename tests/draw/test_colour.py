import numpy as np
import pytest
import torch

from phosphene.draw.colour import signed


@pytest.mark.parametrize("scale", ["tile", "shared"])
def test_zero_is_mid_grey_and_both_signs_lie_equally_far_from_it(scale):
    drawn = signed(torch.tensor([[[[0.0, 2.0, -2.0, 1.0, -1.0]]]]), scale)
    np.testing.assert_array_equal(drawn[0, 0, :, 0], [128, 255, 1, 192, 64])
