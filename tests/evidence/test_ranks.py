import numpy as np
import pytest
from scipy.stats import spearmanr

from phosphene.evidence.ranks import spearman
from tests.evidence.planted import fresh_seed


def test_it_is_that_of_scipy_with_ties():
    draw = np.random.default_rng(fresh_seed())
    a, b = draw.integers(0, 9, (5, 40)), draw.normal(size=(5, 40)).round(1)
    assert np.allclose(spearman(a, b), [spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)])


def test_one_row_against_many():
    draw = np.random.default_rng(fresh_seed())
    a, b = draw.normal(size=(2, 1, 12)), draw.normal(size=(2, 3, 12))
    assert spearman(a, b)[1, 2] == pytest.approx(spearmanr(a[1, 0], b[1, 2]).statistic)


@pytest.mark.filterwarnings("error")
def test_what_has_no_order_has_no_agreement():
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))
    assert np.isnan(spearman(np.array([1, 2, np.nan]), np.arange(3.0)))
