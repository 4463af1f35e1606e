"""CIELAB against scikit-image, local means against loops."""

from fractions import Fraction

import numpy as np
import torch
from skimage.color import rgb2lab

from phosphene.geometry import Span, View
from phosphene.story.colour import lab, local_means


def test_lab_is_that_of_scikit_image():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 7), dtype=np.uint8)
    pixels[0, :, 0, :3] = [[0, 255, 3], [0, 255, 2], [0, 255, 1]]  # black, white, the straight part of both curves
    expected = rgb2lab(pixels.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(lab(torch.from_numpy(pixels)).numpy(), expected, atol=0.02)


def test_local_means_leave_out_what_lies_beyond_the_picture():
    planes = torch.rand(2, 3, 8, 10, dtype=torch.float32, generator=torch.Generator().manual_seed(0))
    view = View(Span(Fraction(2), Fraction(-2), Fraction(3)), Span(Fraction(3), Fraction(-1), Fraction(1)))
    found = local_means(planes, view, (4, 3))
    for y in range(4):
        for x in range(3):
            seen = planes[:, :, max(0, 2 * y - 2) : 2 * y + 4, max(0, 3 * x - 1) : 3 * x + 2]
            torch.testing.assert_close(found[:, :, y, x], seen.mean((2, 3)))
