"""Classes: areas by counting pairs, intervals by theory, a planted detector, and units that know nothing of classes."""

from math import isnan

import numpy as np
import pytest

import phosphene as ph
from phosphene.evidence.bootstrap import interval, weights
from phosphene.evidence.classes import Classes, classes, cover, sample_labels, weighted_area
from phosphene.sources.picture import ImageSet, Picture
from tests.evidence import planted, scans


def by_pairs(peaks: np.ndarray, inside: np.ndarray) -> float:
    """The chance that a picture of the class has the larger peak, ties half: every pair looked at."""
    own, rest = peaks[inside][:, None], peaks[~inside]
    return float(((own > rest) + 0.5 * (own == rest)).mean())


def test_a_weighted_area_is_that_of_repeated_pictures():
    draw = np.random.default_rng(planted.fresh_seed())
    peaks, inside, known = draw.integers(0, 12, 60).astype(float), draw.random(60) < 0.3, draw.random(60) < 0.9
    times = weights(60, 6, int(draw.integers(99)))
    found = weighted_area(peaks, inside, times, known)
    for value, counts in zip(found, times.astype(int), strict=True):
        rows = np.repeat(np.flatnonzero(known), counts[known])
        assert value == pytest.approx(by_pairs(peaks[rows], inside[rows]))


def test_the_interval_is_as_wide_as_theory_says():
    """DeLong, DeLong & Clarke-Pearson (1988): the variance of the area from the placements of both sides."""
    draw = np.random.default_rng(planted.fresh_seed())
    own, rest = draw.normal(1, 1, 150), draw.normal(0, 1, 400)
    above = (own[:, None] > rest).astype(float)
    deviation = np.sqrt(above.mean(1).var(ddof=1) / 150 + above.mean(0).var(ddof=1) / 400)
    peaks, inside = np.concatenate([own, rest]), np.arange(550) < 150
    drawn = weighted_area(peaks, inside, weights(550, 2000, 0), np.ones(550, bool))
    found = interval(drawn)
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation, rel=0.15)
    assert drawn.mean() == pytest.approx(above.mean(), abs=0.01)


@pytest.fixture(scope="module")
def answers(planted_scan) -> dict[str, Classes]:
    _, atlas, _ = planted_scan
    return dict(zip(planted.UNITS, classes(atlas, atlas["act"]), strict=True))


def test_the_class_detector_is_named(answers):
    found = answers["marker"]
    of_class, of_strongest = found.findings
    assert found.best == "marked"
    assert found.area > 0.98
    assert found.agreed
    assert found.interval.low > 0.95
    assert "tells marked from all the rest" in of_class.sentence
    assert not of_class.caution
    assert found.cover == 1
    assert "16 marked make up half of the 16 strongest pictures" in of_strongest.sentence
    assert not of_strongest.caution


def test_the_stripes_class_belongs_to_the_upright_unit(answers):
    assert answers["upright"].best == answers["copy"].best == "striped"
    assert answers["upright"].area == pytest.approx(answers["copy"].area)


def test_the_figures_are_those_of_all_pictures(planted_scan, answers):
    net, atlas, pictures = planted_scan
    peaks = net.record(pictures, "act")["act"].amax((2, 3)).double().numpy()
    labels = np.array([row.label for row in atlas.images])
    for u, name in enumerate(planted.UNITS):
        means = [peaks[labels == label, u].mean() for label in planted.CLASSES]
        np.testing.assert_allclose(answers[name].mean_peak, means, rtol=1e-4, atol=1e-6)
        if name != "dead":
            areas = [by_pairs(peaks[:, u], labels == label) for label in planted.CLASSES]
            np.testing.assert_allclose(answers[name].areas, areas, atol=1e-3)
            strongest = labels[np.argsort(-peaks[:, u], kind="stable")[:16]]
            assert answers[name].strongest.sum() == 16
            if len(np.unique(peaks[:, u])) == len(labels):
                assert answers[name].strongest.tolist() == [(strongest == label).sum() for label in planted.CLASSES]


def test_a_dead_unit_prefers_no_class(answers):
    of_class, of_strongest = answers["dead"].findings
    assert isnan(of_class.value)
    assert isnan(of_strongest.value)
    assert of_class.caution
    assert answers["dead"].best == ""


def test_labels_are_those_of_the_sample(planted_scan):
    _, atlas, _ = planted_scan
    images = atlas.array("act", "sample_image")
    wanted = [planted.CLASSES.index(atlas.images[int(image)].label) for image in images]
    assert sample_labels(atlas, "act").tolist() == wanted


def test_units_that_know_nothing_of_classes_come_to_one_half(tmp_path):
    """Ten classes by lot: the best of ten looks better than one half, the held-out figure does not."""
    seed = planted.fresh_seed()
    draw = np.random.default_rng(seed)
    net = scans.untrained(scans.Random, seed)
    pictures, _ = planted.pictures(1500, seed)
    labels = [planted.CLASSES[k] for k in draw.integers(0, 3, 1500)]
    atlas = scans.scanned(net, pictures, labels, tmp_path / "r.atlas", layers=["relu1", "relu2"])
    found = [own for layer in ("relu1", "relu2") for own in classes(atlas, atlas[layer]) if not isnan(own.area)]
    best = np.array([np.nanmax(own.areas) for own in found])
    held = np.array([own.area for own in found])
    assert best.mean() > held.mean()
    assert abs(held.mean() - 0.5) < 0.05
    assert all("tells" in own.findings[0].sentence for own in found)  # "hardly tells any class"
    assert not [own for own in found if own.area > 0.62]


def test_how_many_classes_cover_half():
    assert cover(np.array([8, 4, 4])) == 1
    assert cover(np.array([5, 5, 6])) == 2
    assert cover(np.array([0, 0])) == 0
    assert cover(np.array([[16, 0], [8, 8]])).tolist() == [1, 1]


def test_pictures_without_classes_are_no_mistake(tmp_path):
    net = scans.untrained(scans.Random, planted.fresh_seed())
    pixels, _ = planted.pictures(20, 1)
    images = ImageSet("no classes", [Picture(p.id, None, p.source) for p in planted.image_set(pixels, [""] * 20)])
    with ph.scan(net, images, tmp_path / "none.atlas", ["relu1"]) as atlas:
        found = classes(atlas, atlas["relu1"][:3])
    for each in found:
        assert (each.names, each.best, each.cover) == ((), "", 0)
        assert all(isnan(finding.value) and finding.caution for finding in each.findings)
