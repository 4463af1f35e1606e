from itertools import pairwise

import numpy as np
import pytest

from phosphene.training.schedule import END, START, Cycle, learning_rate, one_cycle, place


@pytest.mark.parametrize(("steps", "warm_up"), [(101, 0.2), (1000, 0.25), (7, 0.5)])
def test_it_is_the_broken_line_through_three_points(steps, warm_up):
    corners = [0, warm_up * (steps - 1), steps - 1]
    expected = np.interp(np.arange(steps), corners, [START * 0.4, 0.4, END * 0.4])
    np.testing.assert_allclose([one_cycle(s, steps, 0.4, warm_up) for s in range(steps)], expected, rtol=1e-12)


def test_a_training_of_one_step_begins_at_the_start():
    assert one_cycle(0, 1, 0.4, 0.2) == pytest.approx(START * 0.4)


def test_without_a_climb_it_begins_at_the_peak():
    assert one_cycle(0, 10, 0.4, 0.0) == pytest.approx(0.4)


def test_two_cycles_are_one_behind_the_other():
    cycles = (Cycle(2 / 3, 0.5), Cycle(1 / 3, 0.2))
    expected = [one_cycle(s, 60, 0.5, 0.2) for s in range(60)] + [one_cycle(s, 30, 0.2, 0.2) for s in range(30)]
    assert [learning_rate(s, 90, cycles, 0.2) for s in range(90)] == expected


@pytest.mark.parametrize("length", [1, 2, 5, 36, 1000])
def test_every_step_has_its_place(length):
    cycles = (Cycle(0.5, 1.0), Cycle(0.3, 1.0), Cycle(0.2, 1.0))
    places = [place(done, length, cycles) for done in range(length)]
    assert places[0].done == 0
    assert places[-1].done == places[-1].length - 1
    assert sum(p.done == 0 for p in places) <= 3
    for before, after in pairwise(places):
        assert after.done == (before.done + 1) % before.length
    with pytest.raises(ValueError, match="past the end"):
        place(length, length, cycles)
