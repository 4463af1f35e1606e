"""Figure 2: nine patches and projections against the same done by hand."""

import torch

from phosphene.project import project
from phosphene.story.choice import strongest
from phosphene.story.patches import Chosen, patches_of
from phosphene.story.survey import survey
from tests.story.tiny import SIDE, quiet


def test_a_patch_is_cut_where_the_unit_peaks_and_its_projection_loses_nothing(net, material):
    peaks = survey(net, material, ["relu2"], 100, quiet)["relu2"]
    unit = int(peaks.value.amax(0).argmax())
    [found] = patches_of(net, "relu2", [Chosen(unit, "drawn")], peaks, material)
    assert found.rows == [row for row in strongest(peaks.value[:, unit], 9) if peaks.value[row, unit] > 0]
    side = net.layer("relu2").receptive_field[0]
    assert found.patches.shape[1:] == found.projections.shape[1:] == (3, side, side)
    for index, row in enumerate(found.rows):
        whole = project(net, material.inputs(net, [row]), f"relu2:{unit}", position="peak")
        torch.testing.assert_close(found.projections[index].sum(), whole.pixels.sum())
        torch.testing.assert_close(found.projections[index].abs().max(), whole.pixels.abs().max())
        y, x = (2 * place - 4 for place in whole.places[0, 0].tolist())  # by hand: 5x5, pool 2, 3x3 from 2p - 4 on
        picture = torch.nn.functional.pad(material.pixels[row].float() / 255, (side,) * 4)
        expected = picture[:, y + side : y + 2 * side, x + side : x + 2 * side]
        inside = torch.nn.functional.pad(torch.ones(SIDE, SIDE), (side,) * 4)
        mask = inside[y + side : y + 2 * side, x + side : x + 2 * side] > 0
        torch.testing.assert_close(found.patches[index][:, mask], expected[:, mask])
