import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.evidence.sights import sight
from phosphene.evidence.similarity import cosine
from phosphene.evidence.specificity import specificity
from phosphene.network import Unit
from phosphene.project.rules import Way
from tests.evidence import planted
from tests.evidence.planted_pixels import lively, untrained


def filters(weight: torch.Tensor, bias: float) -> ph.Network:
    conv = nn.Conv2d(3, len(weight), weight.shape[-1])
    with torch.no_grad():
        conv.weight.copy_(weight)
        conv.bias.fill_(bias)
    return ph.Network(nn.Sequential(conv, nn.ReLU()).eval(), input_size=(3, 16, 16), name="filters")


def test_in_a_first_layer_it_is_one_minus_the_cosine_of_the_filters():
    draw = torch.Generator().manual_seed(planted.fresh_seed())
    w = torch.randn(4, 3, 5, 5, generator=draw)
    net = filters(w, bias=50)  # all units active everywhere: every other one is compared with
    found = specificity(sight(net, [Unit("1", u) for u in range(4)], torch.rand(3, 3, 16, 16, generator=draw)))
    for u, each in enumerate(found):
        expected = np.mean([1 - float(cosine(w[u : u + 1], w[v : v + 1])) for v in range(4) if v != u])
        assert each.units.cosine == pytest.approx(expected, abs=1e-5)
        assert each.images.cosine == pytest.approx(0, abs=1e-6)
        assert each.unpooled.cosine == pytest.approx(0, abs=1e-6)
        assert "no switches on the way" in each.findings[0].sentence


def test_units_that_are_alike_show_the_image():
    draw = torch.Generator().manual_seed(planted.fresh_seed())
    w = torch.randn(1, 3, 5, 5, generator=draw) + 0.1 * torch.randn(4, 3, 5, 5, generator=draw)
    found = specificity(sight(filters(w, bias=50), [Unit("1", 0)], torch.rand(3, 3, 16, 16, generator=draw)))[0]
    assert found.findings[0].value < 0.1
    assert "it shows the image, not the unit" in found.findings[0].caution


def test_a_lone_unit_has_nothing_to_be_compared_with():
    draw = torch.Generator().manual_seed(planted.fresh_seed())
    net = filters(torch.randn(1, 3, 5, 5, generator=draw), bias=50)
    for finding in specificity(sight(net, [Unit("1", 0)], torch.rand(3, 3, 16, 16, generator=draw)))[0].findings:
        assert np.isnan(finding.value)
        assert finding.caution == "nothing to compare with"


@pytest.mark.parametrize("unpool", ["switches", "fill"])
def test_each_difference_equals_comparing_projections_one_by_one(unpool):
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(2, seed)
    sights = sight(net, lively(net, "relu2", x, 2), x)
    found = specificity(sights, Way("deconvnet", unpool))

    def sent(row: int, unit: int, value: float, place: list[int]) -> torch.Tensor:
        signal = torch.zeros_like(net.record(x[:1], "relu2")["relu2"])
        signal[0, unit, place[0], place[1]] = value
        return ph.project(net, x[row : row + 1], "relu2", unpool=unpool, signal=signal).pixels[:, 0]

    for index in range(4):
        u, n = divmod(index, 2)
        unit, place, value = int(sights.channel[index]), sights.place[index].tolist(), float(sights.value[index])
        own, elsewhere = sent(n, unit, value, place), sent(1 - n, unit, value, place)
        others = [sent(n, int(other), 1, place) for other in sights.others[index] if other >= 0]
        expected = np.mean([1 - float(cosine(own, other)) for other in others])
        assert found[u].units.cosine[n] == pytest.approx(expected, abs=1e-4)
        assert found[u].images.cosine[n] == pytest.approx(1 - float(cosine(own, elsewhere)), abs=1e-4)
