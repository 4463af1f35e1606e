"""The rule "gradient" is autograd's own gradient, on random networks; the other rules on nets built at random too."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import phosphene as ph

sizes = st.tuples(st.integers(9, 33), st.integers(9, 33))


class Random(nn.Module):
    """A small network drawn at random: residual sums, concatenations, every kind of pool and padding."""

    def __init__(self, draw, channels):
        super().__init__()
        width = draw(st.sampled_from([4, 6]))
        self.stem = nn.Conv2d(channels, width, 3, padding=1, padding_mode=draw(st.sampled_from(["zeros", "reflect"])))
        self.steps = draw(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4))
        self.parts = nn.ModuleList(STEPS[step][0](width, draw) for step in self.steps)
        self.act = draw(
            st.sampled_from([F.relu, F.relu6, F.silu, F.gelu, F.elu, F.leaky_relu, torch.tanh, F.hardswish])
        )
        self.last = nn.Conv2d(width, 5, 1)

    def forward(self, x):
        x = self.act(self.stem(x))
        for step, part in zip(self.steps, self.parts, strict=True):
            x = STEPS[step][1](part, x, self.act)
        return self.last(x)


def odd_convolution(width, draw):
    groups = draw(st.sampled_from([1, 2, width]))
    dilation, stride = draw(st.sampled_from([1, 2])), draw(st.sampled_from([1, 2]))
    return nn.Conv2d(width, width, (3, 1), stride, (draw(st.sampled_from([0, 1, 2])), 0), dilation, groups)


def pool(width, draw):
    kernel, stride = draw(st.sampled_from([(2, 2), (3, 2), (3, 1), (2, 3)]))
    return nn.MaxPool2d(kernel, stride, draw(st.sampled_from([0, 1])), ceil_mode=draw(st.booleans()))


def norm(width, draw):
    layer = nn.BatchNorm2d(width)
    layer.running_mean.uniform_(-1, 1)
    layer.running_var.uniform_(0.3, 3)
    nn.init.uniform_(layer.weight, -1, 1)
    return layer


STEPS = {
    "convolution": (odd_convolution, lambda part, x, act: act(part(x)) if x.shape[2] > 4 else act(x)),
    "residual": (lambda w, d: nn.Conv2d(w, w, 3, padding=1), lambda part, x, act: act(part(x) + x)),
    "cat": (lambda w, d: nn.Conv2d(w, w, 1), lambda part, x, act: part(torch.cat([x, -x], 1)[:, 1 : 1 + x.shape[1]])),
    "max-pool": (pool, lambda part, x, act: part(x) if min(x.shape[2:]) > 2 else x),
    "average": (
        lambda w, d: nn.AvgPool2d(2, ceil_mode=True),
        lambda part, x, act: part(x) if min(x.shape[2:]) > 2 else x,
    ),
    "adaptive": (lambda w, d: nn.AdaptiveAvgPool2d(5), lambda part, x, act: part(x)),
    "norm": (norm, lambda part, x, act: act(part(x))),
    "pad": (lambda w, d: nn.ReplicationPad2d((1, 0, 2, 1)), lambda part, x, act: part(x)),
    "up": (lambda w, d: nn.ConvTranspose2d(w, w, 2, 2), lambda part, x, act: act(part(x)) if x.shape[2] < 16 else x),
}


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data(), st.sampled_from([1, 3, 5]), st.sampled_from([1, 7]), sizes, st.integers(0, 99))
def test_gradient_is_autograds(data, channels, batch, size, seed):
    torch.manual_seed(seed)
    model = Random(data.draw, channels).eval()
    net = ph.Network(model, input_size=(channels, *size))
    x = torch.randn(batch, channels, *size, requires_grad=True)
    output = model(x)
    (expected,) = torch.autograd.grad(output[:, 2], x, output[:, 2].detach())
    got = ph.project(net, x.detach(), "last:2", "gradient").signal[0]
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()) + 1e-9)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.data(), st.sampled_from([1, 3, 5]), sizes, st.integers(0, 99))
def test_units_together_equal_units_alone_under_every_rule(data, channels, size, seed):
    torch.manual_seed(seed)
    model = Random(data.draw, channels).eval()
    net = ph.Network(model, input_size=(channels, *size))
    x = torch.randn(2, channels, *size)
    rule = data.draw(st.sampled_from(["deconvnet", "guided", "gradient"]))
    unpool = data.draw(st.sampled_from(["switches", "fill"]))
    layer = data.draw(st.sampled_from([layer.name for layer in net.layers()]))
    together = ph.project(net, x, layer, rule, unpool, "peak").signal
    for unit in (0, together.shape[0] - 1):
        for image in (0, 1):
            alone = ph.project(net, x[image : image + 1], f"{layer}:{unit}", rule, unpool, "peak").signal[0, 0]
            assert torch.isfinite(alone).all()
            torch.testing.assert_close(
                together[unit, image], alone, rtol=1e-3, atol=1e-4 * float(alone.abs().max()) + 1e-9
            )
