"""Movements: exact where they can be computed by hand, and never a corner of nothing."""

import math

import pytest
import torch

from phosphene.dream.transforms import STILL, Movement, moved


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_no_movement_changes_nothing():
    pictures = torch.rand(3, 2, 9, 12, generator=seeded())
    torch.testing.assert_close(moved(pictures, STILL.draw(3, (9, 12), seeded())), pictures, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (224, 224), (20, 40)])
def test_a_white_picture_stays_white(size):
    far = Movement(0.5, 40, (0.5, 2.0))
    white = moved(torch.ones(8, 1, *size), far.draw(8, size, seeded()))
    torch.testing.assert_close(white, torch.ones_like(white), rtol=0, atol=1e-5)


def test_a_shift_is_a_part_of_the_side_and_brings_in_the_mirror_image():
    """One eighth of 16 pixels is 2, of 32 it is 4."""
    for side in (16, 32):
        picture = torch.rand(1, 1, side, side, generator=seeded())
        theta = torch.tensor([[[1.0, 0, 2 / 8], [0, 1, 0]]])
        pixels = side // 8
        wanted = torch.cat([picture[..., pixels:], picture[..., -pixels:].flip(-1)], -1)
        torch.testing.assert_close(moved(picture, theta), wanted, rtol=0, atol=1e-4)


def test_a_quarter_turn_of_a_square():
    picture = torch.rand(1, 3, 10, 10, generator=seeded())
    drawn = Movement(0, 90, (1, 1)).draw(200, (10, 10), seeded())
    angles = torch.atan2(drawn[:, 1, 0], drawn[:, 0, 0])
    assert float(angles.max()) <= math.pi / 2 + 1e-6
    assert float(angles.min()) >= -math.pi / 2 - 1e-6
    assert float(angles.abs().mean()) == pytest.approx(math.pi / 4, rel=0.1)
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0]]])
    torch.testing.assert_close(moved(picture, quarter), picture.rot90(1, (2, 3)), rtol=0, atol=1e-4)


def test_a_turn_of_an_oblong_keeps_lengths():
    """In pixels, rows and columns of the map are at right angles and of the length of the zoom."""
    height, width = 20, 50
    for zoom in (0.5, 1.0, 2.0):
        (theta,) = Movement(0, 30, (zoom, zoom)).draw(1, (height, width), seeded(2))
        scale = torch.diag(torch.tensor([width / 2, height / 2]))
        pixels = scale @ theta[:, :2] @ torch.linalg.inv(scale)
        torch.testing.assert_close(pixels @ pixels.T, zoom**2 * torch.eye(2), rtol=1e-4, atol=1e-4)


def test_shifts_and_zooms_stay_within_their_bounds_and_fill_them():
    drawn = Movement(1 / 16, 0, (0.8, 1.25)).draw(4000, (32, 32), seeded())
    shifts, zooms = drawn[:, :, 2].abs() / 2, drawn[:, 0, 0]
    assert 0.99 / 16 < float(shifts.max()) <= 1 / 16 + 1e-6
    assert 0.8 - 1e-4 <= float(zooms.min()) < 0.81
    assert 1.24 < float(zooms.max()) <= 1.25 + 1e-4
    assert float(zooms.log().mean()) == pytest.approx(0, abs=0.01)


def test_each_picture_is_moved_on_its_own_and_gradients_come_back():
    pictures = torch.rand(1, 1, 16, 16, generator=seeded()).expand(4, -1, -1, -1).clone().requires_grad_()
    found = moved(pictures, Movement().draw(4, (16, 16), seeded()))
    assert float((found[0] - found[1]).detach().abs().max()) > 0.05
    (slope,) = torch.autograd.grad(found[2].sum(), pictures)
    assert float(slope[2].sum()) == pytest.approx(256, rel=1e-3)  # what is looked at is shared out, none of it lost
    assert not slope[[0, 1, 3]].any()
