"""Networks whose best picture is known, made by hand."""

import torch
from torch import Tensor, nn

import phosphene as ph
from phosphene.dream.natural import Natural


def linear(filters: Tensor, bias: float = 0.0, rectified: bool = False) -> ph.Network:
    """One layer, ``0``, whose units (U, C, H, W) are each a weighted sum of the whole picture; ``1`` its ReLU."""
    units, channels, height, width = filters.shape
    layer = nn.Conv2d(channels, units, (height, width))
    with torch.no_grad():
        layer.weight.copy_(filters)
        layer.bias.fill_(bias)
    model = nn.Sequential(layer, nn.ReLU()) if rectified else nn.Sequential(layer)
    return ph.Network(model, input_size=(channels, height, width), name="linear")


def gabor(size: int, channels: int, angle: float, cycles: float) -> Tensor:
    """A striped patch (1, C, size, size), the same in every channel up to a factor."""
    along = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(along, along, indexing="ij")
    turned = x * torch.tensor(angle).cos() + y * torch.tensor(angle).sin()
    stripes = (torch.pi * cycles * turned).sin() * (-(x**2 + y**2) / 0.3).exp()
    return torch.stack([stripes * (1 - 0.4 * channel) for channel in range(channels)])[None]


def faint(channels: int, size: tuple[int, int], contrast: float = 0.02) -> Natural:
    """Statistics of pictures so faint that none of their values leaves 0..1."""
    usual = Natural.usual(channels, size)
    return Natural(torch.full((channels,), 0.5), torch.eye(channels) * contrast, usual.magnitude)


def cosine(a: Tensor, b: Tensor) -> float:
    a, b = (each.detach().flatten().double() for each in (a, b))
    return float(a @ b / (a.norm() * b.norm()))


def faces() -> ph.Network:
    """Unit ``2:4`` answers to stripes of any of four directions, each of which a unit of its own finds."""
    stripes = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0])
    slanted = 2 * torch.eye(5)
    patches = torch.stack([stripes[:, None].expand(5, 5), stripes.expand(5, 5), slanted, slanted.flip(1)])[:, None]
    finding, adding = nn.Conv2d(1, 4, 5, bias=False), nn.Conv2d(4, 5, 1, bias=False)
    with torch.no_grad():
        finding.weight.copy_(patches - patches.mean((2, 3), keepdim=True))
        adding.weight.copy_(torch.cat([torch.eye(4), torch.ones(1, 4)])[..., None, None])
    return ph.Network(nn.Sequential(finding, nn.ReLU(), adding), input_size=(1, 16, 16), name="faces")


def textured(channels: int = 3, size: int = 16) -> ph.Network:
    """Two convolutions with ReLUs, ``0`` to ``4``, and a head that must never run."""
    torch.manual_seed(3)
    first, second = nn.Conv2d(channels, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
    model = nn.Sequential(first, nn.ReLU(inplace=True), nn.MaxPool2d(2), second, nn.ReLU(), nn.Dropout(0.5))
    return ph.Network(model, input_size=(channels, size, size), name="textured")
