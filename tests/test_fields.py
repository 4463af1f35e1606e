"""Receptive fields and strides against what the network itself shows: NaN spreads exactly as far as it is seen."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

import phosphene as ph
from phosphene.axes import to_maps
from phosphene.tape import run
from tests.project.test_windows import Stack
from tests.project.test_zoo import UNet


def seen_rows(net, size, rows=None, turned=False):
    """Return for every layer a matrix: which of its rows each of the input's ``rows`` poisons by a NaN.

    ``turned`` exchanges rows and columns of pictures and maps.
    """
    rows = list(range(size[0])) if rows is None else rows
    x = torch.zeros(len(rows), net.input_size[0], *size)
    for image, row in zip(x, rows, strict=True):
        image[:, row] = float("nan")
    seen = {}

    def look(event):
        maps = to_maps(event.output, event.axis).isnan().any(1)
        seen[event.name] = maps.any(1 if turned else 2)
        return False

    with torch.no_grad():
        run(net.model, x.transpose(2, 3).contiguous() if turned else x, look)
    return seen


def check(net, size, rest=8, exact=True):
    """Compare every position of every layer: never too small; exact, but for the last rows that no window takes up.

    At the border, bilinear upsampling reads a pixel with weight 0: a NaN shows it, but it is not seen.
    """
    blurred = "bilinear" in repr(net.model)
    reached = seen_rows(net, size)
    compared = 0
    for layer in net.layers():
        if layer.view is None:
            assert reached[layer.name].all(), layer
            continue
        for position in range(layer.size[0]):
            rows = reached[layer.name][:, position].nonzero().flatten().tolist()
            stated = layer.view.rows.sees(position)
            if stated is None:
                assert not rows, (layer, position)
            elif rows and (stated[0] >= 0 or not blurred):
                assert stated[0] <= rows[0], (layer, position, rows)
                assert rows[-1] <= stated[1], (layer, position, rows)
            if exact and stated and stated[0] >= 0 and stated[1] < size[0] - rest:
                assert (rows[0], rows[-1]) == stated, (layer, position)
                assert stated[1] - stated[0] < layer.receptive_field[0]
                compared += 1
    assert compared or not exact


class ChannelsLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.mix = nn.Conv2d(1, 4, 3, 2), nn.LayerNorm(4), nn.Linear(4, 8)
        self.next = nn.Conv2d(8, 2, 3)

    def forward(self, x):
        x = F.gelu(self.mix(self.norm(self.conv(x).permute(0, 2, 3, 1))))
        return self.next(x.permute(0, 3, 1, 2))


class Turned(nn.Module):
    """Channels taken apart and put together, as networks do with colours."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 2, 3)

    def forward(self, x):
        x = torch.cat([x[:, 0].unsqueeze(1) * 2, torch.stack([x[:, 1], x[:, 2]], 1)], 1)[:, [2, 1, 0]]
        x = self.conv(x.flip(1) - x.mean(1, keepdim=True))
        x = F.normalize(F.local_response_norm(x, 3), dim=1)
        return self.last(x.sum(1, keepdim=True).repeat(1, 4, 1, 1) + x.amax(1, keepdim=True).expand(-1, 4, -1, -1))


