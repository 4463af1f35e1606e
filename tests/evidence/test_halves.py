"""Halves of the sample: what they say of themselves, by brute force."""

from math import isnan
from types import SimpleNamespace

import numpy as np
import pytest

from phosphene.evidence.halves import _described, halves
from tests.evidence import planted, scans


def test_the_description_is_what_else_is_active_on_the_strongest():
    draw = np.random.default_rng(planted.fresh_seed())
    peaks = draw.normal(size=(30, 6))
    found = _described(peaks, 5)
    for unit in range(6):
        strongest = sorted(range(30), key=lambda row: -peaks[row, unit])[:5]
        mean = np.array([peaks[strongest, other].mean() for other in range(6) if other != unit])
        others = np.delete(found[unit], unit)
        assert np.corrcoef(others, mean)[0, 1] == pytest.approx(1)
        assert found[unit, unit] == pytest.approx(0)


def test_units_that_keep_company_agree_and_noise_does_not():
    """Units 0 to 7 are each strongest where two others of their own are active; 8 to 19 are noise; 20 is dead."""
    draw = np.random.default_rng(planted.fresh_seed())
    peaks = draw.normal(size=(800, 21))
    for unit in range(8):
        strongest = draw.choice(800, 80, replace=False)
        peaks[strongest, unit] += 8
        peaks[np.ix_(strongest, [(unit + 1) % 8 + 8, (unit + 2) % 8 + 8])] += 8
    peaks[:, 20] = 2
    atlas = SimpleNamespace(array=lambda layer, name: peaks)
    units = [SimpleNamespace(index=index, layer=SimpleNamespace(name="relu")) for index in range(21)]
    found = halves(atlas, units)
    for own in found[:8]:
        assert own.agreement > 0.6
        assert own.agreement > own.others + 0.3
        assert bool(own.finding.caution) == (own.agreement < 0.8)
    assert isnan(found[20].agreement)
    assert found[20].finding.caution
    noise = SimpleNamespace(array=lambda layer, name: draw.normal(size=(800, 21)))
    untold = halves(noise, units)
    assert abs(np.mean([own.agreement for own in untold])) < 0.2
    assert all(own.finding.caution for own in untold)


def test_of_the_planted_network(planted_scan):
    _, atlas, _ = planted_scan
    known = dict(zip(planted.UNITS, halves(atlas, atlas["act"]), strict=True))
    assert np.mean([known[name].agreement - known[name].others for name in ("green", "dark", "marker", "checks")]) > 0.2
    assert known["upright"].agreement == pytest.approx(known["copy"].agreement, abs=0.05)
    assert isnan(known["dead"].finding.value)


def test_too_few_pictures_tell_nothing(tmp_path):
    pictures, labels = planted.pictures(30, 1)
    atlas = scans.scanned(planted.network(), pictures, labels, tmp_path / "few.atlas", layers=["act"])
    for own in halves(atlas, atlas["act"]):
        assert isnan(own.finding.value)
        assert own.finding.sentence
