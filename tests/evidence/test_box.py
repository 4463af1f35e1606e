import pytest
import torch
from torch import Tensor

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.evidence.box import WAYS_OF_HIDING, box
from phosphene.evidence.sights import sight
from phosphene.network import Unit
from tests.evidence import planted
from tests.evidence.planted_pixels import WholePicture, object_picture

NET = ph.Network(WholePicture().eval(), input_size=(3, 32, 32), name="whole")
UNITS = [Unit("act", index) for index in range(4)]


def test_background_object_and_both_are_told_apart():
    picture, where = object_picture(planted.fresh_seed())
    background, thing, both, dead = box(sight(NET, UNITS, picture), where)
    assert background.verdict == "what is around the box"
    assert thing.verdict == "what is in the box"
    assert both.verdict == "both parts together"
    assert background.finding.interval.high < 0 < thing.finding.interval.low
    assert "act:0 is driven by what is around the box" in background.finding.sentence
    assert both.finding.caution == "the box does not decide it"
    assert not background.finding.caution
    assert (dead.verdict, dead.finding.caution) == ("", "dead on 1 picture")


def test_the_ring_of_the_planted_network_is_background():
    """The blog's question: a unit that fires at the dark around a bright thing."""
    net = planted.network()
    draw = torch.Generator().manual_seed(planted.fresh_seed())
    picture = 0.5 + 0.5 * torch.rand(1, 3, 32, 32, generator=draw)
    picture[:, :, 8:24, 8:24] = 0.02 * torch.rand(1, 3, 16, 16, generator=draw)
    picture[:, :, 13:19, 13:19] = 0.9
    sights = sight(net, [Unit("act", planted.index("background"))], picture)
    found = box(sights, (13, 13, 19, 19))[0]
    assert found.verdict == "what is around the box"
    assert found.overlap > 0.2


def test_shares_equal_computing_again():
    picture, (x0, y0, x1, y1) = object_picture(planted.fresh_seed())
    found = box(sight(NET, UNITS[:1], picture), (x0, y0, x1, y1))[0]
    inside = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    inside[..., y0:y1, x0:x1] = True

    def share(kept: Tensor, colour: Tensor) -> float:
        with torch.no_grad():
            return float(NET.model(torch.where(kept, picture, colour))[0, 0]) / found.value

    for kept, shares in ((inside, found.alone), (~inside, found.hidden)):
        left = (picture * kept).sum((2, 3), keepdim=True) / kept.sum()
        for way, colour in ((0, picture.mean((2, 3), keepdim=True)), (1, torch.tensor(0.5)), (3, left)):
            assert shares[way] == pytest.approx(share(kept, colour), abs=1e-3), WAYS_OF_HIDING[way]


def test_a_box_that_the_strongest_place_does_not_see():
    net = planted.network()
    picture = torch.zeros(1, 3, 32, 32)
    picture[:, 1, 20:, 20:] = 1
    found = box(sight(net, [Unit("act", planted.index("green"))], picture), (0, 0, 6, 6))[0]
    assert found.overlap == 0
    assert found.verdict == "what is around the box"
    assert "does not see the box at all" in found.finding.caution


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ((4, 4, 4, 9), "does not lie in the picture"),
        ((0, 0, 33, 5), "x1 <= 32"),
        ((0, 0, 32, 32), "nothing is around it"),
    ],
)
def test_boxes_that_are_none(where, said):
    with pytest.raises(UsageError, match=said):
        box(sight(NET, UNITS[:1], object_picture(1)[0]), where)


def test_one_picture_at_a_time():
    with pytest.raises(UsageError, match="one picture"):
        box(sight(NET, UNITS[:1], object_picture(1)[0].repeat(2, 1, 1, 1)), (1, 1, 5, 5))
