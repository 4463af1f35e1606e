"""Networks unlike the usual ones: grey pictures, five channels, numbers that are none, operations without a rule."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.preprocessing import Preprocessing
from tests.explore.live import handmade
from tests.explore.live.handmade import cell, values

EVERY = {
    "predictions": {},
    "layer": {"layer": "act", "show": "projection"},
    "unit": {"unit": "act:0"},
    "place": {"layer": "act", "x": "0.5", "y": "0.5"},
    "hide": {"layer": "act", "box": "0.2,0.2,0.6,0.6"},
}


class Any(nn.Module):
    """A convolution of any channels that sees the first one, a ReLU, the mean of each map."""

    def __init__(self, channels):
        super().__init__()
        self.conv, self.act = nn.Conv2d(channels, 4, 3, padding=1, bias=False), nn.ReLU()
        self.conv.weight.requires_grad_(False).zero_()
        self.conv.weight[0, 0, 1, 1] = 1

    def forward(self, x):
        return self.act(self.conv(x)).mean((2, 3))


def answers(live, image="u-own"):
    found = {name: live.answer(name, {"image": image} | asked) for name, asked in EVERY.items()}
    json.dumps(found, allow_nan=False)
    return found


def own(image=7):
    return {"u-own": handmade.photo(image)}


def test_one_channel(hand_atlas):
    net = ph.Network(Any(1).eval(), Preprocessing((8, 8), (0.5,), (0.25,)), input_size=(1, 8, 8))
    found = answers(handmade.live(net, hand_atlas, own()))
    y, x = handmade.spot(7)
    light = np.asarray(handmade.photo(7).convert("L")) / 255
    assert found["unit"]["value"] == pytest.approx((light[y, x] - 0.5) / 0.25 if light[y, x] > 0.5 else 0, abs=1e-6)
    assert (values(found["unit"]["picture"]) == np.asarray(handmade.photo(7).convert("L"))[..., None]).all()


def test_one_channel_projects_in_grey(hand_atlas):
    net = ph.Network(Any(1).eval(), Preprocessing((8, 8), (0.0,), (1.0,)), input_size=(1, 8, 8))
    answer = handmade.live(net, hand_atlas, own()).answer("layer", {"image": "u-own", "layer": "act"} | EVERY["layer"])
    y, x = handmade.spot(7)
    assert cell(answer, 0)[y, x].tolist() == [255, 255, 255, 255]


@pytest.mark.parametrize("name", EVERY)
def test_five_channels_take_no_pictures(hand_atlas, name):
    net = ph.Network(Any(5).eval(), input_size=(5, 8, 8), name="satellite")
    live = handmade.live(net, hand_atlas, own())
    for image in ("u-own", "3"):
        with pytest.raises(UsageError, match=r"^satellite takes 5 channels and a picture has 3, so none can be shown"):
            live.answer(name, {"image": image} | EVERY[name])


def five(picture: Image.Image) -> torch.Tensor:
    """A preprocessing of the user's own."""
    colour = torch.from_numpy(np.asarray(picture.resize((8, 8))).astype(np.float32) / 255).permute(2, 0, 1)
    return torch.cat([colour, colour[:2]])


def test_five_channels_made_from_pictures_are_shown_side_by_side(hand_atlas):
    net = ph.Network(Any(5).eval(), five, input_size=(5, 8, 8))
    found = answers(handmade.live(net, hand_atlas, own()))
    assert found["unit"]["value"] == pytest.approx(handmade.red(7))
    y, x = handmade.spot(7)
    assert values(found["unit"]["projection"]).shape == (8, 5 * 8, 3)
    assert values(found["unit"]["projection"])[y, x].tolist() == [255, 255, 255]
    assert values(found["unit"]["picture"]).shape == (8, 8, 3)


def test_a_preprocessing_that_fails_is_told(hand_atlas):
    def refuse(picture):
        raise ZeroDivisionError("by nothing\nat all")

    net = ph.Network(Any(3).eval(), refuse, input_size=(3, 8, 8), name="shy")
    with pytest.raises(UsageError, match=r"^the preprocessing of shy does not take this picture \(by nothing\); give"):
        handmade.live(net, hand_atlas, own()).answer("predictions", {"image": "u-own"})


class Root(nn.Module):
    """The root of red less 0.3: no number where there is less red; and a unit that is infinite."""

    def __init__(self):
        super().__init__()
        self.act = nn.Identity()

    def forward(self, x):
        return self.act(torch.sqrt(torch.cat([x[:, :1] - 0.3, x[:, :1] / 0, x[:, 1:2]], 1)) + 0).mean((2, 3))


def test_what_is_no_number_becomes_nothing_in_json(hand_atlas):
    live = handmade.live(ph.Network(Root().eval(), input_size=(3, 8, 8)), hand_atlas, own())
    layer = live.answer("layer", {"image": "u-own", "layer": "sqrt"})
    assert [unit["value"] for unit in layer["units"]][:2] == [None, None]
    assert layer["units"][2]["value"] == pytest.approx((28 / 255) ** 0.5)
    y, x = handmade.spot(7)
    not_a_number = cell(layer, 0)[..., :3]
    assert (not_a_number[(y + 1) % 8, x] == (255, 0, 255)).all()
    assert not_a_number[y, x].tolist() == [255, 255, 255]
    unit = live.answer("unit", {"image": "u-own", "unit": "sqrt:0"})
    assert (unit["value"], unit["quantile"]) == (None, None)
    assert unit["note"].startswith("What sqrt:0 is here is no finite number.")
    assert "has no rule for" not in unit["note"]
    place = live.answer("place", {"image": "u-own", "layer": "sqrt", "x": "0", "y": "0"})
    assert [each["unit"] for each in place["units"]] == [2, 0, 1]
    hidden = live.answer("hide", {"image": "u-own", "layer": "sqrt", "box": "0,0,1,1"})
    assert [each["unit"] for each in hidden["units"]] == [2]
    json.dumps([layer, unit, place, hidden], allow_nan=False)


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.gated = nn.ReLU()

    def forward(self, x):
        return self.gated(x * x.flip(2).mean((2, 3), keepdim=True).sigmoid())


def test_operations_without_a_rule_are_named(hand_atlas, recwarn):
    live = handmade.live(ph.Network(Gate().eval(), input_size=(3, 8, 8)), hand_atlas, own())
    for name, asked in (("unit", {"unit": "gated:0"}), ("layer", {"layer": "gated", "show": "projection"})):
        note = live.answer(name, {"image": "u-own"} | asked)["note"]
        assert "deconvnet has no rule for mul: sent back by the gradient, other factors held fixed." in note
    gradient = live.answer("unit", {"image": "u-own", "unit": "gated:0", "rule": "gradient"})
    assert "no rule" not in gradient["note"]
    assert not recwarn.list
