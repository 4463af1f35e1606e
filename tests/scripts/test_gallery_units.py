"""Which units a gallery shows, against the rule done with plain loops."""

import numpy as np
import torch

from phosphene.sheets.patches import Chosen
from phosphene.story.peaks import Peaks
from scripts.gallery.units import BY_LOT, chosen_units, nine, selectivity, shown_units


def peaks(values):
    values = torch.tensor(values, dtype=torch.float32)
    places = torch.zeros_like(values, dtype=torch.int32)
    return Peaks(torch.arange(len(values)), values, places, (4, 4), values.amax(0))


def some(photographs=40, units=12):
    random = np.random.default_rng(5)
    values = random.gamma(0.5, size=(photographs, units))
    values[:, 3] = 0  # dead
    values[:, 7] = values[:, 6]  # looks for the very same photographs
    return values


def test_selectivity_is_the_ninth_peak_over_the_mean_peak():
    values = some()
    values[:, 5] -= 1  # a layer without a ReLU: below zero counts as nothing
    found = selectivity(peaks(values)).numpy()
    for unit in range(values.shape[1]):
        column = np.maximum(values[:, unit], 0)
        expected = sorted(column)[-9] / column.mean() if column.max() > 0 else 0
        np.testing.assert_allclose(found[unit], expected, rtol=1e-5)


def test_one_odd_photograph_makes_no_unit_selective():
    values = np.ones((30, 2))
    values[4, 0] = 100
    values[:9, 1] = 3
    assert selectivity(peaks(values)).argmax() == 1


def test_chosen_are_the_most_selective_that_do_not_repeat_one_another():
    values = some()
    score = [sorted(column)[-9] / max(column.mean(), 1e-12) for column in values.T]
    best = {unit: set(np.argsort(-values[:, unit], kind="stable")[:9]) for unit in range(values.shape[1])}
    expected = []
    for unit in np.argsort(-np.array(score), kind="stable"):
        if score[unit] > 0 and all(len(best[unit] & best[other]) <= 4 for other in expected):
            expected.append(int(unit))
    found = [each.unit for each in chosen_units(peaks(values), count=12)]
    assert found == expected
    assert len({6, 7} & set(found)) < 2
    assert 3 not in found


def test_nine_are_the_strongest_photographs_the_earlier_first_on_ties():
    values = np.zeros((12, 1))
    values[[2, 5, 9], 0] = [1, 3, 1]
    assert nine(peaks(values), 0) == [5, 2, 9, 0, 1, 3, 4, 6, 7]


def test_shown_are_chosen_and_drawn_in_turn_and_the_draw_can_be_repeated():
    shown = shown_units(peaks(some()), seed=1)
    assert [each.why == BY_LOT for each in shown] == [False, True] * 3
    assert shown[::2] == chosen_units(peaks(some()))
    assert len({each.unit for each in shown}) == 6
    assert shown == shown_units(peaks(some()), seed=1)
    others = {each.unit for seed in range(2, 6) for each in shown_units(peaks(some()), seed)[1::2]}
    assert len(others) > 3


def test_a_layer_with_fewer_live_units_than_wanted():
    values = np.zeros((20, 4))
    values[:, 1] = np.arange(20)
    assert [(each.unit, each.why == BY_LOT) for each in shown_units(peaks(values), 1)] == [(1, False)]
    assert isinstance(shown_units(peaks(values), 1)[0], Chosen)
