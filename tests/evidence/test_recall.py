import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.evidence.recall import recall, shuffles
from phosphene.evidence.sights import sight
from phosphene.network import Unit
from tests.evidence import planted
from tests.evidence.planted_pixels import Fooling


@pytest.mark.parametrize("stride", [1, 3])
def test_a_first_layers_answer_to_its_own_picture_in_closed_form(stride):
    """Its picture is its filter w, so the answer is w * (mean colour + spread(patch) / spread(w) * w)."""
    draw = torch.Generator().manual_seed(planted.fresh_seed())
    conv = nn.Conv2d(3, 1, 5, stride, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.randn(1, 3, 5, 5, generator=draw))
        conv.weight -= conv.weight.mean()  # or the unit may never be active
    net = ph.Network(nn.Sequential(conv, nn.ReLU()), input_size=(3, 16, 16))
    x = 0.5 + 0.02 * torch.randn(4, 3, 16, 16, generator=draw)  # so faint that nothing leaves the range of pictures
    sights = sight(net, [Unit("1", 0)], x)
    found = recall(sights)[0]
    w = conv.weight[0].detach().numpy()

    def spread(values: np.ndarray) -> float:
        return float(np.sqrt(np.mean([plane.var() for plane in values])))

    for n, (top, left) in enumerate((sights.place * stride).tolist()):
        patch = x[n, :, top : top + 5, left : left + 5].numpy()
        colour = x[n].mean((1, 2), keepdim=True).numpy()
        flat = max(float((w * colour).sum()), 0)
        fed = max(float((w * (colour + spread(patch) / spread(w) * w)).sum()), 0)
        assert found.value[n] == pytest.approx((w * patch).sum(), rel=1e-4)
        assert found.flat[n] == pytest.approx(flat, rel=1e-3, abs=1e-5)
        assert found.fed[n] == pytest.approx(fed, rel=1e-3)


def test_shuffled_blocks_are_the_same_pixels_in_whole_blocks():
    generator = torch.Generator().manual_seed(planted.fresh_seed())
    order = shuffles(torch.tensor([[2, 1, 14, 13]]), (16, 15), 1, generator)[0, 0].reshape(16, 15)
    plane = torch.arange(16 * 15).reshape(16, 15)
    inside = torch.zeros(16, 15, dtype=torch.bool)
    inside[2:14, 1:13] = True
    assert torch.equal(order[~inside], plane[~inside])
    assert torch.equal(order[inside].sort().values, plane[inside])
    blocks = order[2:14, 1:13].reshape(4, 3, 4, 3)
    assert torch.equal(blocks[:, 1] - blocks[:, 0], torch.full((4, 4, 3), 15))
    assert not torch.equal(order, plane)


def test_a_bar_comes_back_and_its_shuffled_blocks_do_not():
    x, _ = planted.pictures(6, planted.fresh_seed())
    finding = recall(sight(ph.Network(Fooling().eval(), name="bars"), [Unit("act", 1)], x))[0].finding
    assert finding.value > 1
    assert finding.value > 3 * finding.baseline  # that one passes 1 too, where no picture drives the unit much
    assert "it is an exaggeration" in finding.sentence
    assert not finding.caution


def test_a_colour_unit_is_seen_to_need_no_picture():
    green = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(planted.fresh_seed())) * 0.1
    green[:, 1] += 0.8
    finding = recall(sight(planted.network(), [Unit("act", planted.index("green"))], green))[0].finding
    assert "the mean colour alone gives most of it" in finding.caution
