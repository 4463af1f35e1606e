"""Redundancy: planted copies by their address, correlations by brute force, dimensions by eigenvalues."""

from math import isnan

import numpy as np
import pytest

from phosphene.evidence.redundancy import (
    Redundancy,
    clustered,
    groups,
    layer_redundancy,
    participation,
    redundancy,
)
from tests.evidence import planted, scans


@pytest.fixture(scope="module", params=["arrange", "act"])
def answers(request: pytest.FixtureRequest, planted_scan) -> tuple[str, dict[str, Redundancy]]:
    _, atlas, _ = planted_scan
    return request.param, dict(zip(planted.UNITS, redundancy(atlas, atlas[request.param]), strict=True))


def kinds(found: Redundancy) -> dict[str, str]:
    return {copy.unit: copy.kind for copy in found.copies}


def test_copies_are_named_by_their_address(answers):
    layer, found = answers
    for one, other, kind, back in (("upright", "copy", "the same", "the same"),
                                   ("slanted", "scaled", "2.5 times it", "0.4 times it")):  # fmt: skip
        assert kinds(found[one])[planted.address(other, layer)] == kind
        assert kinds(found[other])[planted.address(one, layer)] == back
        assert f"{planted.address(other, layer)} is {kind}" in found[one].finding.sentence
        assert found[one].finding.value > 0.999


def test_a_negated_copy_is_named_before_the_non_linearity(planted_scan):
    _, atlas, _ = planted_scan
    (found,) = redundancy(atlas, [atlas[planted.address("checks", "arrange")]])
    assert kinds(found) == {planted.address("negated", "arrange"): "its negative"}
    assert found.unlike[0].slope == pytest.approx(-1)
    assert "is its negative (r = −1.00)" in found.finding.sentence


def test_copies_that_nobody_planted_are_found_too(planted_scan):
    """Magenta is minus greenness, and darkness minus brightness, until the non-linearity cuts them apart."""
    _, atlas, _ = planted_scan
    found = dict(zip(planted.UNITS, redundancy(atlas, atlas["arrange"]), strict=True))
    assert kinds(found["green"])[planted.address("marker", "arrange")] == "−2 times it"
    assert kinds(found["dark"])[planted.address("unread", "arrange")] == "its negative"
    assert not redundancy(atlas, [atlas[planted.address("green")]])[0].copies


def test_units_of_their_own_have_no_copy(answers):
    _, found = answers
    for name in ("red-green", "level", "blue"):
        assert not found[name].copies
        assert "redundant" not in found[name].finding.sentence


def test_a_dead_unit_has_no_fellows(answers):
    _, found = answers
    assert isnan(found["dead"].finding.value)
    assert found["dead"].finding.caution
    assert not [p for own in found.values() for p in (*own.like, *own.unlike) if p.unit.endswith(":9")]


def test_correlations_are_those_of_all_positions(planted_scan):
    """At few positions of every picture: near those of all positions, and the order of partners by r."""
    net, atlas, pictures = planted_scan
    maps = net.record(pictures, "arrange")["arrange"].double().permute(1, 0, 2, 3).flatten(1).numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        every = np.corrcoef(maps)
    found = layer_redundancy(atlas, "arrange").correlation
    living = np.flatnonzero(np.isfinite(every).any(1))
    assert np.abs(found[np.ix_(living, living)] - every[np.ix_(living, living)]).max() < 0.12
    for own in redundancy(atlas, atlas["arrange"]):
        like = [partner.r for partner in own.like]
        assert like == sorted(like, reverse=True)
        for partner in (*own.like, *own.unlike):
            assert partner.r == pytest.approx(found[int(own.unit.split(":")[1]), int(partner.unit.split(":")[1])])


def test_the_layer_as_a_whole(planted_scan):
    _, atlas, _ = planted_scan
    whole = layer_redundancy(atlas, "arrange")
    wanted = {tuple(sorted(map(planted.index, pair))) for pair in
              (("upright", "copy"), ("slanted", "scaled"), ("checks", "negated"))}  # fmt: skip
    assert wanted <= set(whole.groups)
    assert whole.living == 16
    living = np.delete(np.delete(whole.correlation, 9, 0), 9, 1)
    eigenvalues = np.linalg.eigvalsh(living)
    assert whole.dimension == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
    assert sorted(whole.order.tolist()) == list(range(17))
    assert whole.order[-1] == planted.index("dead")
    place = {int(unit): row for row, unit in enumerate(whole.order)}
    for one, other in wanted:
        assert abs(place[one] - place[other]) == 1
    spare = sum(len(group) - 1 for group in whole.groups)
    assert f"{spare} units could go" in whole.finding.sentence
    assert whole.finding.sentence.endswith("and 1 more is dead.")


def test_participation_at_its_ends():
    assert participation(np.eye(7)) == pytest.approx(7)
    assert participation(np.ones((7, 7))) == pytest.approx(1)
    assert isnan(participation(np.zeros((0, 0))))


def test_chains_of_copies_are_one_group():
    r = np.eye(5)
    for a, b, value in ((0, 2, 0.97), (2, 4, -0.99), (1, 3, 0.94)):
        r[a, b] = r[b, a] = value
    assert groups(r) == ((0, 2, 4),)


def test_the_order_brings_blocks_together():
    draw = np.random.default_rng(planted.fresh_seed())
    signs, blocks = draw.choice([-1, 1], 12), draw.permutation(np.repeat([0, 1, 2], 4))
    r = np.where(blocks[:, None] == blocks, 0.8, 0.1) * np.outer(signs, signs)
    np.fill_diagonal(r, 1)
    assert (np.diff(blocks[clustered(r)]) != 0).sum() == 2
    assert clustered(np.eye(2)).tolist() == [0, 1]


def test_the_interval_holds_the_truth_as_often_as_it_says():
    from phosphene.evidence.redundancy import _interval

    draw = np.random.default_rng(planted.fresh_seed())
    inside = []
    for _ in range(200):
        x = draw.normal(size=(100, 2)) @ np.array([[1, 0.6], [0, 0.8]])
        found = _interval(float(np.corrcoef(x.T)[0, 1]), 100)
        assert found is not None
        inside.append(found.low <= 0.6 <= found.high)
    assert np.mean(inside) > 0.85
    assert _interval(0.5, 4) is None


def test_random_units_are_no_copies_of_each_other(tmp_path):
    seed = planted.fresh_seed()
    net = scans.untrained(scans.Noise, seed)
    pictures, labels = planted.pictures(200, seed)
    atlas = scans.scanned(net, pictures, labels, tmp_path / "n.atlas", layers=["frac"])
    assert not [own for own in redundancy(atlas, atlas["frac"]) if own.copies]
    whole = layer_redundancy(atlas, "frac")
    assert whole.dimension == pytest.approx(24, rel=0.1)
    assert not whole.groups
