import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.evidence.frames import around
from phosphene.evidence.sights import sight
from phosphene.network import Unit
from phosphene.project.rules import Way
from tests.evidence import planted
from tests.evidence.planted_pixels import untrained


def units(layer: str, *indices: int) -> list[Unit]:
    return [Unit(layer, index) for index in indices]


def odd_net() -> ph.Network:
    """Overlapping pools that overhang, a stride in the first convolution, pictures of an odd size."""
    model = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(8, 9, 3, padding=1),
        nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(9, 10, 3, padding=1),
    )  # fmt: skip
    return ph.Network(model.eval(), input_size=(3, 95, 113), name="odd")


@pytest.mark.parametrize("layer", ["1", "4", "5", "6"])
def test_a_cut_gives_the_same_activation_at_every_place(layer):
    seed = planted.fresh_seed()
    torch.manual_seed(seed)
    net = odd_net()
    x = torch.rand(1, 3, 95, 113)
    maps = net.record(x, layer)[layer][0]
    places = torch.cartesian_prod(*map(torch.arange, maps.shape[1:]))
    frames = around(net.layer(layer), places, (95, 113))
    assert frames.size[0] < 95
    cuts = net.record(frames.cut(x, torch.zeros(len(places), dtype=torch.long)), layer)[layer]
    found = cuts[torch.arange(len(cuts)), :, frames.place[:, 0], frames.place[:, 1]]
    assert torch.allclose(found, maps.flatten(1).T, atol=1e-5)


def test_sights_are_where_units_are_strongest():
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(3, seed)
    found = sight(net, units("relu2", 5, 7), x)
    maps = net.record(x, "relu2")["relu2"]
    for index, (unit, row) in enumerate([(5, 0), (5, 1), (5, 2), (7, 0), (7, 1), (7, 2)]):
        assert found.value[index] == maps[row, unit].max()
        y, left = found.place[index].tolist()
        assert maps[row, unit, y, left] == maps[row, unit].max()
        assert torch.equal(found.beside[index], maps[row, :, y, left])
    assert torch.allclose(found.response(found.crops[:, None])[:, 0], found.value, atol=1e-5)


def test_each_unit_with_pictures_of_its_own():
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(6, seed)
    own = sight(net, units("relu2", 5, 7), x.reshape(2, 3, *x.shape[1:]))
    shared = sight(net, units("relu2", 5, 7), x)
    assert torch.equal(own.value[:3], shared.value[:3])
    assert torch.equal(own.value[3:], shared.value[9:])


@pytest.mark.parametrize("way", [Way(), Way("deconvnet", "fill"), Way("guided"), Way("gradient")])
def test_pictures_are_those_of_project(way):
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(2, seed)
    found = sight(net, units("relu2", 3, 4), x)
    sent = found.pictures(way)
    for index, (unit, row) in enumerate([(3, 0), (3, 1), (4, 0), (4, 1)]):
        place = tuple(found.place[index].tolist())
        top, left = found.frames.start[index].tolist()
        height, width = found.frames.size
        others = zip(found.others[index].tolist(), sent.others[index], strict=True)
        for which, picture in [(unit, sent.own[index]), *others]:
            expected = torch.zeros_like(picture)
            if which >= 0:
                projected = ph.project(net, x[row : row + 1], f"relu2:{which}", way.rule, way.unpool, place).pixels
                expected = projected[0, 0, :, top : top + height, left : left + width]
                assert projected.abs().sum() == pytest.approx(float(expected.abs().sum()), rel=1e-4)
            assert torch.allclose(picture, expected, atol=1e-5 * float(expected.abs().max()) + 1e-9)


def test_other_units_are_active_and_never_the_unit():
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(4, seed)
    found = sight(net, units("relu3", *range(8)), x)
    for channel, beside, others in zip(found.channel, found.beside, found.others, strict=True):
        drawn = [int(other) for other in others if other >= 0]
        assert int(channel) not in drawn
        assert len(set(drawn)) == len(drawn)
        assert all(beside[other] > 0 for other in drawn)
        if int((beside > 0).sum()) > 4:
            assert len(drawn) == 4


class Whitened(nn.Module):
    """Leaves a picture alone but for its mean brightness: no place of it sees only its surroundings, unnoticed."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - float(x.detach().mean())


def test_cuts_that_would_change_the_activation_are_not_used():
    seed = planted.fresh_seed()
    torch.manual_seed(seed)
    net = ph.Network(nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), Whitened(), nn.ReLU()), input_size=(3, 32, 32))
    assert net.layer("2").receptive_field == (3, 3)
    x, _ = planted.pictures(4, seed)
    active = int(net.record(x, "2")["2"].amax((2, 3)).amin(0).argmax())  # one of the two may be dead
    found = sight(net, units("2", active), x)
    assert found.frames.size == (32, 32)
    assert torch.allclose(found.response(found.crops[:, None])[:, 0], found.value, atol=1e-5)


def test_a_unit_at_the_border_keeps_the_border():
    seed = planted.fresh_seed()
    net = planted.network()
    x, _ = planted.pictures(4, seed)
    found = sight(net, units("act", planted.index("border")), x)
    others = torch.rand(4, 3, 3, 32, 32)
    crops = torch.stack([found.frames.cut(others[:, i], found.row) for i in range(3)], 1)
    for index, (y, left) in enumerate(found.place.tolist()):
        assert 0 in (y, left) or 31 in (y, left)
        maps = net.record(others[index], "act")["act"]
        expected = maps[:, planted.index("border"), y, left]
        assert torch.allclose(found.response(crops)[index], expected, atol=1e-5)


def test_mistakes():
    net = untrained(0)
    with pytest.raises(UsageError, match="of one layer at a time"):
        sight(net, [Unit("relu1", 0), Unit("relu2", 0)], torch.rand(1, 3, 32, 32))
    with pytest.raises(UsageError, match="so there is no unit 99"):
        sight(net, [Unit("relu1", 99)], torch.rand(1, 3, 32, 32))
    with pytest.raises(UsageError, match=r"inputs are \(N, C, H, W\) or"):
        sight(net, [Unit("relu1", 0)], torch.rand(2, 1, 3, 32, 32))
