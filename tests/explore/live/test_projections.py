"""A unit's examples sent back, each in the cell where the page shows its patch."""

import pytest

import phosphene as ph
from phosphene.errors import UsageError
from tests.explore.live import handmade
from tests.explore.live.handmade import cell


def test_nine_strongest_then_the_typical_ones(live):
    answer = live.answer("projections", {"unit": "act:0", "rule": "gradient"})
    assert (answer["columns"], answer["cell"]) == (3, 3)
    assert answer["empty"] == [False] * 12  # images 9 to 1, then 1, 4 or 5, 8
    assert all(cell(answer, place)[1, 1].tolist() == [255, 128, 128, 255] for place in range(12))


def test_the_reach_of_a_cell_is_the_value_that_is_drawn_white(live):
    answer = live.answer("projections", {"unit": "act:0", "rule": "gradient"})
    images = [*range(9, 0, -1), 1, 4, 8]
    assert answer["reach"] == pytest.approx([handmade.red(image) for image in images])
    tiny = live.answer("projections", {"unit": "act:0", "rule": "gradient", "scale": "shared"})
    assert tiny["reach"] == pytest.approx([handmade.red(9)] * 12)


def test_fewer(live):
    answer = live.answer("projections", {"unit": "act:0", "count": "2"})
    assert answer["empty"] == [False, False]


def test_typical_ones_stand_in_the_fourth_row_however_few_the_strongest_are(tmp_path):
    with ph.scan(handmade.network(), handmade.pictures(), tmp_path / "a.atlas", ["act"], top=2, positions=4) as atlas:
        answer = handmade.live(handmade.network(), atlas).answer("projections", {"unit": "act:0"})
    assert answer["empty"] == [False] * 2 + [True] * 7 + [False] * 3
    assert not cell(answer, 2)[..., 3].any()


def test_a_dead_unit_is_empty(live):
    answer = live.answer("projections", {"unit": "act:1"})
    assert all(answer["empty"])


def test_a_unit_that_was_not_scanned(live):
    with pytest.raises(UsageError, match="the atlas has no layer 'fc'"):
        live.answer("projections", {"unit": "fc:1"})