class Shortcut(nn.Module):
    """A residual sum whose shortcut is thinned out and filled with channels of zeros (He et al. 2015, option A)."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, x):
        return self.last(F.relu(self.conv(x) + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2))))


CASES = {
    "mixed": (Stack, 3, (48, 44)),
    "channels last": (ChannelsLast, 1, (31, 33)),
    "shuffled": (
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ChannelShuffle(2), nn.Conv2d(8, 4, 3)),
        1,
        (16, 16),
    ),
    "mirrored": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 7, 1, 3, padding_mode="reflect"), nn.Conv2d(2, 2, 3, 2, 1, padding_mode="reflect")
        ),
        1,
        (24, 16),
    ),
    "repeated": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3, 1, 1, padding_mode="replicate"), nn.AvgPool2d(2)),
        1,
        (16, 9),
    ),
    "colours": (Turned, 3, (31, 16)),
    "option A": (Shortcut, 1, (24, 16)),
    "pixel shuffle": (
        lambda: nn.Sequential(nn.PixelUnshuffle(3), nn.Conv2d(9, 8, 3), nn.PixelShuffle(2), nn.Conv2d(2, 2, 3, 2)),
        1,
        (42, 30),
    ),
    "u-net": (UNet, 3, (48, 32)),
    "stride above kernel": (
        lambda: nn.Sequential(nn.ConvTranspose2d(1, 2, 2, 3), nn.Conv2d(2, 2, 2), nn.ConvTranspose2d(2, 1, 1, 2)),
        1,
        (16, 8),
    ),
    "nearest": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3, 2), nn.Upsample(scale_factor=2), nn.Conv2d(2, 2, 3)),
        1,
        (24, 9),
    ),
    "bilinear": (
        lambda: nn.Sequential(nn.MaxPool2d(3, 2), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(1, 2, 3)),
        1,
        (24, 9),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_fields_are_what_a_nan_shows(case):
    make, channels, size = case
    torch.manual_seed(0)
    net = ph.Network(make().eval(), input_size=(channels, *size))
    assert all(layer.receptive_field is not None for layer in net.layers())
    check(net, size)


def test_padding_that_repeats_far_pixels_is_never_stated_too_small():
    for pad in (nn.ReflectionPad2d(3), nn.ReplicationPad2d((0, 0, 4, 1))):
        model = nn.Sequential(nn.Conv2d(1, 2, 3, 2), pad, nn.ReLU(), nn.Conv2d(2, 2, 3))
        check(ph.Network(model, input_size=(1, 24, 24)), (24, 24), exact=False)


# By hand: output q is made of the pixels p with q = stride * p - padding + dilation * t for a tap t.
TRANSPOSED = {
    (2, 2, 0, 0, 1): 1,  # every output lies under one filter
    (3, 2, 1, 1, 1): 2,  # even outputs under one, odd ones under two
    (4, 2, 1, 0, 1): 2,
    (1, 2, 0, 1, 1): 1,  # every other output is made of the bias alone
    (2, 3, 0, 0, 1): 1,
    (5, 2, 2, 1, 1): 3,
    (3, 1, 1, 0, 1): 3,
    (3, 2, 1, 0, 2): 3,
}


@pytest.mark.parametrize(("settings", "field"), TRANSPOSED.items(), ids=str)
def test_transposed_convolutions_to_the_pixel(settings, field):
    net = ph.Network(
        nn.Sequential(nn.ConvTranspose2d(1, 1, *settings[:4], dilation=settings[4])), input_size=(1, 12, 12)
    )
    assert net.layer("0").receptive_field == (field, field)
    check(net, (12, 12))


STEPS = {
    "conv": lambda d: nn.Conv2d(1, 1, (d([1, 2, 3, 5]), 1), (d([1, 2]), 1), (d([0, 1]), 0), (d([1, 2]), 1)),
    "transposed": lambda d: nn.ConvTranspose2d(
        1, 1, (d([1, 2, 3, 4]), 1), (d([2, 3]), 1), (d([0, 1]), 0), (d([0, 1]), 0)
    ),
    "pool": lambda d: nn.MaxPool2d((d([2, 3]), 1), (d([1, 2]), 1), ceil_mode=d([True, False])),
    "nearest": lambda d: nn.Upsample(scale_factor=(d([2, 3]), 1)),
    "bilinear": lambda d: nn.Upsample(scale_factor=(2, 1), mode="bilinear"),
    "average": lambda d: nn.AvgPool2d((2, 1)),
}


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data())
def test_any_chain_up_and_down_again(data):
    def drawn(values):
        return data.draw(st.sampled_from(values))

    model = nn.Sequential(*(STEPS[drawn(sorted(STEPS))](drawn) for _ in range(drawn([1, 2, 3, 4]))))
    with torch.no_grad():
        assume(2 < model(torch.zeros(1, 1, 64, 1)).shape[2] < 400)
    check(ph.Network(model.eval(), input_size=(1, 64, 1)), (64, 1), rest=20)


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


class Normed(nn.Module):
    """Norms that take their mean over the whole image."""

    def __init__(self, norm):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3), norm

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


@pytest.mark.parametrize(
    "norm", [nn.InstanceNorm2d(4), nn.GroupNorm(2, 4), nn.BatchNorm2d(4, track_running_stats=False)], ids=str
)
def test_norms_over_the_image_see_everything(norm):
    net = ph.Network(Normed(norm).eval(), input_size=(1, 9, 9))
    fields = {layer.name: layer.receptive_field for layer in net.layers()}
    assert fields == {"conv": (3, 3), "norm": None, "relu": None}
    check(net, (9, 9), rest=0)


def test_what_is_spread_over_the_plane_is_seen_from_all_of_it():
    class Spread(nn.Module):
        def __init__(self):
            super().__init__()
            self.whole = nn.Conv2d(1, 1, 9)

        def forward(self, x):
            return x + self.whole(x)

    assert ph.Network(Spread(), input_size=(1, 9, 9)).layer("add").receptive_field is None


SIZES = {"inception_v3": (299, 75)}


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True], ids=["rows", "columns"])
@pytest.mark.parametrize("name", "inception_v3 efficientnet_b0 mobilenet_v3_small regnet_y_400mf mnasnet0_5".split())
def test_fields_of_known_networks(name, turned):
    check_sparsely(built(name), 3, SIZES.get(name, (201, 40)), turned)


@pytest.mark.slow
def test_fields_of_a_known_network_in_black_and_white():
    torch.manual_seed(0)
    model = torchvision.models.shufflenet_v2_x0_5(weights=None)
    model.conv1[0] = nn.Conv2d(1, 24, 3, 2, 1, bias=False)
    check_sparsely(model, 1, (201, 40), turned=False)


def built(name):
    torch.manual_seed(0)
    options = {"init_weights": False, "transform_input": True} if name == "inception_v3" else {}
    return torchvision.models.get_model(name, weights=None, **options)


def check_sparsely(model, channels, size, turned):
    """Ask at the first and last row that a few layers' middle positions are said to see, and at their neighbours."""
    net = ph.Network(model.eval(), input_size=(channels, *(size[::-1] if turned else size)))
    spans = {
        layer.name: (layer.view.columns if turned else layer.view.rows, layer.size[turned] // 2)
        for layer in net.layers()
        if layer.view is not None
    }
    inside = {name: span.at(middle) for name, (span, middle) in spans.items()}
    inside = {name: (a, b) for name, (a, b) in inside.items() if a > 0 and b < size[0]}
    chosen = sorted(set(inside.values()), key=lambda seen: seen[1] - seen[0])
    chosen = [chosen[i * (len(chosen) - 1) // 4] for i in range(5)]
    rows = sorted({row for a, b in chosen for row in (a - 1, a, b - 1, b)})
    seen = seen_rows(net, size, rows, turned)
    for name, (a, b) in inside.items():
        middle = spans[name][1]
        reached = {row for row, maps in zip(rows, seen[name], strict=True) if maps[middle]}
        assert reached <= set(range(a, b)), name
        assert {a, b - 1} & set(rows) <= reached, name
    for layer in net.layers():
        if layer.view is None:
            assert seen[layer.name].all(), layer


@pytest.mark.slow
def test_known_fields_of_alexnet_and_resnet():
    # Araujo et al. 2019, table 1: AlexNet's last pool 195 (stride 32); ResNet-18's last block 435 (stride 32).
    alexnet = ph.Network(torchvision.models.alexnet(weights=None), input_size=(3, 224, 224)).layer("features.12")
    assert (alexnet.receptive_field, alexnet.stride) == ((195, 195), (32.0, 32.0))
    resnet = ph.Network(torchvision.models.resnet18(weights=None), input_size=(3, 224, 224)).layer("layer4.1.relu_1")
    assert (resnet.receptive_field, resnet.stride) == ((435, 435), (32.0, 32.0))
