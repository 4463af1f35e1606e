"""What is plainly visible, against brute force, against truth known in advance, and where there is nothing to it."""

import warnings
from itertools import permutations
from math import isnan

import numpy as np
import pytest
import torch
from torch import nn

import phosphene as ph
from phosphene.evidence.bootstrap import weights
from phosphene.evidence.explained import Explained, _around, explained
from phosphene.evidence.looks import Looks, _centred, look
from phosphene.evidence.regression import Sums, parts, totals
from tests.evidence import planted, scans


def r2(x: np.ndarray, y: np.ndarray) -> float:
    """R^2 with an intercept, by least squares on the rows themselves."""
    design = np.column_stack([np.ones(len(x)), x])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(1 - (left**2).sum() / ((y - y.mean()) ** 2).sum())


def shares_by_orders(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Every regressor's gain, averaged over all orders in which they come in."""
    gains = np.zeros(x.shape[1])
    orders = list(permutations(range(x.shape[1])))
    for order in orders:
        before = 0.0
        for place, feature in enumerate(order):
            now = r2(x[:, list(order[: place + 1])], y)
            gains[feature] += now - before
            before = now
    return gains / len(orders)


def correlated(draw: np.random.Generator, rows: int, features: int) -> np.ndarray:
    return draw.normal(size=(rows, features)) @ draw.normal(size=(features, features))


def test_shares_are_gains_averaged_over_all_orders():
    draw = np.random.default_rng(planted.fresh_seed())
    x = correlated(draw, 200, 4)
    y = np.maximum(x @ draw.normal(size=(4, 3)) + draw.normal(size=(200, 3)), 0)
    sums = _centred(x[None], y[None]).sums()
    found = parts(sums)
    for unit in range(3):
        np.testing.assert_allclose(found.shares[:, unit], shares_by_orders(x, y[:, unit]), atol=1e-6)
        assert found.total[unit] == pytest.approx(r2(x, y[:, unit]), abs=1e-6)
    np.testing.assert_allclose(totals(sums), found.total)
    np.testing.assert_allclose(found.shares.sum(0), found.total)


def test_a_regressor_that_never_changes_explains_nothing_and_copies_share_evenly():
    draw = np.random.default_rng(planted.fresh_seed())
    x = draw.normal(size=(100, 3))
    x[:, 1], x[:, 2] = 5, x[:, 0]
    found = parts(_centred(x[None], x[None, :, :1] * 2 + 1).sums())
    np.testing.assert_allclose(found.shares[:, 0], [0.5, 0, 0.5], atol=1e-6)


def test_drawing_pictures_again_is_having_them_several_times():
    draw = np.random.default_rng(planted.fresh_seed())
    x, y = correlated(draw, 60, 3).reshape(15, 4, 3), draw.normal(size=(15, 4, 2))
    times = weights(15, 5, 1)
    drawn = parts(_centred(x, y).drawn(times))
    for row, counts in enumerate(times.astype(int)):
        again = parts(_centred(np.repeat(x, counts, 0), np.repeat(y, counts, 0)).sums())
        np.testing.assert_allclose(drawn.shares[row], again.shares, atol=1e-7)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Pictures whose positions go together; the truth is that of very many pictures."""
    draw = np.random.default_rng(planted.fresh_seed())
    slopes = draw.normal(size=(3, 2))

    def some(pictures: int) -> Looks:
        own = draw.normal(size=(pictures, 1, 3))
        x = own + 0.5 * draw.normal(size=(pictures, 4, 3))
        y = x @ slopes + 1.5 * draw.normal(size=(pictures, 1, 2)) + draw.normal(size=(pictures, 4, 2))
        return _centred(x, y)

    truth = parts(some(100_000).sums())
    inside = []
    for _ in range(60):
        looks = some(200)
        found, drawn = parts(looks.sums()), parts(looks.drawn(weights(200, 200, int(draw.integers(2**31)))))
        for unit in range(2):
            interval = _around(float(found.total[unit]), drawn.total[:, unit])
            assert interval is not None
            inside.append(interval.low <= truth.total[unit] <= interval.high)
    assert np.mean(inside) > 0.8  # 120 intervals of 95 %, two by two of the same pictures


@pytest.fixture(scope="module", params=["arrange", "act"])
def answers(request: pytest.FixtureRequest, planted_scan) -> dict[str, Explained]:
    net, atlas, pictures = planted_scan
    inputs = pictures[torch.from_numpy(atlas.array(request.param, "sample_image")[:400])]
    return dict(zip(planted.UNITS, explained(atlas, atlas[request.param], net, inputs), strict=True))


@pytest.mark.parametrize(
    ("name", "cause"), [("green", "green"), ("dark", "darkness"), ("red-green", "red"), ("unread", "brightness")]
)
def test_the_planted_cause_is_named(answers, name, cause):
    found = answers[name]
    assert found.named[0].name == cause
    assert found.named[0].interval.low > 0.3
    assert f"explained by {cause}" in found.finding.sentence
    assert not found.finding.caution


def test_an_edge_detector_has_no_colour(answers):
    for name in ("upright", "slanted", "checks", "level"):
        shares = {cause.feature: cause.share for cause in answers[name].causes}
        assert max(shares[colour] for colour in ("lightness", "red-green", "blue-yellow")) < 0.05


def test_copies_are_explained_alike(answers):
    for one, other in (("upright", "copy"), ("slanted", "scaled")):
        assert answers[one].total == pytest.approx(answers[other].total, abs=1e-4)
        assert [c.name for c in answers[one].named] == [c.name for c in answers[other].named]


def test_a_dead_unit_has_nothing_to_explain(answers):
    finding = answers["dead"].finding
    assert isnan(finding.value)
    assert finding.caution == "act:9 is dead on 800 pictures: it is the same everywhere".replace(
        "act:9", answers["dead"].unit
    )


def test_the_figures_are_those_of_the_atlas_and_of_brute_force(planted_scan):
    net, atlas, pictures = planted_scan
    found = explained(atlas, atlas["act"])
    for own in found:
        row = atlas[own.unit].stats
        assert (row.explained is None and isnan(own.total)) or own.total == pytest.approx(row.explained, abs=1e-6)
        for cause in own.causes:
            r = next(v.r for v in atlas[own.unit].visible if v.feature == cause.feature)
            assert cause.r == pytest.approx(r, abs=1e-9)
    # the same pictures looked at again, at other positions; what is rare needs more of them
    again = parts(look(net, "act", range(17), pictures, 16, seed=1).sums())
    for u, own in enumerate(found):
        assert not own.total > 0.5 or own.total == pytest.approx(again.total[u], abs=0.15)


def test_of_one_unit_and_of_all_the_answer_is_the_same(planted_scan):
    net, atlas, pictures = planted_scan
    some = explained(atlas, [atlas["act:3"], atlas["act:0"]], net, pictures[:50])
    every = explained(atlas, atlas["act"], net, pictures[:50])
    assert some[1].total == pytest.approx(every[0].total)
    assert some[1].interval.low == pytest.approx(every[0].interval.low)


def test_nothing_is_claimed_where_there_is_nothing(tmp_path):
    seed = planted.fresh_seed()
    net = scans.untrained(scans.Noise, seed)
    pictures, labels = planted.pictures(500, seed)
    atlas = scans.scanned(net, pictures, labels, tmp_path / "n.atlas", layers=["frac"])
    found = explained(atlas, atlas["frac"], net, pictures[:400])
    assert not [own.unit for own in found if own.named]
    assert all(own.finding.sentence.startswith("Nothing plainly visible") for own in found)
    assert all(own.total < 0.1 for own in found)
    ratio = np.mean([own.total / own.chance for own in found])  # 24 units at 2,000 places
    assert 0.6 < ratio < 1.6
    assert not [own for own in explained(atlas, atlas["frac"]) if own.named]


def test_of_random_networks_no_more_is_claimed_than_holds_on_other_pictures(tmp_path):
    seed = planted.fresh_seed()
    net = scans.untrained(scans.Random, seed)
    pictures, labels = planted.pictures(400, seed)
    fresh, _ = planted.pictures(1000, seed + 1)
    atlas = scans.scanned(net, pictures, labels, tmp_path / "r.atlas", layers=["relu1", "relu2"])
    outside = []
    for layer in ("relu1", "relu2"):
        found = explained(atlas, atlas[layer], net, pictures)
        truth = parts(look(net, layer, range(len(found)), fresh, 4).sums())
        for u, own in enumerate(found):
            for cause in own.named:
                true = truth.shares[list(atlas.manifest.features).index(cause.feature), u]
                assert true > 0.03, (own.unit, cause, true)
                outside.append(not cause.interval.low <= true <= cause.interval.high)
    assert not outside or np.mean(outside) < 0.5  # one in twenty is expected, but units of one network go together


def test_networks_without_visible_features_and_units_with_nan(tmp_path):
    pictures, labels = planted.pictures(40, 1)

    class Holes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([torch.where(x[:, :1] > 0.3, x[:, :1], torch.nan), x[:, 1:] * 0 - 1], 1)

    net = ph.Network(Holes(), input_size=(3, 32, 32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        atlas = scans.scanned(net, pictures, labels, tmp_path / "h.atlas", layers=["cat"])
        found = explained(atlas, atlas["cat"], net, pictures)
        assert all(own.finding.sentence for own in found)
    assert isnan(found[1].total)
    assert found[0].total > 0.5


def test_sums_without_any_rows():
    empty = Sums(np.zeros((2, 2)), np.zeros((2, 1)), np.zeros(1))
    assert np.isnan(parts(empty).total).all()
