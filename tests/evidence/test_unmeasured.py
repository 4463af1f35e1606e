"""Units about which there is nothing to say: an answer all the same, no traceback and no warning."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.evidence.ablation import ablation
from phosphene.evidence.box import box
from phosphene.evidence.fooling import fooling
from phosphene.evidence.learned import learned
from phosphene.evidence.measured import share
from phosphene.evidence.occlusion import occlusion
from phosphene.evidence.patch import patch
from phosphene.evidence.recall import recall
from phosphene.evidence.sights import sight
from phosphene.evidence.specificity import specificity
from phosphene.evidence.whole_maps import whole_maps
from phosphene.network import Unit
from phosphene.project.rules import Way

pytestmark = pytest.mark.filterwarnings("error")


class Odd(nn.Module):
    """Layer ``odd``: 0 dead, 1 always below nought, 2 not a number where the picture is bright, 3 flat, 4 plain."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 5, 3, padding=1)
        self.odd = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        parts = [0 * x[:, :1], -1 - x[:, 1:2].abs(), x[:, 2:3] / (x[:, 2:3] < 0.2), 0 * x[:, 3:4] + 1, x[:, 4:]]
        return self.odd(torch.cat(parts, 1) * 1.0).flatten(2).mean(2)


@pytest.mark.parametrize(("channels", "size", "images"), [(3, 12, 3), (1, 9, 1), (5, 3, 2)])
def test_every_question_answers(channels, size, images):
    net = ph.Network(Odd(channels).eval(), input_size=(channels, size, size))
    layer = net.layers()[-2].name
    units = [Unit(layer, index) for index in range(5)]
    x = torch.rand(images, channels, size, size)
    sights = sight(net, units, x)
    one = sight(net, units, x[:1])
    answers = [
        [finding for each in occlusion(sights) for finding in each.findings],
        [finding for each in occlusion(whole_maps(sights)) for finding in each.findings],
        [finding for each in patch(sights) for finding in each.findings],
        [each.finding for each in box(one, (0, 0, 2, 3))],
        [finding for each in specificity(sights) for finding in each.findings],
        [each.finding for way in (Way(), Way("guided")) for each in learned(sights, way)],
        [each.finding for each in recall(sights)],
        [each.finding for each in fooling(sights, x[:1].repeat(5, 1, 1, 1))],
        [finding for each in ablation(net, units, x) for finding in each.findings],
    ]
    for finding in (finding for found in answers for finding in found):
        assert finding.sentence.endswith(".")
        assert np.isfinite(finding.value) or finding.caution
        assert not re.search(r"\b(nan|inf)\b", finding.sentence), finding
    assert all("dead on" in found[0].caution for found in answers[:-1])


def test_units_below_nought_are_measured_above_the_mean_colour():
    net = ph.Network(nn.Sequential(nn.Conv2d(3, 1, 5)).eval(), input_size=(3, 16, 16))
    with torch.no_grad():
        net.model[0].bias.fill_(-20)
    x = torch.rand(4, 3, 16, 16)
    found = patch(sight(net, [Unit("0", 0)], x))[0]
    assert (found.value < 0).all()
    assert found.share(found.only) == pytest.approx(np.ones(4), abs=1e-3)
    assert found.share(found.flat) == pytest.approx(np.zeros(4), abs=1e-3)


def test_a_share_of_next_to_nothing_is_none():
    value, answer = np.array([10.0, 8.0, 0.5001, 0.4999, 1e-7]), np.array([5.0, 2.0, 0.5001, 5.0, 0.1])
    assert share(answer, value, np.zeros(5)) == pytest.approx([0.5, 0.25, 1, np.nan, np.nan], nan_ok=True)
    none = np.array([np.nan, -1.0])
    assert np.isnan(share(none, none, none)).all()
    one_each = share(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1e-3], [10.0]]), np.zeros((2, 1)))
    assert one_each == pytest.approx(np.array([[1000, 2000], [0.3, 0.4]]))  # a picture alone is its own strongest
