"""The figures of the gallery's table, on networks of one layer whose projections are known by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from phosphene.network import Network, Unit
from phosphene.project.patches import patches_of
from phosphene.sheets.patches import Chosen
from phosphene.sources.images import ImageSet, Picture
from phosphene.sources.picture import Pixels
from scripts.gallery.alike import WAYS, Alike, alike, table
from scripts.gallery.make import look
from scripts.gallery.units import BY_LOT, Nine
from tests.story.tiny import SIDE, quiet


def one_layer(filters):
    """Return a network of one convolution without padding: a unit's projection is a multiple of its filter."""
    model = nn.Sequential(nn.Conv2d(3, len(filters), filters.shape[-1]), nn.ReLU()).eval()
    with torch.no_grad():
        model[0].weight.copy_(filters)
        model[0].bias.fill_(100.0)  # so that every unit is active everywhere
    return Network(model, input_size=(3, SIDE, SIDE), name="one")


def pictures(count=10):
    values = np.random.default_rng(2).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)
    return ImageSet("noise", [Picture(str(index), None, Pixels(one)) for index, one in enumerate(values)])


@pytest.fixture
def measured(tmp_path):
    def measure(filters):
        net, path = one_layer(filters), tmp_path / "noise.atlas"
        material, peaks = look(net, pictures(), ["1"], path, quiet)
        path.unlink()
        chosen = Chosen(0, BY_LOT), Chosen(1, "chosen")
        found = [Nine(each, patches_of(net, Unit("1", each.unit), pictures())) for each in chosen]
        return alike(net, "1", peaks["1"], found, material, 1)

    return measure


def test_units_with_one_filter_are_alike_and_each_is_like_itself(measured):
    one = torch.randn(1, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    found = measured(one.expand(4, -1, -1, -1))
    assert found.field == 5
    assert found.others == pytest.approx((1.0,) * len(WAYS))
    assert found.itself == pytest.approx(1.0)


@pytest.mark.slow
def test_different_filters_are_as_alike_as_the_filters(measured):
    both = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(4))
    r = np.corrcoef(both.flatten(1).numpy())[0, 1]
    assert measured(both).others == pytest.approx((r,) * len(WAYS))
    assert measured(both).itself == pytest.approx(1.0)


def test_the_table_says_every_figure_with_two_digits():
    text = table([Alike("relu1", 7, (0.5, 0.25, -0.125, 1.0), 0.999), Alike("gap", None, (), float("nan"))])
    assert text.splitlines()[0] == "| layer | sees | deconvnet | guided | gradient | deconvnet, fill | one unit |"
    assert text.splitlines()[2] == "| `relu1` | 7 × 7 | 0.50 | 0.25 | −0.12 | 1.00 | 1.00 |"
    assert text.splitlines()[3] == "| `gap` | everything | none |"
