import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr
from torch import Tensor, nn

import phosphene as ph
from phosphene.evidence.occlusion import WAYS, Occlusion, occlusion
from phosphene.evidence.sights import sight
from phosphene.evidence.squares import blurred, edges, squares
from phosphene.evidence.whole_maps import whole_maps
from phosphene.network import Unit
from tests.evidence import planted
from tests.evidence.planted_pixels import Untrained, lively, untrained


def by_hand(model: Untrained, x: Tensor) -> Tensor:
    """The maps of `relu2`, written out."""
    with torch.no_grad():
        x = F.max_pool2d(F.conv2d(x, model.conv1.weight, model.conv1.bias, padding=2).clamp(min=0), 2)
        return F.conv2d(x, model.conv2.weight, model.conv2.bias, padding=2).clamp(min=0)


def shown_instead(picture: Tensor, fill: str, side: float) -> Tensor:
    if fill == "grey":
        return torch.full_like(picture, 0.5)
    planes = [
        gaussian_filter(p.numpy().astype(np.float64), side, mode="mirror", radius=min(round(3 * side), 31))
        for p in picture
    ]
    return torch.from_numpy(np.stack(planes)).float()


@pytest.mark.parametrize("whole", [False, True])
def test_hiding_equals_computing_again(whole):
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(2, seed)
    units = lively(net, "relu2", x, 2)
    sights = sight(net, units, x)
    found = occlusion(whole_maps(sights) if whole else sights, across=4, ways=())
    for u, unit in enumerate(units):
        for n in range(2):
            place = sights.place[2 * u + n].tolist()
            check(found[u], net.model, x[n], unit.index, n, None if whole else place)


def check(found: Occlusion, model: Untrained, picture: Tensor, unit: int, n: int, place: list[int] | None):
    def answer(shown: Tensor) -> float:
        maps = by_hand(model, shown[None])[0, unit]
        return float(maps.sum() if place is None else maps[place[0], place[1]])

    boxes = found.squares[n].tolist()
    side = 12 if place is None else 5  # 1.5 times a quarter of the 32 pixels, and of the 14 that a place sees
    for fill, drops in zip(found.fills, found.drop[n], strict=True):
        for (top, left, bottom, right), drop in zip(boxes, drops, strict=True):
            shown = picture.clone()
            instead = shown_instead(picture, fill, side)
            shown[:, top:bottom, left:right] = instead[:, top:bottom, left:right]
            assert drop == pytest.approx(answer(picture) - answer(shown), abs=2e-4 * max(1, abs(answer(picture))))


def test_squares_cover_the_field_and_stay_inside():
    fields = torch.tensor([[3, 5, 17, 19], [0, 0, 14, 14], [0, 0, 9, 14], [20, 30, 25, 35]])
    found = squares(fields, 8)
    for field, boxes in zip(fields.tolist(), found.tolist(), strict=True):
        seen = torch.zeros(40, 40)
        for top, left, bottom, right in boxes:
            assert field[0] <= top < bottom <= field[2]
            assert field[1] <= left < right <= field[3]
            seen[top:bottom, left:right] = 1
        assert seen.sum() == (field[2] - field[0]) * (field[3] - field[1])


def test_blur_is_that_of_scipy():
    x = torch.rand(2, 3, 20, 17, generator=torch.Generator().manual_seed(planted.fresh_seed()))
    expected = gaussian_filter(x.double().numpy(), (0, 0, 2, 2), mode="mirror", radius=(0, 0, 6, 6))
    assert np.allclose(blurred(x, 2.0), expected, atol=1e-5)


def test_edges_are_steep_where_a_picture_is():
    x = torch.zeros(1, 3, 8, 8)
    x[..., 4:] = 1
    assert edges(x)[0, 0, 3].tolist() == [0, 0, 0, 4, 4, 0, 0, 0]


class Corners(nn.Module):
    """A unit that adds up the left upper quarter of what it sees, 8 x 8 pixels; another the right lower one."""

    def __init__(self) -> None:
        super().__init__()
        self.see = nn.Conv2d(3, 2, 8, stride=8, bias=False)
        self.act = nn.ReLU()
        with torch.no_grad():
            self.see.weight.zero_()
            self.see.weight[0, :, :4, :4] = 1
            self.see.weight[1, :, 4:, 4:] = 1

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.see(x))


def test_what_the_unit_needs_is_found_and_agrees_with_its_picture_alone():
    seed = planted.fresh_seed()
    net = ph.Network(Corners().eval(), input_size=(3, 32, 32), name="corners")
    x = torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) * 0.4 + 0.6
    for u, found in enumerate(occlusion(sight(net, [Unit("act", 0), Unit("act", 1)], x), across=4)):
        for n in range(5):
            painted, (top, left) = found.painted(0)[n], found.squares[n, 0, :2].tolist()
            middle = painted[top : top + 8, left : left + 8].reshape(2, 4, 2, 4).mean((1, 3))
            assert middle.argmax() == (0, 3)[u]
            assert np.isnan(painted).sum() == 32 * 32 - 64
        assert len(found.findings) == len(WAYS)
        for finding in found.findings:
            assert finding.value > 0.9
            assert finding.interval.low > finding.baseline
            assert "it tells no better" not in finding.caution


def test_agreement_is_spearmans():
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(2, seed)
    [active] = lively(net, "relu2", x, 1)
    found = occlusion(sight(net, [active], x), across=6, ways=WAYS[:1])[0]
    for n in range(2):
        size = ph.project(net, x[n : n + 1], active, position="peak").pixels[0, 0].abs().sum(0)
        shown = [float(size[t:b, left:r].mean()) for t, left, b, r in found.squares[n].tolist()]
        expected = spearmanr(shown, found.drop[n].mean(0)).statistic
        assert found.agreements[0].own[n] == pytest.approx(expected, abs=0.02)  # near ties may swap


def test_a_picture_of_the_wrong_unit_is_doubted():
    """Of a random network without training, a unit's picture tells little more than that of any other unit."""
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(4, seed)
    found = occlusion(sight(net, [Unit("relu3", i) for i in range(16)], x), ways=WAYS[1:2])
    doubted = [bool(finding.caution) for each in found for finding in each.findings]
    assert np.mean(doubted) > 0.3
