"""Projections as pictures, and as sheets that show themselves."""

import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.project.picture import input_pictures, pictures, tiles_of


@pytest.fixture
def projected():
    torch.manual_seed(0)
    net = ph.Network(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()), input_size=(3, 8, 8))
    net.model[0].bias.data[2] = -100  # never above zero
    return ph.project(net, torch.randn(1, 3, 8, 8), "1")


def test_zero_is_mid_grey_and_the_largest_value_the_brightest():
    signal = torch.zeros(1, 3, 4, 4)
    signal[0, 0, 1, 2], signal[0, 2, 3, 3] = 2.0, -1.0
    (picture,), note = pictures(signal)
    values = np.asarray(picture)
    assert tuple(values[0, 0]) == (128, 128, 128)
    assert values[1, 2, 0] == 255
    assert 63 <= values[3, 3, 2] <= 65
    assert "own maximum" in note


def test_five_channels_are_five_grey_pictures_side_by_side():
    (picture,), _ = pictures(torch.randn(1, 5, 6, 7))
    assert picture.height >= 6
    assert picture.width >= 5 * 7
    values = np.asarray(picture)
    assert (values[..., 0] == values[..., 1]).all()


def test_a_silent_unit_says_so_instead_of_staying_grey(projected):
    tiles, _ = tiles_of(projected)
    assert [tile.label for tile in tiles] == ["1:0", "1:1", "1:2", "1:3"]
    assert tiles[2].picture is None
    assert tiles[2].note == "not active here"
    assert all(tile.picture is not None for tile in tiles if tile.label != "1:2")


def test_a_shared_scale_keeps_the_tiles_comparable(projected):
    tiles, note = tiles_of(projected, scale="shared")
    assert "one scale" in note
    spread = [np.abs(np.asarray(t.picture).astype(int) - 128).max() for t in tiles if t.picture]
    largest = projected.pixels.flatten(1).abs().amax(1)
    order = [i for i in largest.argsort().tolist() if i != 2]
    kept = [i for i in range(4) if i != 2]
    assert [kept[i] for i in np.argsort(spread)] == order


def test_sheets_are_pictures_in_notebooks_too(projected):
    assert projected.sheet().width > 100
    assert projected._repr_png_().startswith(b"\x89PNG")


def test_inputs_are_shown_as_the_model_saw_them():
    assert np.asarray(input_pictures(torch.full((1, 3, 2, 2), 0.5))[0])[0, 0].tolist() == [128] * 3
    assert input_pictures(torch.rand(2, 7, 4, 5))[1].size == (5, 4)
