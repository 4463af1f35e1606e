"""The parts of the answers, each against numbers that can be counted by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import phosphene as ph
from phosphene.draw.colour import NOT_FINITE
from phosphene.explore.live.heat import OPAQUE, VEIL, maps_drawn, overlay
from phosphene.explore.live.lattice import Lattice
from phosphene.explore.live.quantiles import Sample
from phosphene.explore.live.sending import reduced

NAN, INF = float("nan"), float("inf")


def sample(peaks, images=None):
    numbers = np.arange(len(peaks)) if images is None else np.array(images)
    arrays = {"sample_peak": np.array(peaks, np.float32), "sample_image": numbers}
    return Sample(SimpleNamespace(layers=[SimpleNamespace(name="l")], array=lambda layer, name: arrays[name]))


def test_quantiles_count_what_is_lower_and_leave_out_what_is_no_number():
    found = sample([[1, NAN, -3], [2, INF, -2], [2, NAN, -1], [3, -INF, NAN]])
    assert found.lower("l", np.array([2.0, 0.0, -1.5])).tolist() == pytest.approx([0.25, NAN, 2 / 3], nan_ok=True)
    assert found.lower("l", np.array([9.0]), 2).tolist() == [1]
    assert np.isnan(found.lower("l", np.array([NAN, 1.0, -5.0]))[:2]).all()


def test_the_spread_leaves_out_what_is_no_number():
    spread = sample([[1, NAN, -3], [2, INF, -3], [2, NAN, -3], [3, -INF, NAN]]).spread("l")
    assert spread.tolist() == pytest.approx([np.std([1, 2, 2, 3]), NAN, 0], nan_ok=True)
    assert sample([[NAN]]).spread("l") is None


def test_places_of_the_sample_that_hold_no_image_do_not_count():
    assert sample([[1], [2], [0]], [4, 7, -1]).lower("l", np.array([2.0])).tolist() == [0.5]


def test_a_layer_that_was_not_scanned_has_no_quantiles():
    found = sample([[1.0]])
    assert np.isnan(found.lower("other", np.array([1.0, 2.0]))).all()
    assert found.spread("other") is None


def lattice(layers, name, size):
    layer = ph.Network(layers, input_size=(1, *size)).layer(name)
    return Lattice(layer.view, layer.size, size)


def test_positions_of_a_pooled_map_own_two_pixels_each():
    rows, columns = lattice(nn.Sequential(nn.MaxPool2d(2)), "0", (8, 6)).nearest()
    assert rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert columns.tolist() == [0, 0, 1, 1, 2, 2]


def test_without_padding_the_border_belongs_to_the_outermost_positions():
    rows, _ = lattice(nn.Sequential(nn.Conv2d(1, 1, 5)), "0", (8, 8)).nearest()
    assert rows.tolist() == [0, 0, 0, 1, 2, 3, 3, 3]


def test_behind_an_upsampling_each_pixel_has_its_own_position():
    layers = nn.Sequential(nn.MaxPool2d(2), nn.ConvTranspose2d(1, 1, 2, stride=2))
    rows, _ = lattice(layers, "1", (8, 8)).nearest()
    assert [row // 2 for row in rows.tolist()] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_where_a_position_sees_everything_the_map_is_stretched():
    rows, columns = Lattice(None, (2, 4), (8, 8)).nearest()
    assert rows.tolist() == [0] * 4 + [1] * 4
    assert columns.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.slow
@given(st.floats(0, 1), st.floats(0, 1))
def test_the_place_under_a_point_sees_it(x, y):
    found = lattice(nn.Sequential(nn.Conv2d(1, 1, 3, stride=2, padding=1), nn.Conv2d(1, 1, 3)), "1", (21, 17))
    x0, y0, x1, y1 = found.shares(found.at(x, y))
    rows, columns = found.nearest()
    inside = 0 < rows[min(int(y * 21), 20)] < rows.max() and 0 < columns[min(int(x * 17), 16)] < columns.max()
    assert not inside or (x0 <= x <= x1 and y0 <= y <= y1)


def test_maps_from_black_to_white():
    (one, none), note = maps_drawn(torch.tensor([[[0.0, 1.0, 2.0]], [[0.0, 0.0, 0.0]]]))
    assert np.asarray(one)[0].tolist() == [[1] * 3, [128] * 3, [255] * 3]
    assert none is None
    assert note == "Zero is black. Each tile scaled to its own maximum."


def test_large_maps_are_clipped_so_that_few_values_do_not_darken_all_others():
    plane = torch.ones(1, 100, 100)
    plane[0, 0, 0] = 1000
    (drawn,), note = maps_drawn(plane)
    assert (np.asarray(drawn) == 255).all()
    assert "99.5 %" in note


def test_colours_over_the_picture():
    plane = torch.tensor([[0.0, 2.0], [NAN, 4.0]])
    shown = np.asarray(overlay(plane, Lattice(None, (2, 2), (4, 4))))
    assert shown.shape == (4, 4, 4)
    alpha = [VEIL, (VEIL + OPAQUE) / 2, OPAQUE, OPAQUE]
    corners = [shown[0, 0], shown[0, 3], shown[3, 0], shown[3, 3]]
    assert [corner[3] for corner in corners] == [round(255 * each) for each in alpha]
    assert tuple(corners[2][:3]) == NOT_FINITE


def test_colours_of_negative_places_differ_from_positive_ones():
    shown = np.asarray(overlay(torch.tensor([[-1.0, 1.0]]), Lattice(None, (1, 2), (1, 2)))).astype(int)
    assert shown[0, 0, 2] > shown[0, 0, 0]  # blue
    assert shown[0, 1, 0] > shown[0, 1, 2]  # red


def test_of_pixels_that_fall_together_the_strongest_stays():
    pixels = torch.zeros(2, 3, 4, 6)
    pixels[0, :, 1, 3] = torch.tensor([0.1, -5.0, 0.2])
    pixels[0, :, 0, 2] = 3
    pixels[1, 0, 3, 5] = NAN
    small = reduced(pixels, 3)
    assert small.shape == (2, 3, 2, 3)
    assert small[0, :, 0, 1].tolist() == pytest.approx([0.1, -5.0, 0.2])
    assert small[1, 0, 1, 2].isnan()
    assert small.count_nonzero() == 4


def test_small_pictures_are_left_alone():
    pixels = torch.rand(1, 3, 5, 4)
    assert reduced(pixels, 5) is pixels
