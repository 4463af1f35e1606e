"""One thing or several: silhouettes by their definition, two-in-one units, and clouds that have no clusters."""

from math import isnan
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist, squareform

from phosphene.evidence.several import _in_common, company, patterns
from phosphene.evidence.silhouettes import best_cut, of_one_cloud, principal, silhouettes
from phosphene.network import Unit
from tests.evidence import planted, scans


def by_definition(points: np.ndarray, labels: np.ndarray) -> list[float]:
    found = []
    for i, label in enumerate(labels):
        away = np.linalg.norm(points - points[i], axis=1)
        own = [away[j] for j in range(len(points)) if labels[j] == label and j != i]
        others = [away[labels == other].mean() for other in set(labels.tolist()) - {label}]
        a, b = np.mean(own) if own else 0.0, min(others)
        found.append((b - a) / max(a, b) if own else 0.0)
    return found


def test_silhouettes_are_those_of_the_definition():
    draw = np.random.default_rng(planted.fresh_seed())
    points, labels = draw.normal(size=(20, 3)), np.array([0, 1, 2, 0, 1] * 4)
    labels[0] = 3  # alone
    np.testing.assert_allclose(silhouettes(squareform(pdist(points)), labels), by_definition(points, labels))


def test_clusters_that_are_there_are_found():
    draw = np.random.default_rng(planted.fresh_seed())
    for kinds in (2, 3, 4):
        centres = 10 * np.eye(kinds, 5)
        wanted = np.repeat(np.arange(kinds), 8)
        cut = best_cut(centres[wanted] + 0.5 * draw.normal(size=(len(wanted), 5)))
        assert cut.sizes == (8,) * kinds
        assert len(set(zip(cut.cluster.tolist(), wanted.tolist(), strict=True))) == kinds
        assert cut.silhouette > 0.7


def test_one_odd_point_is_no_cluster():
    points = np.zeros((16, 2))
    points[:, 1] = np.arange(16) * 1e-3
    points[0] = 100
    assert best_cut(points).sizes == (16,) or min(best_cut(points).sizes) > 2


def test_a_cloud_is_rarely_beyond_clouds_of_its_spread():
    """The larger of 40 clouds of its own spread is exceeded by one cloud in 41."""
    draw = np.random.default_rng(planted.fresh_seed())
    spread = draw.uniform(0.2, 2, 6)
    exceeded = []
    for _ in range(60):
        points = draw.normal(size=(14, 6)) * spread
        exceeded.append(best_cut(points).silhouette > of_one_cloud(points, 40, int(draw.integers(2**31))).max())
    assert np.mean(exceeded) < 0.25


def test_principal_axes_keep_all_distances():
    points = np.random.default_rng(planted.fresh_seed()).normal(size=(9, 40))
    np.testing.assert_allclose(pdist(principal(points)), pdist(points))
    u, s, _ = np.linalg.svd(points - points.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(principal(points, 3)), np.abs(u[:, :3] * s[:3]))


@pytest.mark.filterwarnings("ignore::phosphene.project.HeldFixedWarning")  # of the maximum in the planted network
@pytest.mark.parametrize("layer", ["arrange", "act"])
def test_two_in_one_is_two_and_the_others_are_one(planted_scan, layer):
    net, atlas, pictures = planted_scan
    found = {}
    for name in ("two", "green", "upright", "checks", "unread", "slanted", "dark"):
        rows = [example.image for example in atlas[planted.address(name, layer)].examples]
        found[name] = patterns(net, Unit(layer, planted.index(name)), pictures[rows])
    two = found.pop("two")
    assert two.clusters == 2
    assert "several things" in two.finding.sentence
    detect = net.record(pictures, "detect")["detect"]
    rows = [atlas[two.unit].examples[place].image for place in two.images]
    blue = detect[rows, planted.index("blue")].amax((1, 2)) > detect[rows, planted.index("level")].amax((1, 2))
    assert len(set(zip(two.cut.cluster.tolist(), blue.tolist(), strict=True))) == 2  # cut where its two halves part
    for own in found.values():
        assert own.clusters == 1
        assert own.same
        assert "is one thing" in own.finding.sentence


