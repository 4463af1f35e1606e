"""What is known against such pictures shows, and is measured: on networks and pictures drawn anew at each run."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

import phosphene as ph
from phosphene.evidence.fooling import fooling
from phosphene.evidence.learned import learned
from phosphene.evidence.sights import Sights, sight
from phosphene.evidence.similarity import cosine
from phosphene.evidence.specificity import specificity
from phosphene.evidence.squares import blurred
from phosphene.network import Unit
from phosphene.project.rules import Way
from tests.evidence import planted
from tests.evidence.planted_pixels import Fooling, untrained

LAYER = "relu3"


def sights(layer: str, units: int) -> Sights:
    seed = planted.fresh_seed()
    x, _ = planted.pictures(4, seed)
    return sight(untrained(seed), [Unit(layer, index) for index in range(units)], x, seed)


def of_all(values: list[np.ndarray]) -> float:
    return float(np.nanmean(np.stack(values)))


def test_without_training_switches_show_the_image_and_not_the_unit():
    """Nie et al. 2018; Mahendran & Vedaldi 2016: units differ less than images do, and `fill` differs."""
    found = specificity(sights(LAYER, 16))
    units, images, unpooled = (
        of_all([getattr(each, name).cosine for each in found]) for name in ("units", "images", "unpooled")
    )
    assert units < 0.55
    assert images > units + 0.1
    assert unpooled > 0.5
    cautions = [each.findings[0].caution for each in found if np.isfinite(each.value).all()]
    assert np.mean([bool(caution) for caution in cautions]) > 0.6
    assert any("more with the image than with the unit" in caution for caution in cautions)


def test_without_training_switches_redraw_the_fine_lines_of_the_image_and_fill_does_not():
    """Nie et al. 2018: what `deconvnet` sends back follows the picture's own edges, whatever the weights."""
    seed = planted.fresh_seed()
    net, x = untrained(seed), _boxes(seed)
    lines = x - blurred(x, 2.0)
    alike = {
        unpool: float(_correlation(ph.project(net, x, LAYER, unpool=unpool).pixels, lines).nanmean())
        for unpool in ("switches", "fill")
    }
    assert alike["switches"] > 0.1
    assert abs(alike["fill"]) < 0.08


def _boxes(seed: int) -> Tensor:
    """A box of one colour on another, and a little noise."""
    draw, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    x = torch.from_numpy(draw.uniform(0.2, 0.8, (6, 3, 1, 1))).float().repeat(1, 1, 32, 32)
    for picture in x:
        (top, left), (height, width) = draw.integers(4, 14, 2), draw.integers(8, 16, 2)
        picture[:, top : top + height, left : left + width] = torch.from_numpy(draw.random((3, 1, 1))).float()
    return x + 0.02 * torch.randn(x.shape, generator=noise)


def _correlation(projections: Tensor, pictures: Tensor) -> Tensor:
    units = len(projections)
    a, b = projections.sum(2).flatten(0, 1), pictures.sum(1).repeat(units, 1, 1)
    return cosine(*(values - values.mean((1, 2), keepdim=True) for values in (a, b)))


def test_guided_pictures_hardly_see_that_the_top_layer_is_re_drawn():
    """Adebayo et al. 2018. The gradient does see it."""
    top = sights("conv3", 32)
    guided, gradient = (learned(top, Way(rule), draws=1) for rule in ("guided", "gradient"))
    assert of_all([each.cosine[0] for each in guided]) > 0.5
    assert abs(of_all([each.cosine[0] for each in gradient])) < 0.2
    hardly = [each for each in guided if "re-drawing conv3 hardly changes it" in each.finding.caution]
    assert hardly


def test_a_picture_made_to_drive_the_unit_that_lies_is_caught():
    """Geirhos et al. 2023: the unit's largest answer is to a checkerboard, which nature does not show it."""
    seed = planted.fresh_seed()
    model = Fooling().eval()
    net = ph.Network(model, name="fooling")
    x = blurred(planted.pictures(40, seed)[0], 1.0)
    peaks = net.record(x, "act")["act"].amax((2, 3))
    natural = x[peaks.topk(6, 0).indices.T]
    # What drives a linear unit most: black and white by the signs of its filter.
    made = torch.full((2, 3, 32, 32), 0.5)
    for index, filters in enumerate((model.board.weight, model.bars.weight)):
        made[index, :, 8:17, 8:17] = (filters[0] > 0).float()
    lying, honest = fooling(sight(net, [Unit("act", 0), Unit("act", 1)], natural), made)
    assert lying.value > lying.natural_value.max()
    assert honest.value > honest.natural_value.max()
    assert lying.finding.caution == "the made picture shows something else than what drives the unit in nature"
    assert lying.finding.value < 0.1 < 0.7 < lying.finding.baseline
    assert not honest.finding.caution
    assert honest.finding.value > 0.8
