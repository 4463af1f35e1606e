"""One unit on one picture: the place of its peak, what it sees, and what comes back."""

import numpy as np
import pytest

from tests.explore.live import handmade
from tests.explore.live.handmade import values

Y, X = handmade.spot(7)


def ask(live, unit="act:0", image="7", **more):
    return live.answer("unit", {"image": image, "unit": unit, **more})


def test_peak_place_box_and_quantile_are_those_that_were_drawn(live):
    answer = ask(live)
    assert answer["value"] == pytest.approx(handmade.red(7))
    assert answer["quantile"] == pytest.approx(0.7)
    assert answer["place"] == [Y, X]
    assert answer["box"] == pytest.approx([(X - 1) / 8, (Y - 1) / 8, (X + 2) / 8, (Y + 2) / 8])
    assert answer["empty"] is False


def test_a_box_ends_where_the_picture_ends(live):
    y, x = handmade.spot(8)
    assert (y, x) == (0, 0)
    answer = ask(live, image="8")
    assert answer["box"] == [0, 0, 0.25, 0.25]
    assert values(answer["patch"]).shape == (3, 3, 3)  # beyond the edge there is the network's padding
    assert (values(answer["patch"])[0] == 0).all()


def test_the_picture_is_what_the_network_sees(live):
    assert (values(ask(live)["picture"]) == handmade.cells(7)).all()


def test_the_patch_is_cut_around_the_place(live):
    answer = ask(live, rule="gradient")
    patch, projected = values(answer["patch"]), values(answer["projected_patch"])
    assert (patch == handmade.cells(7)[Y - 1 : Y + 2, X - 1 : X + 2]).all()
    assert projected[1, 1].tolist() == [255, 128, 128]
    assert (np.delete(projected.reshape(9, 3), 4, 0) == 128).all()


def test_the_projection_is_the_red_pixel(live):
    shown = values(ask(live, rule="gradient")["projection"])
    assert shown[Y, X].tolist() == [255, 128, 128]
    shown[Y, X] = 128
    assert (shown == 128).all()


def test_the_map_lies_over_the_picture_and_is_strongest_at_the_place(live):
    shown = values(ask(live)["map"], "RGBA")
    assert shown.shape == (8, 8, 4)
    assert np.unravel_index(shown[..., 3].argmax(), (8, 8)) == (Y, X)
    assert len(set(shown[..., 3].flatten().tolist())) == 2


def test_the_map_of_a_pooled_layer_covers_two_pixels_each_way(live):
    answer = ask(live, "pool:0")
    assert answer["place"] == [Y // 2, X // 2]
    strong = values(answer["map"], "RGBA")[..., 3] > 200
    expected = np.zeros((8, 8), bool)
    expected[Y // 2 * 2 : Y // 2 * 2 + 2, X // 2 * 2 : X // 2 * 2 + 2] = True
    assert (strong == expected).all()


def test_a_position_that_is_named(live):
    answer = ask(live, "conv:2", position="1,6")
    assert (answer["place"], answer["value"]) == ([1, 6], pytest.approx(-28 / 255))
    assert answer["box"] == [5 / 8, 0, 1, 3 / 8]
    assert answer["quantile"] == pytest.approx(0.2)  # only pictures 8 and 9 are greener


def test_the_whole_map_keeps_the_place_of_its_peak(live):
    whole, peak = (ask(live, "conv:2", position=position) for position in ("map", "peak"))
    assert peak == ask(live, "conv:2")
    assert whole["place"] == peak["place"] == [0, 0]
    assert (values(whole["projection"]) != 128).any(2).all()
    assert (values(peak["projection"]) != 128).any(2).sum() == 1


def test_a_unit_that_is_dead_says_so(live):
    answer = ask(live, "act:1")
    assert (answer["value"], answer["quantile"], answer["empty"]) == (0, 0, True)
    assert answer["projection"] is answer["projected_patch"] is None
    assert answer["note"] == "act:1 is not active here."
    assert values(answer["map"], "RGBA")[..., 3].max() < 100


def test_a_layer_that_sees_everything(live):
    answer = ask(live, "fc:1")
    assert (answer["place"], answer["box"], answer["quantile"]) == ([0, 0], [0, 0, 1, 1], None)
    assert not values(answer["map"], "RGBA")[..., 3].any()
    assert (values(answer["patch"]) == handmade.cells(7)).all()
    assert values(answer["projection"])[Y, X, 0] == 255


def test_rules_are_told_from_the_layer_to_the_input(live):
    assert ask(live, "pool:0", rule="guided", unpool="fill")["rules_used"] == [
        "pool (MaxPool2DWithIndices): to the whole window, mean where windows overlap",
        "act (Relu): max(R, 0) times the slope of the forward pass",
        "conv (Convolution): exact transpose",
    ]


def test_filling_spreads_over_the_window(live):
    switches, fill = (
        (values(ask(live, "pool:0", rule="gradient", unpool=unpool)["projection"])[..., 0] != 128).sum()
        for unpool in ("switches", "fill")
    )
    assert (switches, fill) == (1, 1)  # the slope of the ReLU is nought beside the red pixel
    spread = values(ask(live, "pool:0", rule="deconvnet", unpool="fill")["projection"])[..., 0] != 128
    assert spread.sum() == 4
