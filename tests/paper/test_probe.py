"""A network whose classes can be told by a line at one layer only."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from phosphene import Network, PhospheneError
from phosphene.errors import UsageError
from phosphene.paper import probe
from phosphene.paper.probe_features import pooled, untrained

N = 120


class Parity(nn.Module):
    """Knows after its first ReLU whether two channels have the same sign, and forgets it again."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 1, bias=False)
        self.conv.weight.data[:] = torch.tensor([[1.0, 1], [-1, -1], [1, -1], [-1, 1]])[:, :, None, None]
        self.relu = nn.ReLU()
        self.forget = nn.Conv2d(4, 2, 1, bias=False)
        self.forget.weight.data[:] = torch.tensor([[1.0, -1, 0, 0], [0, 0, 1, -1]])[:, :, None, None]

    def forward(self, x):
        return self.forget(self.relu(self.conv(x)))


@pytest.fixture
def net():
    return Network(Parity(), input_size=(2, 3, 3), name="parity")


@pytest.fixture
def pictures():
    signs = torch.tensor([(a, b) for a in (1.0, -1) for b in (1.0, -1)]).repeat(N // 4, 1)
    size = 0.5 + torch.rand(N, 2, generator=torch.Generator().manual_seed(0))
    return (signs * size)[:, :, None, None].expand(-1, -1, 3, 3).contiguous()


@pytest.fixture
def labels(pictures):
    return ["same" if each else "other" for each in (pictures[:, :, 0, 0].prod(1) > 0)]


@pytest.mark.slow
@pytest.mark.parametrize("classifier", ["ridge", "softmax", "svm"])
def test_classes_that_one_layer_alone_separates(net, pictures, labels, classifier):
    found = probe(net, pictures, layers=["conv", "relu", "forget"], labels=labels, classifier=classifier)
    by_layer = {depth.layer: depth.accuracy for depth in found.depths}
    assert by_layer["relu"] == 1
    # the others see the two signs, whose product no line tells
    assert max(by_layer[name] for name in ("pixels", "conv", "forget")) < 0.7
    assert found.chance == 0.5
    assert str(found).startswith("relu tells 2 classes best: 100.0 % of 120 pictures")


@pytest.mark.slow
def test_labels_that_mean_nothing_are_told_by_chance_though_features_are_many():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(100, 2, 6, 6, generator=generator)
    labels = (torch.rand(100, generator=generator) > 0.5).int().tolist()
    found = probe(Network(Parity(), input_size=(2, 6, 6)), noise, layers=["relu"], labels=labels, grid=6)
    depth = found.depths[1]
    assert depth.features == 4 * 36 > 100
    assert depth.interval.low < 0.5 < depth.interval.high + 0.1
    assert "features are many for 100 pictures" in str(found)


def test_accuracy_is_the_share_and_the_interval_the_binomial_one(net, pictures, labels):
    depth = probe(net, pictures, layers=["conv"], labels=labels, with_untrained=False).depths[1]
    assert set(np.unique(depth.right)) <= {0, 1}
    assert depth.accuracy == depth.right.mean()
    deviation = np.sqrt(depth.accuracy * (1 - depth.accuracy) / N)
    assert depth.interval.high - depth.interval.low == pytest.approx(2 * 1.96 * deviation, rel=0.2)
    assert depth.untrained is None


def test_an_untrained_network_is_another_and_leaves_the_first_alone(net):
    before = net.model.conv.weight.clone()
    other, again = untrained(net, 3), untrained(net, 3)
    assert not torch.equal(other.model.conv.weight, before)
    assert torch.equal(other.model.conv.weight, again.model.conv.weight)
    assert torch.equal(net.model.conv.weight, before)
    # PyTorch's own beginning: uniform within one over the root of what a filter sees
    assert other.model.forget.weight.abs().max() <= 1 / np.sqrt(4)


def test_pooling_by_hand():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert pooled(maps, 1).tolist() == [[7.5]]
    assert pooled(maps, 2).tolist() == [[2.5, 4.5, 10.5, 12.5]]
    assert pooled(maps[..., :1, :1], 2).tolist() == [[0.0]]


def test_pictures_without_a_class_are_left_out(tmp_path):
    from PIL import Image

    for n in range(8):
        folder = tmp_path / ("ab"[n % 2])
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4), (250 * (n % 2), n, 0)).save(folder / f"{n}.png")
    (tmp_path / "a" / "broken.png").write_bytes(b"nothing")
    found = probe(Network(nn.Sequential(nn.Conv2d(3, 2, 1)), input_size=(3, 4, 4)), str(tmp_path), folds=2)
    assert found.pictures == 8
    assert found.depths[0].accuracy == 1  # red or not


def test_what_cannot_be_probed_is_said(net, pictures, labels):
    with pytest.raises(PhospheneError, match="two classes or more"):
        probe(net, pictures)
    with pytest.raises(PhospheneError, match="a class has 1 pictures, fewer than 5 folds"):
        probe(net, pictures[:20], labels=["one", *["two"] * 19])
    with pytest.raises(UsageError, match="did you mean 'ridge'"):
        probe(net, pictures, labels=labels, classifier="rigde")
    with pytest.raises(UsageError, match="119 labels for 120 pictures"):
        probe(net, pictures, labels=labels[1:])


def test_the_extra_is_named_where_scikit_learn_is_missing(net, pictures, labels, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(PhospheneError, match=r"pip install 'phosphene\[probe\]'"):
        probe(net, pictures, labels=labels)


@pytest.mark.slow
def test_it_can_be_drawn(net, pictures, labels, tmp_path):
    found = probe(net, pictures, layers=["relu"], labels=labels)
    for kind in ("png", "svg", "pdf"):
        found.save(tmp_path / f"probe.{kind}")
        assert (tmp_path / f"probe.{kind}").stat().st_size > 1000
    assert found.numbers["layers"][1]["accuracy"] == 1
