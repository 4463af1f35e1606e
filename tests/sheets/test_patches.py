"""Figure 2: nine patches and projections against the same done by hand."""

import numpy as np
import pytest
import torch

from phosphene.atlas.records import Example
from phosphene.network import Unit
from phosphene.project import project
from phosphene.project.patches import patches_of
from phosphene.sheets.patches import Chosen, patch_groups, unit_group
from phosphene.story.peaks import Peaks
from tests.story.tiny import SIDE


@pytest.fixture
def unit(atlas):
    return int(Peaks.of(atlas, "relu2").highest.argmax())


def test_a_patch_is_cut_where_the_unit_peaks_and_its_projection_loses_nothing(net, pictures, unit):
    found = patches_of(net, Unit("relu2", unit), pictures)
    side = net.layer("relu2").receptive_field[0]
    assert found.patches.shape[1:] == found.projections.shape[1:] == (3, side, side)
    for index, picture in enumerate(pictures):
        whole = project(net, picture, f"relu2:{unit}", position="peak")
        torch.testing.assert_close(found.projections[index].sum(), whole.pixels.sum())
        torch.testing.assert_close(found.projections[index].abs().max(), whole.pixels.abs().max())
        y, x = (2 * place - 4 for place in whole.places[0, 0].tolist())  # by hand: 5x5, pool 2, 3x3 from 2p - 4 on
        pixels = torch.from_numpy(np.array(picture.open())).permute(2, 0, 1) / 255
        expected = torch.nn.functional.pad(pixels, (side,) * 4)[:, y + side : y + 2 * side, x + side : x + 2 * side]
        inside = torch.nn.functional.pad(torch.ones(SIDE, SIDE), (side,) * 4)
        mask = inside[y + side : y + 2 * side, x + side : x + 2 * side] > 0
        torch.testing.assert_close(found.patches[index][:, mask], expected[:, mask])


def typical(percent, value):
    return Example("relu2", 0, "quantile", percent, 0, value, 0, 0, (0, 0, 1, 1))


def test_typical_pictures_stand_below_under_their_percentages_and_values(net, pictures, unit):
    found = patches_of(net, Unit("relu2", unit), pictures)
    nine, projections, below, sent = patch_groups(found, [typical(50, 0.5)])
    assert [len(group.tiles) for group in (nine, projections, below, sent)] == [9, 9, 1, 1]
    assert (below.column_headers, sent.column_headers) == (("50 %",), ("0.500",))
    (ten, _) = patch_groups(found)
    last = [np.asarray(group.tiles[-1].picture) for group in (ten, below)]
    assert (last[0] == last[1]).all()


def test_a_unit_is_headed_by_its_number_why_it_is_shown_and_its_value(net, pictures):
    group = unit_group(Chosen(3, "drawn"), patches_of(net, Unit("relu2", 3), pictures), 4.5)
    assert (group.label, group.value) == ("3 · drawn", "4.50")