@pytest.mark.filterwarnings("ignore::phosphene.project.HeldFixedWarning")
def test_the_border_of_a_picture_is_no_kind(planted_scan):
    """Peaks in corners, at edges and inside send back parts of one kernel, which is one thing."""
    net, _, _ = planted_scan
    pictures = torch.full((12, 3, 32, 32), 0.5)
    for row, (y, x) in enumerate([(0, 0), (0, 16), (31, 31), (16, 0)] + [(9 + k, 20 - k) for k in range(8)]):
        pictures[row, :, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = 1
    own = patterns(net, Unit("arrange", planted.index("unread")), pictures)
    assert own.same
    assert len(own.images) >= 8


def test_what_fields_have_in_common():
    inside, corner, edge = [0, 5, 0, 5], [3, 5, 3, 5], [1, 5, 0, 5]
    assert _in_common(np.array([inside, edge, inside]))[0].tolist() == [0, 1, 2]
    assert _in_common(np.array([inside, edge, inside]))[1] == (1, 5, 0, 5)
    # one corner among many is left out; many corners and one that sees everything are compared in the corner
    assert _in_common(np.array([corner, *[inside] * 9]))[0].tolist() == list(range(1, 10))
    kept, part = _in_common(np.array([inside, *[corner] * 9]))
    assert kept.tolist() == list(range(10))
    assert part == (3, 5, 3, 5)
    # opposite corners have nothing in common
    assert len(_in_common(np.array([[0, 2, 0, 2], [3, 5, 3, 5]]))[0]) == 1


@pytest.mark.filterwarnings("ignore::phosphene.project.HeldFixedWarning")
def test_a_dead_unit_is_neither(planted_scan):
    net, atlas, pictures = planted_scan
    own = patterns(net, Unit("act", planted.index("dead")), pictures[:9])
    assert isnan(own.finding.value)
    assert own.finding.caution
    (kept,) = company(atlas, [atlas[planted.address("dead")]])
    assert isnan(kept.finding.value)


def test_company_of_two_kinds_and_of_one():
    """Unit 0 is strongest where units 2 to 5 are active, and where 6 to 9 are; unit 1 where 2 to 5 are."""
    draw = np.random.default_rng(planted.fresh_seed())
    peaks = draw.normal(size=(600, 12))
    first, second = np.arange(24), np.arange(24, 48)
    peaks[first, :1] += 9
    peaks[second, :1] += 9
    peaks[np.ix_(first, [2, 3, 4, 5])] += 6
    peaks[np.ix_(second, [6, 7, 8, 9])] += 6
    peaks[48:96, 1] += 9
    peaks[np.ix_(np.arange(48, 96), [2, 3, 4, 5])] += 6
    peaks[:, 11] = -1
    arrays = {"sample_peak": peaks.astype(np.float32), "sample_image": np.arange(600) + 7}
    atlas = SimpleNamespace(array=lambda layer, name: arrays[name])
    units = [FakeUnit(index) for index in (0, 1, 11)]
    two, one, dead = company(atlas, units)
    assert two.cut.sizes == (24, 24)
    assert two.clusters == 2
    assert {int(image) - 7 < 24 for image, kind in zip(two.images, two.cut.cluster, strict=True) if kind == 0} in (
        {True},
        {False},
    )
    assert "fall into clusters of 24 and 24" in two.finding.sentence
    assert two.finding.caution
    assert one.clusters == 1
    assert isnan(dead.finding.value)


def test_company_of_noise_is_seldom_beyond_chance():
    peaks = np.random.default_rng(planted.fresh_seed()).normal(size=(600, 12))
    atlas = SimpleNamespace(array=lambda layer, name: peaks if name == "sample_peak" else np.arange(600))
    found = company(atlas, [FakeUnit(index) for index in range(12)])
    assert sum(own.clusters > 1 for own in found) < 5  # one in a hundred is expected


class FakeUnit(SimpleNamespace):
    def __init__(self, index: int) -> None:
        super().__init__(index=index, layer=SimpleNamespace(name="relu"))

    def __str__(self) -> str:
        return f"relu:{self.index}"


def test_units_of_random_networks_are_seldom_called_several(tmp_path):
    seed = planted.fresh_seed()
    net = scans.untrained(scans.Random, seed)
    pictures, labels = planted.pictures(200, seed)
    atlas = scans.scanned(net, pictures, labels, tmp_path / "r.atlas", layers=["relu1"])
    told = []
    for unit in atlas["relu1"]:
        if not unit.stats.dead:
            rows = [example.image for example in unit.examples]
            told.append(patterns(net, Unit("relu1", unit.index), pictures[rows], draws=40).clusters)
    assert set(told) == {1}  # one kernel each
