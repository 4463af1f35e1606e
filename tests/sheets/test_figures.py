"""Sheets of projections: small pictures by their maximum, large ones so that all of them is seen; words on tiles."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from phosphene.draw.page import Text
from phosphene.network import Network
from phosphene.project import project
from phosphene.project.picture import pictures
from phosphene.sheets.figures import grid_sheet, projected, units_sheet


@pytest.mark.parametrize("scale", ["tile", "shared"])
def test_small_projections_are_scaled_to_their_maximum(scale):
    values = torch.randn(3, 3, 32, 32, generator=torch.manual_seed(0))
    values[1] = 0
    shown, note = projected(values, scale)
    wanted, said = pictures(values, scale)
    assert [picture and picture.tobytes() for picture in shown] == [picture and picture.tobytes() for picture in wanted]
    assert note == f"Zero is mid-grey. {said}"
    assert "clipped" not in note


def test_one_spot_does_not_grey_a_large_projection():
    values = torch.randn(1, 3, 224, 224, generator=torch.manual_seed(0))
    values[0, :, 100:103, 100:103] = 1000
    (picture,), note = projected(values, "tile")
    levels = np.asarray(picture).astype(int)[:50] - 128
    assert abs(levels).mean() > 20, "standard deviation 1 on a scale that ends near 3 is 42 levels"
    assert np.asarray(picture)[101, 101].tolist() == [255] * 3
    assert "99.5 %" in note
    assert "clipped" in note


def test_large_projections_of_other_channels_are_still_drawn():
    (picture,), note = projected(torch.randn(1, 5, 80, 80), "tile")
    assert picture.size == (400, 80)
    assert "99.5 %" in note


@pytest.fixture(scope="module")
def projection():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
    net = Network(model, input_size=(3, 16, 16))
    return project(net, torch.rand(2, 3, 16, 16), ["1:3", "1:0"])


def lines(sheet):
    return [mark.text for mark in sheet.page(150).marks if isinstance(mark, Text)]


def test_tiles_name_the_unit_by_its_number_where_the_title_names_the_layer(projection):
    one = replace(
        projection,
        signal=projection.signal[:, :1],
        activation=projection.activation[:, :1],
        inputs=projection.inputs[:1],
    )
    units = lines(units_sheet(one, "net · 1", "a.png"))
    grid = lines(grid_sheet(projection, "net · 1", ["a", "b"]))
    for said in (units, grid):
        assert {"3", "0"} <= set(said)
        assert not {"1:3", "1:0"} & set(said)


def test_projections_are_reduced_as_signed_pictures(projection):
    (group,) = [grid_sheet(projection, "t", ["a", "b"]).tiles]
    assert [tile.around_grey for tile in group] == [False] * 2 + [True] * 4
