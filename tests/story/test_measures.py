"""The figures of the page against NumPy's."""

import numpy as np
import pytest
import torch

from phosphene.story.measures import agreement, between, correlations, explained, likeness, smoothness, tuning
from phosphene.story.samples import Samples


@pytest.fixture
def numbers():
    random = np.random.default_rng(3)
    colour = random.normal(size=(500, 3)) * [30, 10, 5] + [50, 0, 2]
    mixed = colour[:, 1] + colour[:, 2] + random.normal(size=500)
    units = np.stack([-2 * colour[:, 0] + 5, random.normal(size=500), mixed])
    return units.T.astype(np.float32), colour.astype(np.float32)


def test_correlations_are_pearsons(numbers):
    units, colour = numbers
    expected = np.corrcoef(units.T, colour.T)[:3, 3:]
    np.testing.assert_allclose(correlations(*map(torch.from_numpy, numbers)).numpy(), expected, atol=1e-6)


def test_a_constant_correlates_with_nothing():
    constant = torch.full((50, 1), 0.1)
    assert correlations(constant, torch.rand(50, 1)).item() == 0


def test_explained_is_the_r_squared_of_a_regression(numbers):
    units, colour = numbers
    known = np.column_stack([np.ones(len(colour)), colour]).astype(np.float64)
    for unit, share in enumerate(explained(*map(torch.from_numpy, numbers)).tolist()):
        fitted = known @ np.linalg.lstsq(known, units[:, unit], rcond=None)[0]
        assert share == pytest.approx(1 - (units[:, unit] - fitted).var() / units[:, unit].var(), abs=1e-6)


def test_grey_pictures_leave_the_regression_solvable(numbers):
    units, colour = numbers
    colour[:, 1:] = 0
    assert explained(torch.from_numpy(units), torch.from_numpy(colour))[0] == pytest.approx(1)


def test_tuning_names_the_axis_with_the_strongest_tie(numbers):
    found = tuning(Samples(*map(torch.from_numpy, numbers)))
    assert (found[0].strongest, found[2].strongest) == (0, 1)
    assert found[0].r[0] == pytest.approx(-1)


def test_likeness_leaves_the_dead_out():
    random = np.random.default_rng(0)
    activation = random.normal(size=(400, 5)).astype(np.float32)
    activation[:, 1] = 0
    activation[:, 4] = -activation[:, 2] + 0.1 * random.normal(size=400)
    found = likeness(torch.from_numpy(activation))
    r = np.corrcoef(activation[:, [0, 2, 3, 4]].T)
    off = np.abs(r[~np.eye(4, dtype=bool)])
    assert found.live == 4
    assert found.pair == (2, 4)
    assert found.largest == pytest.approx(r[1, 3])
    assert found.mean == pytest.approx(off.mean())
    values = np.linalg.eigvalsh(r)
    assert found.dimensions == pytest.approx(values.sum() ** 2 / (values**2).sum())


def test_agreement_and_between_are_pearsons_over_pixels():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 3, 3, 4, 4))
    expected = [np.corrcoef(a[k].ravel(), b[k].ravel())[0, 1] for k in range(3)]
    np.testing.assert_allclose(agreement(torch.from_numpy(a), torch.from_numpy(b)).numpy(), expected, atol=1e-9)
    a[1] = 0
    assert agreement(torch.from_numpy(a), torch.from_numpy(b)).isnan().tolist() == [False, True, False]
    assert between(torch.from_numpy(a)).tolist() == [pytest.approx(np.corrcoef(a[0].ravel(), a[2].ravel())[0, 1])]


def test_smooth_filters_are_told_from_noise():
    ramp = torch.arange(5.0).expand(4, 3, 5, 5)
    noise = torch.randn(64, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    assert smoothness(ramp) > 0.99
    assert abs(smoothness(noise)) < 0.05
