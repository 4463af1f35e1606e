"""A hand-made edge detector whose projection is known in closed form."""

import torch
from torch import nn

import phosphene as ph


def edge_detector():
    """One unit: right pixel minus left pixel, rectified; then the maximum of 2x2."""
    convolution = nn.Conv2d(1, 1, (1, 2), bias=True)
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([[[[-1.0, 1.0]]]]))
        convolution.bias.fill_(-0.25)
    return nn.Sequential(convolution, nn.ReLU(), nn.MaxPool2d(2))


def step(height=4, width=5, at=2):
    picture = torch.zeros(1, 1, height, width)
    picture[..., at:] = 1
    return picture


def test_the_step_comes_back_as_a_dark_and_a_bright_column():
    # Response 1 - 0.25 at every row of column 1; the maximum of each 2x2 window is its first such row.
    net = ph.Network(edge_detector(), input_size=(1, 4, 5))
    got = ph.project(net, step(), "2:0").signal[0, 0, 0]
    expected = torch.zeros(4, 5)
    for row in (0, 2):
        expected[row, 1], expected[row, 2] = -0.75, 0.75
    torch.testing.assert_close(got, expected)


def test_filled_windows_give_every_pixel_the_value():
    # Both columns of the left window get 0.75: pixels 0, 1 and 2 receive -0.75, 0.75 - 0.75 and 0.75.
    net = ph.Network(edge_detector(), input_size=(1, 4, 5))
    got = ph.project(net, step(), "2:0", unpool="fill").signal[0, 0, 0]
    torch.testing.assert_close(got, torch.tensor([-0.75, 0.0, 0.75, 0.0, 0.0]).expand(4, 5))


def test_an_inverted_step_leaves_the_unit_silent():
    net = ph.Network(edge_detector(), input_size=(1, 4, 5))
    got = ph.project(net, 1 - step(), "2:0")
    assert not got.signal.any()
    assert float(got.activation) == 0


def test_ties_go_to_the_first_in_row_major_order():
    net = ph.Network(edge_detector(), input_size=(1, 4, 5))
    assert ph.project(net, step(), "1:0", position="peak").places.tolist() == [[[0, 1]]]
