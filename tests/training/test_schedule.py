import numpy as np
import pytest

from phosphene.training.schedule import END, START, one_cycle


@pytest.mark.parametrize(("steps", "warm_up"), [(101, 0.2), (1000, 0.25), (7, 0.5)])
def test_it_is_the_broken_line_through_three_points(steps, warm_up):
    corners = [0, warm_up * (steps - 1), steps - 1]
    expected = np.interp(np.arange(steps), corners, [START * 0.4, 0.4, END * 0.4])
    np.testing.assert_allclose([one_cycle(s, steps, 0.4, warm_up) for s in range(steps)], expected, rtol=1e-12)


def test_a_training_of_one_step_begins_at_the_start():
    assert one_cycle(0, 1, 0.4, 0.2) == pytest.approx(START * 0.4)


def test_without_a_climb_it_begins_at_the_peak():
    assert one_cycle(0, 10, 0.4, 0.0) == pytest.approx(0.4)
