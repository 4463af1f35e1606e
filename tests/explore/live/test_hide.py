"""A part that is covered: the peak that was in it goes, and what changes is counted in known units."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import phosphene as ph
from phosphene.explore.live.hide import covered
from tests.explore.live import handmade
from tests.explore.live.handmade import NOT_GREEN, RED, values

Y, X = handmade.spot(9)
ON_IT = f"{X / 8},{Y / 8},{(X + 1) / 8},{(Y + 1) / 8}"
BESIDE = f"{(X + 2) / 8},{(Y + 2) / 8},{(X + 3) / 8},{(Y + 3) / 8}"


def ask(live, box=ON_IT, layer="act", fill="grey"):
    return live.answer("hide", {"image": "9", "layer": layer, "box": box, "fill": fill})


def test_the_red_pixel_under_a_grey_one(live):
    answer = ask(live)
    peaks = np.array([handmade.red(image) for image in range(handmade.COUNT)])
    red, *others = sorted(answer["units"], key=lambda each: each["unit"])
    assert red["unit"] == RED
    assert (red["before"], red["after"]) == (pytest.approx(handmade.red(9)), pytest.approx(0.5))
    assert red["change"] == pytest.approx((0.5 - handmade.red(9)) / peaks.std())
    assert not others  # grey has blue in it too, but that unit is the same on all pictures: there is no measure
    assert answer["note"].startswith("Changes in standard deviations of each unit's peaks")


def test_only_the_box_is_covered(live):
    for fill in ("grey", "blur"):
        shown, expected = values(ask(live, fill=fill)["picture"]), handmade.cells(9).astype(int)
        assert (shown[Y, X] != expected[Y, X]).any()
        shown[Y, X] = expected[Y, X]
        assert (shown == expected).all()
    assert values(ask(live)["picture"])[Y, X].tolist() == [128, 128, 128]


def test_a_blurred_pixel_is_less_red_but_not_black(live):
    (red,) = ask(live, fill="blur")["units"]
    assert 0 < red["after"] < handmade.red(9) / 2


def test_classes_before_and_after_are_the_networks_own(live, net):
    hidden = handmade.inputs(9)
    hidden[0, :, Y, X] = 0.5
    with torch.no_grad():
        before, after = (net.model(inputs).double().softmax(1)[0] for inputs in (handmade.inputs(9), hidden))
    expected = [("bright", before[1], after[1]), ("dim", before[0], after[0])]
    classes = ask(live)["classes"]
    assert [each["name"] for each in classes] == ["bright", "dim"]
    for each, (_, then, now) in zip(classes, expected, strict=True):
        assert (each["before"], each["after"]) == (pytest.approx(float(then)), pytest.approx(float(now)))


def test_a_box_beside_it_leaves_the_peak_alone(live):
    answer = ask(live, BESIDE)
    assert answer["units"] == []
    assert answer["note"] == "No unit's peak changes."


def test_shares_are_of_the_sides_they_lie_along():
    net = ph.Network(torch.nn.Conv2d(3, 1, 1), input_size=(3, 4, 8))
    hidden = covered(SimpleNamespace(net=net), torch.zeros(1, 3, 4, 8), (0.5, 0, 0.625, 0.75), "grey")
    assert hidden[0, 0].nonzero().tolist() == [[0, 4], [1, 4], [2, 4]]


def test_a_touched_pixel_is_covered_whole(live):
    touched = f"{(X + 0.4) / 8},{(Y + 0.4) / 8},{(X + 0.5) / 8},{(Y + 0.5) / 8}"
    assert ask(live, touched) == ask(live)


def test_negative_peaks(live):
    answer = ask(live, "0,0,1,1", "conv")
    green = next(each for each in answer["units"] if each["unit"] == NOT_GREEN)
    assert (green["before"], green["after"]) == (pytest.approx(-36 / 255), pytest.approx(-0.5))
    assert green["change"] == pytest.approx((36 / 255 - 0.5) / (np.arange(10) * 4 / 255).std())


def test_a_layer_that_was_not_scanned_is_measured_by_its_largest_value(live):
    answer = ask(live, layer="fc")
    before, after = handmade.red(9), 0.5
    assert answer["units"] == [
        {
            "unit": 1,
            "before": pytest.approx(before),
            "after": pytest.approx(after),
            "change": pytest.approx((after - before) / before),
        }
    ]
    assert "not scanned" in answer["note"]
