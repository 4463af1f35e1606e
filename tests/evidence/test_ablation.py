import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.evidence.ablation import ablation
from phosphene.evidence.held import Held
from phosphene.network import Unit
from tests.evidence import planted
from tests.evidence.planted_pixels import InPlace, Untrained, untrained


def by_hand(model: Untrained, x: Tensor, layer: str, unit: int, value: float) -> Tensor:
    """The scores of `Untrained`, written out, one unit of a layer held."""

    def hold(name: str, maps: Tensor) -> Tensor:
        if name == layer:
            maps[:, unit] = value
        return maps

    with torch.no_grad():
        for number in (1, 2, 3):
            conv = getattr(model, f"conv{number}")
            x = hold(f"conv{number}", F.conv2d(x, conv.weight, conv.bias, padding=conv.padding))
            x = hold(f"relu{number}", x.clamp(min=0))
            x = F.max_pool2d(x, 2) if number < 3 else x
        return x.mean((2, 3)) @ model.fc.weight.T + model.fc.bias


@pytest.mark.parametrize("layer", ["conv1", "relu1", "relu2", "conv3", "relu3"])
def test_holding_equals_computing_again(layer):
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(20, seed)
    labels = torch.randint(0, 4, (20,), generator=torch.Generator().manual_seed(seed))
    found = ablation(net, [Unit(layer, 3), Unit(layer, 5)], x, labels, others=0)
    plain = by_hand(net.model, x, "", 0, 0)
    for each, unit in zip(found, (3, 5), strict=True):
        mean = float(net.record(x, layer)[layer][:, unit].mean())
        held = by_hand(net.model, x, layer, unit, mean)
        assert each.held_at == pytest.approx(mean, rel=1e-4, abs=1e-6)
        assert np.allclose(each.shift, (held - plain).mean(0), atol=1e-4)
        assert np.allclose(each.moved, (held - plain).abs().mean(1) / plain.std(1, unbiased=False), atol=1e-3)
        assert np.array_equal(each.before, plain.argmax(1) == labels)
        assert np.array_equal(each.after, held.argmax(1) == labels)


@pytest.mark.parametrize("layer", ["conv1", "relu1", "conv2", "relu2", "conv3"])
def test_a_model_that_works_in_place(layer):
    seed = planted.fresh_seed()
    net = ph.Network(InPlace(seed).eval(), classes=("a", "b", "c"), input_size=(3, 16, 16))
    x = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    held = Held(net, layer, x)
    for unit, value in ((2, 0.7), (None, 0.0), (2, 0.7), (4, -0.3)):

        def hook(module: nn.Module, args: object, output: Tensor, unit: int | None = unit, value: float = value):
            if unit is not None:
                output[:, unit] = value

        module = net.model.get_submodule(layer)
        handle = module.register_forward_hook(hook)
        expected = net.scores(x)
        handle.remove()
        assert torch.allclose(held.scores(unit, value), expected, atol=1e-5)


def test_the_layers_before_are_not_computed_again():
    net = untrained(planted.fresh_seed())
    held = Held(net, "relu2", torch.rand(2, 3, 32, 32))
    expected = held.scores(3, 0.5)
    with torch.no_grad():
        net.model.conv1.weight.zero_()
    assert torch.equal(held.scores(3, 0.5), expected)


def test_a_unit_that_nothing_reads_changes_nothing_at_all():
    seed = planted.fresh_seed()
    net = planted.network()
    x, names = planted.pictures(60, seed)
    labels = torch.tensor([planted.CLASSES.index(name) for name in names])
    names = ("unread", "marker", "dead")
    unread, marker, dead = ablation(net, [Unit("act", planted.index(name)) for name in names], x, labels)
    for none in (unread, dead):
        assert not none.moved.any()
        assert np.array_equal(none.before, none.after)
        assert [finding.value for finding in none.findings] == [0, 0]
        assert "not one score changes" in none.findings[1].sentence
    accuracy, scores = marker.findings
    assert accuracy.value < -0.05
    assert scores.value > scores.baseline
    assert "marked loses most" in scores.sentence
    assert not scores.caution


def test_networks_without_classes_say_so():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    net = ph.Network(model.eval(), input_size=(3, 16, 16), name="bare")
    for finding in ablation(net, [Unit("1", 0)], torch.rand(3, 3, 16, 16))[0].findings:
        assert np.isnan(finding.value)
        assert finding.caution == "no class scores"
        assert finding.sentence.startswith("bare gives no scores for classes")


def test_pictures_without_labels_still_move_scores():
    net = untrained(planted.fresh_seed())
    accuracy, scores = ablation(net, [Unit("relu1", 0)], torch.rand(5, 3, 32, 32))[0].findings
    assert np.isnan(accuracy.value)
    assert "no labels" in accuracy.caution
    assert np.isfinite(scores.value)


def test_the_model_is_given_back():
    net = untrained(0)
    net.model.train()
    before = copy.deepcopy(net.model.state_dict())
    ablation(net, [Unit("relu1", 0)], torch.rand(2, 3, 32, 32))
    assert net.model.training
    assert all(torch.equal(before[name], now) for name, now in net.model.state_dict().items())


def test_units_of_one_layer():
    with pytest.raises(UsageError, match="lie in one layer"):
        ablation(untrained(0), [Unit("relu1", 0), Unit("relu2", 0)], torch.rand(2, 3, 32, 32))
