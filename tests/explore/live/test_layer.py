"""All units of a layer on one picture: each cell shows its own unit, and nothing where there is nothing."""

import sys

import numpy as np
import pytest

from phosphene.explore.live import Cancelled
from phosphene.explore.live.layer import largest_cell
from tests.explore.live import handmade
from tests.explore.live.handmade import BLUE, NOT_GREEN, NOTHING, RED, cell


def units(answer, key):
    return [unit[key] for unit in answer["units"]]


def test_maps_of_a_rectified_layer_are_grey_from_black_to_white(live):
    answer = live.answer("layer", {"image": "7", "layer": "act", "show": "map"})
    assert (answer["columns"], answer["cell"]) == (2, handmade.SIDE)
    shown = cell(answer, RED)[..., :3]
    expected = np.full_like(shown, 1)
    expected[*handmade.spot(7)] = 255
    assert (shown == expected).all()
    assert answer["note"].startswith("Zero is black. Each tile scaled to its own maximum")


def test_values_are_peaks_and_quantiles_count_the_pictures_below(live):
    answer = live.answer("layer", {"image": "7", "layer": "act"})
    assert units(answer, "unit") == [0, 1, 2, 3]
    assert units(answer, "value") == pytest.approx([handmade.red(7), 0, 0, 0])
    assert units(answer, "quantile") == pytest.approx([0.7, 0, 0, 0])


def test_a_unit_that_does_nothing_is_empty_and_its_cell_is_clear(live):
    for show in ("map", "projection"):
        answer = live.answer("layer", {"image": "7", "layer": "act", "show": show})
        assert units(answer, "empty") == [False, True, True, True]
        assert (cell(answer, RED)[..., 3] == 255).all()
        assert not any(cell(answer, unit)[..., 3].any() for unit in (NOTHING, NOT_GREEN, BLUE))


def test_zero_is_mid_grey_where_anything_is_negative(live):
    answer = live.answer("layer", {"image": "7", "layer": "conv"})
    assert (cell(answer, NOT_GREEN)[..., :3] == 1).all()  # the same everywhere: the most negative there is
    red = cell(answer, RED)[..., 0]
    assert red[handmade.spot(7)] == 255
    assert sorted(set(red.flatten().tolist())) == [128, 255]
    assert answer["note"].startswith("Zero is mid-grey.")
    assert units(answer, "quantile")[NOT_GREEN] == pytest.approx(0.2)  # only 8 and 9 are greener
    assert units(answer, "value")[NOT_GREEN] == pytest.approx(-28 / 255)


def test_a_shared_scale_makes_cells_comparable(live):
    tile, shared = (
        live.answer("layer", {"image": "7", "layer": "conv", "scale": scale}) for scale in ("tile", "shared")
    )
    assert cell(tile, NOT_GREEN)[0, 0, 0] == 1
    assert cell(shared, NOT_GREEN)[0, 0, 0] == 128 - round(127 * 28 / (25 * 7))
    assert "one scale" in shared["note"]


def test_projections_of_a_map_put_the_red_pixel_back(live):
    answer = live.answer("layer", {"image": "7", "layer": "act", "show": "projection", "rule": "gradient"})
    shown = cell(answer, RED)[..., :3]
    expected = np.full_like(shown, 128)
    expected[*handmade.spot(7)] = (255, 128, 128)
    assert (shown == expected).all()


def test_a_layer_of_single_positions_shares_one_scale(live):
    answer = live.answer("layer", {"image": "7", "layer": "fc"})
    assert (answer["columns"], answer["cell"]) == (2, 1)
    assert units(answer, "quantile") == [None, None]
    grey = [int(cell(answer, unit)[0, 0, 0]) for unit in (0, 1)]
    assert grey == [round(1 + 254 * 0.5 / handmade.red(7)), 255]


def test_an_upload_is_shown_as_a_kept_picture_is(live):
    answers = [live.answer("layer", {"image": image, "layer": "conv"}) for image in ("u-red", "9")]
    assert answers[0] == answers[1]


def test_sending_a_layer_back_stops_between_two_pieces(net, live, monkeypatch):
    monkeypatch.setattr(sys.modules[largest_cell.__module__], "AT_ONCE", 1)  # a piece for each unit
    asked = {"image": "7", "layer": "act", "show": "projection"}
    whole = live.answer("layer", asked)
    before = net.model.calls
    wanted = iter([False] * 4)  # at the beginning, after the maps, and for two units
    with pytest.raises(Cancelled):
        live.answer("layer", asked, lambda: next(wanted, True))
    assert net.model.calls == before + 2
    monkeypatch.undo()
    assert live.answer("layer", asked) == whole


def test_cells_grow_smaller_as_units_grow_more():
    assert largest_cell(32) == 112
    assert largest_cell(2048) == 54
    assert largest_cell(10**9) == 1
