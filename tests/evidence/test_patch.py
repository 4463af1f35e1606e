import numpy as np
import pytest
import torch
from torch import Tensor, nn

import phosphene as ph
from phosphene.evidence.patch import patch
from phosphene.evidence.sights import seen, sight
from phosphene.network import Unit
from tests.evidence import planted
from tests.evidence.planted_pixels import lively, untrained


def test_every_answer_equals_computing_again():
    seed = planted.fresh_seed()
    net = untrained(seed)
    x, _ = planted.pictures(3, seed)
    [unit] = lively(net, "relu2", x, 1)
    sights = sight(net, [unit], x)
    found = patch(sights)[0]
    for n, (top, left, bottom, right) in enumerate(seen(sights).tolist()):
        place = sights.place[n].tolist()
        high, wide = (bottom - top + 1) // 2, (right - left + 1) // 2
        down, across = bottom - top - high, right - left - wide
        middle = (top + down // 2, left + across // 2)
        corners = [(top + d, left + a) for d in (0, down) for a in (0, across)]

        def answer(shown: Tensor, place: list[int] = place) -> float:
            return float(net.record(shown[None], "relu2")["relu2"][0, unit.index, place[0], place[1]])

        def alone(start: tuple[int, int], size: tuple[int, int], n: int = n) -> Tensor:
            shown = x[n].mean((1, 2), keepdim=True).repeat(1, 32, 32)
            part = np.s_[:, start[0] : start[0] + size[0], start[1] : start[1] + size[1]]
            shown[part] = x[n][part]
            return shown

        def without(start: tuple[int, int], size: tuple[int, int], n: int = n) -> Tensor:
            mean = x[n].mean((1, 2), keepdim=True)
            return x[n] - alone(start, size, n) + mean

        half, all_of_it = (high, wide), ((top, left), (bottom - top, right - left))
        expected = {
            "flat": answer(alone((0, 0), (0, 0))),
            "only": answer(alone(*all_of_it)),
            "hidden": answer(without(*all_of_it)),
            "centre_only": answer(alone(middle, half)),
            "centre_hidden": answer(without(middle, half)),
            "corner_only": np.mean([answer(alone(corner, half)) for corner in corners]),
            "corner_hidden": np.mean([answer(without(corner, half)) for corner in corners]),
            "elsewhere": float(net.record(without(*all_of_it)[None], "relu2")["relu2"][0, unit.index].max()),
        }
        for name, value in expected.items():
            assert getattr(found, name)[n] == pytest.approx(value, abs=1e-4), name
        assert found.only[n] == pytest.approx(found.value[n], abs=1e-4)


def unit_of(kernel: Tensor) -> ph.Network:
    conv = nn.Conv2d(3, 1, kernel.shape[-1], bias=False)
    with torch.no_grad():
        conv.weight.copy_(kernel.expand(1, 3, -1, -1))
    return ph.Network(nn.Sequential(conv, nn.ReLU()).eval(), input_size=(3, 32, 32), name="one")


def test_a_unit_of_the_middle_and_a_unit_of_the_rim():
    inner = torch.zeros(13, 13)
    inner[4:-4, 4:-4] = 1
    stripes = planted.stripes(90, 0.2, 1.57, 13)
    middle, rim = (part * (stripes - (stripes * part).sum() / part.sum()) for part in (inner, 1 - inner))
    x, _ = planted.pictures(6, planted.fresh_seed())
    of_middle, of_rim = (patch(sight(unit_of(kernel), [Unit("1", 0)], x))[0].findings[0] for kernel in (middle, rim))
    assert of_middle.value - of_middle.baseline > 0.2 > of_rim.value - of_rim.baseline
    assert of_middle.value == pytest.approx(1, abs=1e-3)
    assert not of_middle.caution


def test_what_is_only_once_in_a_picture_is_not_elsewhere():
    x = torch.full((4, 3, 32, 32), 0.2)
    for n, (top, left) in enumerate(np.random.default_rng(planted.fresh_seed()).integers(2, 20, (4, 2))):
        x[n, :, top : top + 7, left : left + 7] = 1
    spot = torch.full((7, 7), 1 / 49)
    lone = patch(sight(unit_of(spot), [Unit("1", 0)], x))[0].findings[1]
    assert lone.value < 0.3
    even = patch(sight(unit_of(spot), [Unit("1", 0)], torch.ones(4, 3, 32, 32)))[0].findings[1]
    assert even.value == pytest.approx(1)
    assert even.caution == "what it answers to is as strong elsewhere in the same pictures"
