import copy

import numpy as np
import pytest
import torch

from phosphene.evidence.learned import learned
from phosphene.evidence.redrawn import redrawn, weighted_layers
from phosphene.evidence.sights import sight
from phosphene.project.rules import Way
from tests.evidence import planted
from tests.evidence.planted_pixels import InPlace, lively, untrained


@pytest.mark.parametrize("how", ["permuted", "noise"])
def test_one_layer_is_drawn_anew_and_no_other(how):
    seed = planted.fresh_seed()
    model = untrained(seed).model
    before = copy.deepcopy(model.state_dict())
    redrawn(model, "conv2", how, torch.Generator().manual_seed(seed))
    after = model.state_dict()
    assert [name for name in before if not torch.equal(before[name], after[name])] == ["conv2.weight"]
    old, new = before["conv2.weight"], after["conv2.weight"]
    if how == "permuted":
        assert torch.equal(old.flatten().sort().values, new.flatten().sort().values)
    else:
        assert float(new.std()) == pytest.approx(float(old.std()), rel=0.05)
        assert not torch.isin(new, old).all()


def test_layers_are_found_in_the_order_they_run():
    net = untrained(0)
    x = torch.rand(1, 3, 32, 32)
    assert weighted_layers(net, "relu3", x) == ["conv1", "conv2", "conv3"]
    assert weighted_layers(net, "relu2", x) == ["conv1", "conv2"]
    assert not any(module._forward_pre_hooks for module in net.model.modules())


def test_the_curve_goes_from_the_top_and_leaves_the_model_alone():
    seed = planted.fresh_seed()
    net = untrained(seed)
    before = copy.deepcopy(net.model.state_dict())
    x, _ = planted.pictures(3, seed)
    found = learned(sight(net, lively(net, "relu3", x, 2), x), Way("gradient"))
    assert all(torch.equal(before[name], now) for name, now in net.model.state_dict().items())
    for each in found:
        assert each.layers == ("conv3", "conv2", "conv1")
        assert each.cosine.shape == each.ssim.shape == (3, 3)
        assert abs(np.nanmean(each.cosine)) < 0.5
        assert each.finding.value == pytest.approx(each.cosine[-1].mean())
    assert len(learned(sight(net, lively(net, "relu3", x, 1), x), steps=2)[0].layers) == 2


def test_the_same_seed_gives_the_same_curve():
    net = untrained(3)
    x, _ = planted.pictures(2, 3)
    curves = [learned(sight(net, lively(net, "relu3", x, 1), x, seed))[0].cosine for seed in (5, 5, 6)]
    assert np.array_equal(curves[0], curves[1])
    assert not np.array_equal(curves[0], curves[2])


def test_global_random_numbers_are_left_alone():
    net = untrained(3)
    x, _ = planted.pictures(2, 3)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    learned(sight(net, lively(net, "relu3", x, 1), x))
    assert torch.equal(torch.rand(3), expected)


def test_a_layer_that_runs_in_place():
    import phosphene as ph

    net = ph.Network(InPlace(planted.fresh_seed()).eval(), input_size=(3, 16, 16))
    x = torch.rand(2, 3, 16, 16)
    [found] = learned(sight(net, lively(net, "conv2", x, 1), x))
    assert found.layers == ("conv2", "conv1")
