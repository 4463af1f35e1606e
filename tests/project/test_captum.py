"""Networks made of modules against Captum, which hooks nn.ReLU modules."""

import pytest
import torch
from torch import nn

import phosphene as ph

captum = pytest.importorskip("captum.attr")


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(8, 12, 3, groups=4, dilation=2, padding=2),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(12, 6, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.LazyLinear(5),
    ).eval()


@pytest.fixture(scope="module")
def pictures(model):
    x = torch.randn(2, 3, 33, 31, generator=torch.Generator().manual_seed(1))
    model(x)
    norm = model[1]
    norm.running_mean.uniform_(-0.3, 0.3)
    norm.running_var.uniform_(0.5, 2)
    return x


@pytest.mark.parametrize(("rule", "method"), [("deconvnet", "NeuronDeconvolution"), ("guided", "NeuronGuidedBackprop")])
@pytest.mark.parametrize("layer", ["0", "2", "3", "4", "5", "6", "8"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_neurons(model, pictures, rule, method, layer):
    net = ph.Network(model, input_size=(3, 33, 31))
    for position in ("map", (2, 1)):
        row, column = (slice(None), slice(None)) if position == "map" else position
        attribution = getattr(captum, method)(model, model[int(layer)])

        def half_square(out, row=row, column=column):
            return (out[:, 3, row, column] ** 2 / 2).flatten(1 if row == slice(None) else 0).reshape(2, -1).sum(1)

        expected = attribution.attribute(pictures.clone(), half_square)
        got = ph.project(net, pictures, f"{layer}:3", rule, position=position).signal[0]
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("rule", "method"), [("deconvnet", "Deconvolution"), ("guided", "GuidedBackprop")])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_class_scores(model, pictures, rule, method):
    net = ph.Network(model, input_size=(3, 33, 31))
    expected = getattr(captum, method)(model).attribute(pictures.clone(), target=2)
    one = torch.zeros(2, 5, 1, 1)
    one[:, 2] = 1
    got = ph.project(net, pictures, "10", rule, signal=one).signal[0]
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)
