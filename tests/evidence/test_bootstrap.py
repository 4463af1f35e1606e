"""The bootstrap, by theory."""

import numpy as np
import pytest

from phosphene.evidence.bootstrap import interval, mean_interval, weights
from tests.evidence import planted


def test_every_draw_takes_as_many_images_as_there_are():
    drawn = weights(30, 500, 3)
    assert drawn.shape == (500, 30)
    assert (drawn.sum(1) == 30).all()
    assert drawn.mean() == pytest.approx(1)
    assert drawn.var() == pytest.approx(29 / 30, rel=0.1)
    with pytest.raises(ValueError, match="read-only"):  # others are given the same array
        drawn[0, 0] = 1
    weights.cache_clear()
    assert (weights(30, 500, 3) == drawn).all()
    assert (weights(30, 500, 4) != drawn).any()


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(planted.fresh_seed()).normal(5, 2, 400)
    found = mean_interval(values, draws=4000)
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert (found.low + found.high) / 2 == pytest.approx(values.mean(), abs=0.03)


def test_what_was_not_measured_does_not_count():
    values = np.array([1.0, np.nan, 3.0, np.inf])
    assert mean_interval(values) == mean_interval(np.array([1.0, 3.0]))
    assert mean_interval(np.array([1.0, np.nan])) is None
    assert interval(np.array([np.nan, np.nan])) is None


def test_the_global_draws_are_left_alone():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    mean_interval(np.arange(5.0))
    assert (np.random.get_state()[1] == before).all()
