"""Un-pooling against plain loops over windows, for every shape of window."""

import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph

CASES = [
    {"kernel_size": 2, "stride": 2},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 2, "stride": 3},
    {"kernel_size": 2, "stride": 2, "dilation": 2, "ceil_mode": True},
    {"kernel_size": (3, 2), "stride": (2, 3), "padding": (1, 0)},
    {"kernel_size": 2, "stride": 2, "ceil_mode": True},
]


def windows(case, height, width, out_height, out_width):
    """Yield the (row, column) pixels inside the picture of each output's window, by the definition."""
    kernel, stride, padding, dilation = (
        np.broadcast_to(case.get(k, d), 2)
        for k, d in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1))
    )
    for i in range(out_height):
        for j in range(out_width):
            rows = [i * stride[0] - padding[0] + a * dilation[0] for a in range(kernel[0])]
            columns = [j * stride[1] - padding[1] + b * dilation[1] for b in range(kernel[1])]
            yield (i, j), [(r, c) for r in rows for c in columns if 0 <= r < height and 0 <= c < width]


def by_hand(case, x, signal, unpool):
    sent, met = np.zeros_like(x), np.zeros_like(x)
    for (i, j), pixels in windows(case, *x.shape, *signal.shape):
        if unpool == "fill":
            for pixel in pixels:
                sent[pixel] += signal[i, j]
                met[pixel] += 1
        else:
            sent[max(pixels, key=lambda p: (x[p], -p[0], -p[1]))] += signal[i, j]
    return sent / np.maximum(met, 1) if unpool == "fill" else sent


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("unpool", ["switches", "fill"])
@pytest.mark.parametrize("size", [(9, 9), (11, 8), (31, 33)])
def test_every_shape_of_window(case, unpool, size):
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    net = ph.Network(nn.Sequential(nn.MaxPool2d(**case)).double(), input_size=(3, *size))
    got = ph.project(net, x, "0", unpool=unpool).signal
    maps = nn.MaxPool2d(**case)(x)
    for unit in range(3):
        for image in range(2):
            expected = by_hand(case, x[image, unit].numpy(), maps[image, unit].numpy(), unpool)
            np.testing.assert_allclose(got[unit, image, unit].numpy(), expected, atol=1e-12)
            assert not got[unit, image].numpy()[[c for c in range(3) if c != unit]].any()


@pytest.mark.parametrize("unpool", ["switches", "fill"])
def test_adaptive_max_pool(unpool):
    x = torch.randn(1, 1, 7, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    net = ph.Network(nn.Sequential(nn.AdaptiveMaxPool2d((3, 4))).double(), input_size=(1, 7, 10))
    got = ph.project(net, x, "0:0", unpool=unpool).signal[0, 0, 0].numpy()
    maps = nn.AdaptiveMaxPool2d((3, 4))(x)[0, 0].numpy()
    sent, met = np.zeros((7, 10)), np.zeros((7, 10))
    for i in range(3):
        for j in range(4):
            rows, columns = range(i * 7 // 3, -(-(i + 1) * 7 // 3)), range(j * 10 // 4, -(-(j + 1) * 10 // 4))
            pixels = [(r, c) for r in rows for c in columns]
            if unpool == "fill":
                for pixel in pixels:
                    sent[pixel] += maps[i, j]
                    met[pixel] += 1
            else:
                sent[max(pixels, key=lambda p: float(x[0, 0][p]))] += maps[i, j]
    np.testing.assert_allclose(got, sent / np.maximum(met, 1) if unpool == "fill" else sent, atol=1e-12)
