"""The strongest pictures against a search with NumPy, one picture and one unit at a time."""

import numpy as np
import pytest
import torch

from phosphene.story.choice import strongest
from phosphene.story.survey import relus, survey
from tests.story.tiny import quiet


def searched(net, material, layer):
    """Return peaks and places (row-major index), found the slow way from a plain forward pass."""
    modules = {"relu1": net.model.conv1, "relu2": net.model}
    values, places = [], []
    for row in range(len(material)):
        picture = material.pixels[row : row + 1].float() / 255
        maps = np.maximum(modules[layer](picture).detach().numpy()[0], 0)
        values.append([one.max() for one in maps])
        places.append([int(np.argmax(one.ravel())) for one in maps])
    return np.array(values), np.array(places)


@pytest.mark.parametrize("batch", [3, 128])
@pytest.mark.parametrize("layer", ["relu1", "relu2"])
def test_peaks_are_those_of_a_plain_forward_pass(net, material, layer, batch):
    found = survey(net, material, [layer], 100, quiet, batch)[layer]
    values, places = searched(net, material, layer)
    np.testing.assert_allclose(found.value.numpy(), values, rtol=1e-5, atol=1e-6)
    active = values > 1e-4
    assert active.sum() > 20
    assert (found.place.numpy() == places)[active].all()
    for unit in range(found.units):
        assert strongest(found.value[:, unit], 3) == list(np.argsort(-values[:, unit], kind="stable")[:3])


def test_no_more_pictures_than_asked(net, material):
    assert survey(net, material, ["relu1"], 4, quiet)["relu1"].value.shape == (4, 4)


def test_a_position_is_row_and_column(net, material):
    peaks = survey(net, material, ["relu2"], 100, quiet)["relu2"]
    unit = int(peaks.value.amax(0).argmax())
    row = int(peaks.value[:, unit].argmax())
    maps = net.record(material.inputs(net, [row]), "relu2")["relu2"][0, unit]
    y, x = peaks.position(row, unit)
    assert maps[y, x] == maps.max()


def test_each_convolution_is_shown_after_its_relu(net):
    assert relus(net) == ["relu1", "relu2"]


def test_dead_units_are_not_alive(net, material):
    with torch.no_grad():
        net.model.conv1.bias[2] = -100
    assert survey(net, material, ["relu1"], 100, quiet)["relu1"].alive.tolist() == [True, True, False, True]
