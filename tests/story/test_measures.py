"""The figures of the page against NumPy's."""

import numpy as np
import pytest
import torch

from phosphene.scan.pairs import CoMoments
from phosphene.story.measures import COLOURS, agreement, between, likeness, pairs_of, smoothness, tuning

FEATURES = (*COLOURS, "contrast")


@pytest.fixture
def rows():
    """(500, 7): four features, then a unit of lightness alone, one of all but lightness, one that never changes."""
    random = np.random.default_rng(3)
    seen = random.normal(size=(500, 4)) * [30, 10, 5, 2] + [50, 0, 2, 8]
    mixed = seen[:, 1] + seen[:, 2] + 4 * seen[:, 3] + random.normal(size=500)
    return np.column_stack([seen, -2 * seen[:, 0] + 5, mixed, np.zeros(500)])


def pairs(rows):
    found = CoMoments.empty(rows.shape[1])
    found.add(rows)
    found.settle()
    return found


def r_squared(known, unit):
    known = np.column_stack([np.ones(len(known)), known])
    fitted = known @ np.linalg.lstsq(known, unit, rcond=None)[0]
    return 1 - (unit - fitted).var() / unit.var()


def test_tuning_is_correlation_with_colours_and_r_squared_of_regressions(rows):
    one, mixed, constant = tuning(pairs(rows), FEATURES)
    assert one.r[0] == pytest.approx(-1)
    assert one.colour == pytest.approx(1)
    assert mixed.r == pytest.approx([np.corrcoef(rows[:, 5], rows[:, k])[0, 1] for k in range(3)])
    assert mixed.colour == pytest.approx(r_squared(rows[:, :3], rows[:, 5]))
    assert mixed.visible == pytest.approx(r_squared(rows[:, :4], rows[:, 5]))
    assert mixed.visible > mixed.colour + 0.1
    assert (constant.r, constant.colour, constant.visible) == ((0, 0, 0), 0, 0)


def test_tuning_finds_the_colours_wherever_they_stand(rows):
    turned = tuning(pairs(rows[:, [3, 2, 1, 0, 4, 5, 6]]), FEATURES[::-1])
    for own, same in zip(turned, tuning(pairs(rows), FEATURES), strict=True):
        assert own.r == pytest.approx(same.r)
        assert own.colour == pytest.approx(same.colour)


def test_grey_pictures_leave_the_regression_solvable(rows):
    rows[:, 1:3] = 0
    found = tuning(pairs(rows), FEATURES)[0]
    assert found.colour == pytest.approx(1)
    assert found.r[1:] == (0, 0)


def test_tuning_names_the_axis_with_the_strongest_tie(rows):
    found = tuning(pairs(rows), FEATURES)
    assert (found[0].strongest, found[1].strongest) == (0, 1)


def test_pairs_of_an_atlas_are_features_first_then_units(atlas):
    found, layer = pairs_of(atlas, "relu2"), atlas.layer("relu2")
    assert len(found.mean) == len(atlas.manifest.features) + layer.units
    r = found.correlation()[len(atlas.manifest.features) :, len(atlas.manifest.features) :]
    for unit in atlas["relu2"]:
        for each in unit.correlated:
            assert r[each.unit, each.other] == pytest.approx(each.r)


def test_likeness_leaves_the_dead_out():
    random = np.random.default_rng(0)
    activation = random.normal(size=(400, 5))
    activation[:, 1] = 0
    activation[:, 4] = -activation[:, 2] + 0.1 * random.normal(size=400)
    found = likeness(pairs(activation).correlation())
    r = np.corrcoef(activation[:, [0, 2, 3, 4]].T)
    off = np.abs(r[~np.eye(4, dtype=bool)])
    assert found.live == 4
    assert found.pair == (2, 4)
    assert found.largest == pytest.approx(r[1, 3])
    assert found.mean == pytest.approx(off.mean())
    values = np.linalg.eigvalsh(r)
    assert found.dimensions == pytest.approx(values.sum() ** 2 / (values**2).sum())


def test_a_layer_with_one_live_unit_is_like_nothing():
    activation = np.zeros((50, 3))
    activation[:, 1] = np.arange(50)
    assert likeness(pairs(activation).correlation()) is None


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
