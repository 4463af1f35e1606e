"""Receptive fields and strides against what the network itself shows: NaN spreads exactly as far as it is seen."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import phosphene as ph
from tests.project.test_windows import Stack


def seen_rows(net, layer, size):
    """Return, for each row of the layer, the input rows that reach it: a NaN in one input row poisons what sees it."""
    reached = {}
    for row in range(size[0]):
        x = torch.zeros(1, net.input_size[0], *size)
        x[:, :, row] = float("nan")
        for position in net.record(x, layer)[layer].isnan().any(1)[0].any(1).nonzero().flatten().tolist():
            reached.setdefault(position, []).append(row)
    return reached


class Upsampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 2, 3, 2, 1)
        self.up = nn.ConvTranspose2d(2, 2, 2, 2)
        self.mix = nn.Conv2d(3, 2, 3, padding=1)

    def forward(self, x):
        y = self.up(F.relu(self.down(x)))
        y = self.mix(torch.cat([x, y], 1))
        return F.max_pool2d(y, 2)[:, :, 1:]


class ChannelsLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.mix = nn.Conv2d(1, 4, 3, 2), nn.LayerNorm(4), nn.Linear(4, 8)
        self.next = nn.Conv2d(8, 2, 3)

    def forward(self, x):
        x = F.gelu(self.mix(self.norm(self.conv(x).permute(0, 2, 3, 1))))
        return self.next(x.permute(0, 3, 1, 2))


CASES = {
    "mixed": (Stack, 3, (48, 44)),
    "channels last": (ChannelsLast, 1, (31, 33)),
    "shuffled": (
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ChannelShuffle(2), nn.Conv2d(8, 4, 3)),
        1,
        (16, 16),
    ),
    "mirrored": (lambda: nn.Sequential(nn.Conv2d(1, 2, 5, padding=2, padding_mode="reflect")), 1, (16, 16)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_fields_are_what_a_nan_shows(case):
    make, channels, size = case
    torch.manual_seed(0)
    net = ph.Network(make().eval(), input_size=(channels, *size))
    for layer in net.layers():
        assert layer.receptive_field is not None, layer.name
        reached = seen_rows(net, layer.name, size)
        middle = layer.size[0] // 2
        rows = reached[middle]
        stated = min(layer.receptive_field[0], size[0])
        extent = rows[-1] - rows[0] + 1
        at_border = rows[0] == 0 or rows[-1] == size[0] - 1
        mirrored = "padding_mode" in repr(net.model)
        assert extent == stated or ((at_border or mirrored) and extent <= stated), layer
        if not at_border and len(reached.get(middle + 1, [])) == extent:
            assert reached[middle + 1][0] - rows[0] == layer.stride[0], layer


def test_a_field_is_never_stated_too_small_around_upsampling():
    net = ph.Network(Upsampling().eval(), input_size=(1, 24, 24))
    for layer in net.layers():
        if layer.receptive_field is None:
            continue
        for rows in seen_rows(net, layer.name, (24, 24)).values():
            assert rows[-1] - rows[0] + 1 <= layer.receptive_field[0], layer


def test_what_sees_everything_says_so():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.gate = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = self.conv(x)
            return x * torch.sigmoid(self.gate(F.adaptive_avg_pool2d(x, 1)))

    fields = {layer.name: layer.receptive_field for layer in ph.Network(Gate(), input_size=(1, 9, 9)).layers()}
    assert fields["conv"] == (3, 3)
    assert fields["mul"] is None


def test_known_fields_of_alexnet_and_resnet():
    # Araujo et al. 2019, table 1: AlexNet's last pool 195 (stride 32); ResNet-18's last block 435 (stride 32).
    import torchvision

    alexnet = ph.Network(torchvision.models.alexnet(weights=None), input_size=(3, 224, 224)).layer("features.12")
    assert (alexnet.receptive_field, alexnet.stride) == ((195, 195), (32.0, 32.0))
    resnet = ph.Network(torchvision.models.resnet18(weights=None), input_size=(3, 224, 224)).layer("layer4.1.relu_1")
    assert (resnet.receptive_field, resnet.stride) == ((435, 435), (32.0, 32.0))
