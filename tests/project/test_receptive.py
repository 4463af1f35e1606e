"""Boxes against the network itself: what a position does not see may be NaN, what it sees may not."""

import pytest
import torch

from phosphene.geometry import Span, View
from phosphene.project.receptive import Box, box_of
from tests.story import tiny
from tests.story.tiny import SIDE


@pytest.fixture
def net():
    return tiny.network()


def value(net, layer, picture, place):
    return net.record(picture[None], layer)[layer][0, :, place[0], place[1]]


@pytest.mark.parametrize(
    ("layer", "place"), [("conv1", (0, 0)), ("conv1", (7, 9)), ("conv2", (4, 3)), ("conv2", (0, 7)), ("conv2", (7, 7))]
)
def test_a_position_sees_its_box_and_nothing_else(net, layer, place):
    net.model.relu1 = torch.nn.Identity()  # a ReLU may hide a NaN from the max behind it
    box = box_of(net.layer(layer).view, place, (SIDE, SIDE))
    picture = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    rows, columns = (range(max(a, 0), min(b, SIDE)) for a, b in ((box.top, box.bottom), (box.left, box.right)))
    outside = torch.ones(SIDE, SIDE, dtype=torch.bool)
    outside[rows.start : rows.stop, columns.start : columns.stop] = False
    assert outside.any()
    hidden = torch.where(outside, torch.nan, picture)
    torch.testing.assert_close(value(net, layer, hidden, place), value(net, layer, picture, place))
    for y, x in ((rows[0], columns[0]), (rows[0], columns[-1]), (rows[-1], columns[0]), (rows[-1], columns[-1])):
        broken = picture.clone()
        broken[:, y, x] = torch.nan
        assert value(net, layer, broken, place).isnan().all(), (y, x)


def test_a_field_as_large_as_the_picture_is_the_whole_picture():
    wide = Span(last=torch.tensor(9).item())
    assert box_of(View(wide, wide), (3, 3), (8, 8)) == Box(0, 0, 8, 8)
    assert box_of(None, (3, 3), (8, 9)) == Box(0, 0, 8, 9)


def test_a_cut_fills_what_lies_beyond():
    picture = torch.arange(1.0, 17).reshape(1, 4, 4)
    cut = Box(-1, 2, 2, 5).cut(picture, torch.tensor([0.5]))
    assert cut.tolist() == [[[0.5, 0.5, 0.5], [3.0, 4.0, 0.5], [7.0, 8.0, 0.5]]]
