"""Peaks read from an atlas against a search with NumPy, one picture and one unit at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phosphene.story import scanned as scanning
from phosphene.story.choice import strongest
from phosphene.story.peaks import Peaks, answers
from phosphene.story.scanned import dead_units, scanned
from tests.story import tiny


def searched(net, pictures, layer):
    """Return peaks and places (row-major index), found the slow way from a plain forward pass."""
    modules = {"relu1": net.model.conv1, "relu2": net.model}
    values, places = [], []
    for picture in pictures:
        pixels = torch.from_numpy(np.array(picture.open())).permute(2, 0, 1)[None] / 255
        maps = np.maximum(modules[layer](pixels).detach().numpy()[0], 0)
        values.append([one.max() for one in maps])
        places.append([int(np.argmax(one.ravel())) for one in maps])
    return np.array(values), np.array(places)


@pytest.mark.parametrize("layer", ["relu1", "relu2"])
def test_peaks_are_those_of_a_plain_forward_pass(net, pictures, atlas, layer):
    found = Peaks.of(atlas, layer)
    values, places = searched(net, pictures, layer)
    assert found.image.tolist() == list(range(10))
    np.testing.assert_allclose(found.value.numpy(), values, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.highest.numpy(), values.max(0), rtol=1e-5, atol=1e-6)
    active = values > 1e-4
    assert active.sum() > 20
    assert (found.place.numpy() == places)[active].all()
    for unit in range(found.units):
        assert strongest(found.value[:, unit], 3) == list(np.argsort(-values[:, unit], kind="stable")[:3])


def test_a_position_is_row_and_column(net, pictures, atlas):
    peaks = Peaks.of(atlas, "relu2")
    unit = int(peaks.highest.argmax())
    row = int(peaks.value[:, unit].argmax())
    maps = net.record(pictures[row], "relu2")["relu2"][0, unit]
    y, x = peaks.position(row, unit)
    assert maps[y, x] == pytest.approx(maps.max().item())


@pytest.mark.slow
def test_what_drives_a_unit_most_is_an_answer_also_outside_the_sample(net, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(scanning, "SAMPLE", 3)
    values, _ = searched(net, pictures, "relu2")
    with scanned(net, pictures, tmp_path / "small.atlas", tiny.quiet) as atlas:
        peaks = Peaks.of(atlas, "relu2")
        assert len(peaks.image) == 3
        assert peaks.on(int(peaks.image[1])).tolist() == peaks.value[1].tolist()
        for unit in atlas["relu2"]:
            found = answers(peaks, unit)
            assert [each.image for each in found] == np.argsort(-values[:, unit.index], kind="stable").tolist()
            assert [each.value for each in found] == pytest.approx(
                sorted(values[:, unit.index], reverse=True), rel=1e-5
            )


def test_values_that_are_not_finite_are_no_answers(atlas):
    peaks = Peaks.of(atlas, "relu2")
    unit = atlas.unit("relu2", 0)
    unit.__dict__["examples"] = ()
    broken = replace(peaks, value=peaks.value.clone())
    broken.value[0, 0], broken.value[1, 0] = torch.nan, torch.inf
    assert sorted(each.image for each in answers(broken, unit)) == list(range(2, 10))


def test_dead_units_are_counted_and_not_alive(net, pictures, tmp_path):
    with torch.no_grad():
        net.model.conv1.bias[2] = -100
    with scanned(net, pictures, tmp_path / "dead.atlas", tiny.quiet) as atlas:
        alive = {layer: searched(net, pictures, layer)[0].max(0) > 0 for layer in ("relu1", "relu2")}
        assert dead_units(atlas) == {layer: (~units).sum() for layer, units in alive.items()}
        assert Peaks.of(atlas, "relu1").alive.tolist() == alive["relu1"].tolist() == [True, True, False, True]
