"""The rows of an atlas, on figures whose answer is known."""

import numpy as np
import pytest

from phosphene.scan import derive
from phosphene.scan.pairs import CoMoments
from tests.scan.test_against_brute_force import CLASSES, NET, X, scanned


@pytest.fixture(scope="module")
def rows() -> derive.Derived:
    scanner = scanned()
    layer = NET.layer("conv2")
    labels = CLASSES[scanner.members.image]
    return derive.Derived(layer, scanner.summaries["conv2"], scanner.members, labels, ("a", "b", "c"), ())


def test_typical_pictures_stand_at_their_quantiles() -> None:
    peaks = np.array([5, 1, 4, np.nan, 2, 3, 0, 9, 8, 7, 6, -np.inf], np.float32)
    found = derive.typical(peaks, np.arange(12))
    assert [(percent, peaks[row]) for percent, row in found] == [(10, 1), (50, 4), (90, 8)]
    assert derive.typical(np.array([np.nan], np.float32), np.arange(1)) == []


def test_every_unit_has_figures_for_every_class_where_they_are_few(rows: derive.Derived) -> None:
    found = list(rows.class_rows())
    assert len(found) == 5 * 3
    peaks = NET.record(X, "conv2")["conv2"].amax((2, 3)).numpy()
    for row in found:
        own = "abc".index(row.label) == CLASSES
        assert row.mean_peak == pytest.approx(float(peaks[own, row.unit].mean()), rel=1e-5)
    for unit in range(5):
        areas = [row.auc for row in found if row.unit == unit]
        assert areas == sorted(areas, reverse=True)


def test_of_many_classes_the_preferred_are_kept(rows: derive.Derived, monkeypatch: pytest.MonkeyPatch) -> None:
    every = list(rows.class_rows())
    monkeypatch.setattr(derive, "FEW_CLASSES", 2)
    monkeypatch.setattr(derive, "PREFERRED", 1)
    best = {row.unit: row for row in list(rows.class_rows())}
    assert len(best) == 5
    assert all(best[u].auc == max(row.auc for row in every if row.unit == u) for u in best)


def test_correlated_pairs_come_once_and_are_those_of_numpy(rows: derive.Derived) -> None:
    found = {(row.unit, row.other): row.r for row in rows.correlations()}
    r = rows.summary.pairs.correlation()[rows.summary.features :, rows.summary.features :]
    assert set(found) == {(a, b) for a in range(5) for b in range(a + 1, 5)}
    assert all(value == pytest.approx(r[pair]) for pair, value in found.items())


def test_a_pair_that_is_nearly_alike_is_never_dropped(monkeypatch: pytest.MonkeyPatch, rows: derive.Derived) -> None:
    monkeypatch.setattr(derive, "PARTNERS", 0)
    draw = np.random.default_rng(0)
    base = draw.normal(size=(200, 5))
    base[:, 3] = base[:, 1] + 0.01 * base[:, 3]
    base[:, 4] = -base[:, 1] + 0.01 * base[:, 4]
    pairs = CoMoments.empty(5)
    pairs.add(base)
    summary = type(rows.summary)(**{**vars(rows.summary), "pairs": pairs, "features": 0})
    found = list(derive.Derived(rows.layer, summary, rows.members, rows.labels, (), ()).correlations())
    assert {(row.unit, row.other) for row in found} == {(1, 3), (1, 4), (3, 4)}
    assert [round(row.r, 2) for row in found] == [1.0, -1.0, -1.0]


def test_regression_on_features_that_never_change_explains_nothing() -> None:
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(500, 4))
    rows[:, 0] = 3
    rows[:, 3] = 2 * rows[:, 1] + rows[:, 3]
    pairs = CoMoments.empty(4)
    pairs.add(rows)
    explained, shares = derive.regression(pairs, 2)
    assert shares[0].tolist() == [0, 0]
    assert explained[0] < 0.02
    assert explained[1] == pytest.approx(np.corrcoef(rows[:, 1], rows[:, 3])[0, 1] ** 2)
