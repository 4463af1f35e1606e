"""Whole-batch augmentation against one picture at a time, in NumPy."""

import math

import numpy as np
import pytest
import torch

from phosphene.training.augment import (
    CONTRAST,
    LIGHT,
    SATURATION,
    STRETCH,
    TURN,
    cut_out,
    draw_epoch,
    flip,
    paste,
    recolour,
    translate,
    warp,
)
from tests.training.toys import course


@pytest.fixture
def pictures():
    return torch.randint(0, 256, (20, 3, 9, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_flip_mirrors_only_the_chosen(pictures):
    flipped = torch.arange(20) % 3 == 0
    expected = [p[:, :, ::-1] if f else p for p, f in zip(pictures.numpy(), flipped, strict=True)]
    np.testing.assert_array_equal(flip(pictures, flipped).numpy(), expected)


@pytest.mark.parametrize("reach", [0, 1, 3])
def test_translate_is_a_cut_from_the_mirrored_picture(pictures, reach):
    shift = torch.randint(2 * reach + 1, (20, 2), generator=torch.Generator().manual_seed(2))
    expected = []
    for picture, (y, x) in zip(pictures.numpy(), shift.tolist(), strict=True):
        padded = np.pad(picture, ((0, 0), (reach, reach), (reach, reach)), mode="reflect")
        expected.append(padded[:, y : y + 9, x : x + 7])
    np.testing.assert_array_equal(translate(pictures, shift, reach).numpy(), expected)


@pytest.mark.parametrize("side", [0, 1, 4, 5])
def test_cut_out_zeroes_one_square_clipped_at_the_rim(pictures, side):
    hole = torch.stack([torch.arange(20) % 9, torch.arange(20) % 7], 1)
    expected = pictures.numpy().astype(np.float32) + 1
    for picture, (y, x) in zip(expected, hole.tolist(), strict=True):
        top, left = y - side // 2, x - side // 2
        picture[:, max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = 0
    np.testing.assert_array_equal(cut_out(pictures.float() + 1, hole, side).numpy(), expected)


def test_paste_takes_a_square_from_the_next_picture_and_says_its_share(pictures):
    hole = torch.stack([torch.arange(20) % 9, torch.arange(20) % 7], 1)
    side = torch.arange(20) % 8
    expected, shares = pictures.numpy().copy(), []
    for i, ((y, x), n) in enumerate(zip(hole.tolist(), side.tolist(), strict=True)):
        rows, columns = (
            slice(max(y - n // 2, 0), max(y - n // 2 + n, 0)),
            slice(max(x - n // 2, 0), max(x - n // 2 + n, 0)),
        )
        expected[i][:, rows, columns] = pictures[(i + 1) % 20].numpy()[:, rows, columns]
        shares.append(np.ones((9, 7))[rows, columns].sum() / 63)
    pasted, share = paste(pictures, hole, side)
    np.testing.assert_array_equal(pasted.numpy(), expected)
    np.testing.assert_allclose(share, shares, rtol=1e-6)


def test_a_turn_is_counter_clockwise_about_the_middle():
    pictures = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    turned = warp(pictures, torch.tensor([0.0, 0.5, 1.0, -0.5]) * math.pi, torch.ones(4, 2))
    expected = torch.stack([torch.rot90(p, k, (1, 2)) for p, k in zip(pictures, (0, 1, 2, -1), strict=True)])
    torch.testing.assert_close(turned, expected, atol=1e-5, rtol=0)


def test_a_warped_ramp_is_the_ramp_at_the_places_the_pixels_come_from():
    """A linear ramp is interpolated exactly, so that each pixel says where it was before."""
    y, x = torch.meshgrid(torch.arange(21.0) - 10, torch.arange(21.0) - 10, indexing="ij")
    turn, stretch = torch.tensor([0.2, -0.1]), torch.tensor([[1.2, 0.9], [0.8, 1.25]])
    warped = warp(torch.stack([x, y]).expand(2, 2, 21, 21), turn, stretch)
    for picture, angle, (width, height) in zip(warped, turn.tolist(), stretch.tolist(), strict=True):
        back = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])  # y grows downwards
        came = np.einsum("ij,jhw->ihw", back, torch.stack([x, y]).numpy()) / np.array([width, height])[:, None, None]
        inside = np.abs(came).max(0) < 10
        assert inside.sum() > 250
        np.testing.assert_allclose(picture.numpy()[:, inside], came[:, inside], atol=1e-4)


def test_beyond_the_rim_lies_the_mirrored_picture():
    pictures = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    shrunk = warp(pictures, torch.zeros(1), torch.tensor([[0.5, 0.5]]))
    mirrored = np.pad(pictures[0].numpy(), ((0, 0), (4, 4), (4, 4)), mode="symmetric")
    halved = mirrored.reshape(3, 8, 2, 8, 2).mean((2, 4))
    np.testing.assert_allclose(shrunk[0].numpy(), halved, atol=1e-5)


def test_what_is_not_warped_stays_to_the_bit(pictures):
    turn, stretch = torch.zeros(20), torch.ones(20, 2)
    turn[3], stretch[5, 1] = 0.1, 1.1
    warped = warp(pictures.float(), turn, stretch)
    assert (warped != pictures).flatten(1).any(1).nonzero().flatten().tolist() == [3, 5]


def test_recolouring_is_saturation_then_contrast_then_light():
    pictures = torch.randn(5, 3, 6, 4, generator=torch.Generator().manual_seed(4))
    colour = torch.tensor([[0.0, 1, 1], [0.3, 1, 1], [0, 1.4, 1], [0, 1, 0.5], [-0.2, 0.8, 1.7]])
    for picture, result, (light, contrast, saturation) in zip(
        pictures.numpy(), recolour(pictures, colour).numpy(), colour.tolist(), strict=True
    ):
        grey = picture.mean(0)
        expected = grey + saturation * (picture - grey)
        expected = expected.mean() + contrast * (expected - expected.mean()) + light
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_warps_and_colours_are_drawn_for_a_share_of_the_pictures_and_within_their_bounds():
    draws = draw_epoch(20_000, 8, course(warp=0.3, recolour=0.6), 0, 0)
    warps = torch.cat([draws.turn[:, None] / TURN, draws.stretch.log() / STRETCH], 1)
    colours = torch.stack([draws.colour[:, 0], *draws.colour[:, 1:].log().unbind(1)], 1)
    for drawn, share in ((warps, 0.3), (colours / torch.tensor([LIGHT, CONTRAST, SATURATION]), 0.6)):
        changed = drawn[(drawn != 0).any(1)]
        assert len(changed) / 20_000 == pytest.approx(share, abs=0.02)
        assert (changed.abs().amax(0) > 0.99).all()
        assert changed.abs().max() <= 1 + 1e-5
        assert changed.mean(0).abs().max() < 0.03
    plain = draw_epoch(100, 8, course(), 0, 0)
    assert not plain.turn.any()
    assert (plain.stretch == 1).all()
    assert (plain.colour == torch.tensor([0.0, 1, 1])).all()


def test_patches_are_drawn_for_a_share_of_the_pictures_with_areas_evenly_spread():
    patch = draw_epoch(20_000, 32, course(cutmix=0.5), 0, 0).patch
    drawn = patch[patch > 0].double()
    assert len(drawn) / 20_000 == pytest.approx(0.5, abs=0.02)
    assert (drawn**2 / 32**2).mean() == pytest.approx(0.5, abs=0.02)
    assert not draw_epoch(100, 32, course(cutmix=0.0), 0, 0).patch.any()


def test_an_epoch_shows_every_picture_once_and_stays_within_its_reach():
    draws = draw_epoch(101, 8, course(shift=3), seed=5, epoch=2)
    assert sorted(draws.order.tolist()) == list(range(101))
    assert draws.shift.min() == 0
    assert draws.shift.max() == 6
    assert {len(b.order) for b in draws.batches(50)} == {50, 1}
    assert torch.equal(torch.cat([b.hole for b in draws.batches(50)]), draws.hole)


def test_each_picture_is_mirrored_every_other_epoch():
    by_picture = []
    for epoch in range(3):
        draws = draw_epoch(200, 8, course(), seed=0, epoch=epoch)
        by_picture.append(draws.flipped[draws.order.argsort()])
    assert torch.equal(by_picture[0], ~by_picture[1])
    assert torch.equal(by_picture[0], by_picture[2])
    assert 60 < by_picture[0].sum() < 140


def test_draws_repeat_with_the_seed_and_differ_between_epochs():
    one, again, other = (draw_epoch(50, 8, course(), 3, epoch) for epoch in (1, 1, 2))
    assert torch.equal(one.order, again.order)
    assert torch.equal(one.shift, again.shift)
    assert not torch.equal(one.order, other.order)
