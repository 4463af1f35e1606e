"""Whole-batch augmentation against one picture at a time, in NumPy."""

import numpy as np
import pytest
import torch

from phosphene.training.augment import cut_out, draw_epoch, flip, paste, translate
from tests.training.toys import recipe


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


def test_patches_are_drawn_for_a_share_of_the_pictures_with_areas_evenly_spread():
    patch = draw_epoch(20_000, 32, recipe(cutmix=0.5), 0, 0).patch
    drawn = patch[patch > 0].double()
    assert len(drawn) / 20_000 == pytest.approx(0.5, abs=0.02)
    assert (drawn**2 / 32**2).mean() == pytest.approx(0.5, abs=0.02)
    assert not draw_epoch(100, 32, recipe(cutmix=0.0), 0, 0).patch.any()


def test_an_epoch_shows_every_picture_once_and_stays_within_its_reach():
    draws = draw_epoch(101, 8, recipe(shift=3), seed=5, epoch=2)
    assert sorted(draws.order.tolist()) == list(range(101))
    assert draws.shift.min() == 0
    assert draws.shift.max() == 6
    assert {len(b.order) for b in draws.batches(50)} == {50, 1}
    assert torch.equal(torch.cat([b.hole for b in draws.batches(50)]), draws.hole)


def test_each_picture_is_mirrored_every_other_epoch():
    by_picture = []
    for epoch in range(3):
        draws = draw_epoch(200, 8, recipe(), seed=0, epoch=epoch)
        by_picture.append(draws.flipped[draws.order.argsort()])
    assert torch.equal(by_picture[0], ~by_picture[1])
    assert torch.equal(by_picture[0], by_picture[2])
    assert 60 < by_picture[0].sum() < 140


def test_draws_repeat_with_the_seed_and_differ_between_epochs():
    one, again, other = (draw_epoch(50, 8, recipe(), 3, epoch) for epoch in (1, 1, 2))
    assert torch.equal(one.order, again.order)
    assert torch.equal(one.shift, again.shift)
    assert not torch.equal(one.order, other.order)
