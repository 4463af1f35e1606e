"""Who answers at a place."""

import pytest

from tests.explore.live import handmade
from tests.explore.live.handmade import BLUE, NOT_GREEN, RED

Y, X = handmade.spot(7)


def ask(live, layer="act", x=(X + 0.5) / 8, y=(Y + 0.5) / 8, image="7"):
    return live.answer("place", {"image": image, "layer": layer, "x": str(x), "y": str(y)})


def test_the_red_unit_answers_where_the_red_pixel_is(live):
    answer = ask(live)
    assert answer["place"] == [Y, X]
    assert answer["of"] == 4
    assert answer["units"] == [{"unit": RED, "value": pytest.approx(handmade.red(7)), "quantile": pytest.approx(0.7)}]
    assert answer["box"] == [(X - 1) / 8, (Y - 1) / 8, (X + 2) / 8, (Y + 2) / 8]


def test_elsewhere_everybody_is_silent(live):
    assert ask(live, x=0, y=0)["units"] == []


def test_the_most_unusual_come_first(live):
    units = ask(live, "conv")["units"]
    assert [each["unit"] for each in units] == [RED, NOT_GREEN]
    assert [each["quantile"] for each in units] == pytest.approx([0.7, 0.2])
    assert BLUE not in [each["unit"] for each in units]
    y, x = handmade.spot(1)
    rare, usual = ask(live, "conv", (x + 0.5) / 8, (y + 0.5) / 8, "1")["units"]
    assert (rare["unit"], usual["unit"]) == (NOT_GREEN, RED)  # eight pictures are greener, one is less red
    assert rare["value"] < usual["value"]


def test_the_last_pixel_belongs_to_the_last_position(live):
    assert ask(live, x=1, y=1)["place"] == [7, 7]
    assert ask(live, "pool", x=1, y=0.49)["place"] == [1, 3]


def test_a_layer_that_was_not_scanned_has_no_quantiles_and_the_largest_first(live):
    answer = ask(live, "fc", x=0.9)
    assert (answer["place"], answer["box"]) == ([0, 0], [0, 0, 1, 1])
    assert [(each["unit"], each["quantile"]) for each in answer["units"]] == [(1, None), (0, None)]
