"""Agreement of seeds on numbers made by hand."""

import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from phosphene.dream.agreement import Agreement, agreement, correlations


def test_correlations_are_pearsons():
    a, b = torch.rand(3, 9), torch.rand(2, 9)
    np.testing.assert_allclose(correlations(a, b), np.corrcoef(a, b)[:3, 3:], atol=1e-6)
    assert correlations(torch.ones(1, 4), b[:, :4]).isnan().all()


def test_the_same_pictures_in_another_order_agree():
    pictures = torch.rand(1, 3, 3, 12, 12).repeat(2, 1, 1, 1, 1)
    answers = torch.rand(1, 3, 7).repeat(2, 1, 1)
    found = agreement(pictures, torch.stack([answers[0], answers[0, [2, 0, 1]]]), torch.rand(20, 7))
    assert found.pixels == pytest.approx(1)
    assert found.structure == pytest.approx(1)
    assert found.layer == pytest.approx(1)
    assert abs(found.chance) < 0.3
    assert not found.caution


def test_different_pictures_do_not():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(3, 1, 1, 32, 32, generator=generator)
    answers = torch.rand(3, 1, 200, generator=generator)
    found = agreement(pictures, answers, torch.rand(5, 200, generator=generator))
    assert abs(found.pixels) < 0.1
    assert abs(found.layer) < 0.2
    assert found.caution == "the seeds show different things: none of them alone is what the unit is for"


def test_structure_is_structural_similarity():
    """Against scikit-image, where the largest values are those of white."""
    a, b = np.random.default_rng(0).random((2, 16, 16))
    a[0, 0] = b[0, 0] = 1
    found = agreement(torch.tensor(np.stack([a, b]))[:, None, None], torch.rand(2, 1, 5), torch.rand(2, 5))
    assert found.structure == pytest.approx(structural_similarity(2 * a - 1, 2 * b - 1, data_range=2), abs=0.01)


def test_one_seed_agrees_with_nobody():
    found = agreement(torch.rand(1, 2, 3, 8, 8), torch.rand(1, 2, 5), torch.rand(2, 5))
    assert all(map(math.isnan, (found.pixels, found.structure, found.layer, found.chance)))
    assert found.sentence == ""


@pytest.mark.parametrize(("layer", "chance", "doubtful"), [(0.9, 0.1, False), (0.9, 0.85, True), (0.3, -0.2, True)])
def test_agreement_counts_from_chance(layer, chance, doubtful):
    assert bool(Agreement(0.5, 0.5, layer, chance).caution) is doubtful
