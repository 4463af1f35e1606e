"""The gallery on a tiny network and ten pictures: the right photographs, the right patches, the right ways back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing
from phosphene.sheets.figures import number
from phosphene.sheets.patches import Chosen
from phosphene.sources.images import images
from scripts.gallery.__main__ import LAYERS, main
from scripts.gallery.make import RULES, heroes, look, make, nines, save
from scripts.gallery.places import active_there
from scripts.gallery.sheets import CLIP, figure_2, neighbours_sheet, ways_sheet
from tests.story import tiny
from tests.story.tiny import quiet

SHARED = Path(__file__).parents[3] / "shared"
WEIGHTS = SHARED / "models" / "squeezenet1_0-imagenet.safetensors"
PHOTOGRAPHS = SHARED / "data" / "imagenet-samples.zip"


@pytest.fixture
def net():
    return tiny.network()


@pytest.fixture
def looked(tmp_path, net):
    return look(net, images(tiny.folder(tmp_path / "pictures")), ["relu1", "relu2"], tmp_path / "tiny.atlas", quiet)


@pytest.fixture
def material(looked):
    return looked[0]


@pytest.fixture
def peaks(looked):
    return looked[1]


def pixels(material):
    """Return the pictures as they lie on the disk, (N, 3, H, W)."""
    return np.stack([np.asarray(picture.open()).transpose(2, 0, 1) for picture in material.images])


def forward(net, material, layer):
    """Return a layer's maps of all pictures by plain modules, as NumPy."""
    part = {"relu1": lambda x: net.model.relu1(net.model.conv1(x)), "relu2": net.model}[layer]
    with torch.no_grad():
        return part(torch.from_numpy(pixels(material)).float() / 255).numpy()


def drawn(values):
    """Draw a projection (3, H, W) by hand: zero is 128, the scale ends at the 99th percentile of what is not zero."""
    size = np.abs(values)
    unit = (values / np.percentile(size[size > 0], CLIP)).clip(-1, 1)
    return (128 + np.rint(127 * unit)).transpose(1, 2, 0)


def shown(tile):
    return np.asarray(tile.picture, dtype=np.int64)


@pytest.mark.slow
def test_pictures_are_what_the_network_sees_and_broken_ones_are_named(tmp_path):
    folder = tiny.folder(tmp_path / "pictures")
    large = Image.effect_noise((40, 31), 80).convert("RGB")
    large.save(folder / "cat" / "00.png")
    (folder / "cat" / "01.png").write_bytes(b"no picture")
    preprocess = Preprocessing((16, 16), (0.5, 0.4, 0.3), (0.2, 0.2, 0.3), resize=20)
    net = Network(tiny.Two().eval(), preprocess, input_size=(3, 16, 16))
    material, peaks = look(net, images(folder), ["relu1"], tmp_path / "a.atlas", quiet)
    expected = large.resize((25, 20), Image.Resampling.BILINEAR).crop((4, 2, 20, 18))  # by hand: (25 - 16) / 2 is 4.5
    x = (torch.from_numpy(np.array(expected)).permute(2, 0, 1) / 255 - torch.tensor([[[0.5]], [[0.4]], [[0.3]]])) / (
        torch.tensor([[[0.2]], [[0.2]], [[0.3]]])
    )
    with torch.no_grad():
        maps = net.model.relu1(net.model.conv1(x[None]))[0]
    row = [material.images[image].id for image in peaks["relu1"].image.tolist()].index("cat/00.png")
    torch.testing.assert_close(peaks["relu1"].value[row], maps.amax((1, 2)), rtol=1e-4, atol=1e-5)
    assert [failure.id for failure in material.failures] == ["cat/01.png"]
    assert len(material) == len(peaks["relu1"].image) == 10


def test_a_set_that_cannot_be_read_is_said(tmp_path, net):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(PhospheneError, match="none of the 1 pictures"):
        look(net, images(tmp_path / "broken.png"), ["relu1"], tmp_path / "a.atlas", quiet)


def test_figure_2_shows_the_nine_strongest_photographs_where_they_are_strongest(net, material, peaks, monkeypatch):
    maps = forward(net, material, "relu2")
    unit = int(maps.max((0, 2, 3)).argmax())
    monkeypatch.setattr("scripts.gallery.make.shown_units", lambda peaks, seed: [Chosen(unit, "why")])
    (group,) = figure_2(net, "relu2", peaks["relu2"], nines(net, "relu2", peaks["relu2"], material)).tiles
    assert group.value == number(float(maps[:, unit].max()))
    patches, _ = group.tiles
    own = maps[:, unit].reshape(len(maps), -1)
    order = [row for row in np.argsort(-own.max(1), kind="stable")[:9] if own[row].max() > 0]
    assert len(patches.tiles) == len(order) > 5
    for tile, row in zip(patches.tiles, order, strict=True):
        y, x = (2 * place - 4 for place in divmod(int(own[row].argmax()), 8))  # 5x5, pool 2, 3x3: 10 pixels from 2p - 4
        padded = np.pad(pixels(material)[row], ((0, 0), (10, 10), (10, 10)))  # black: no preprocessing here
        expected = padded[:, y + 10 : y + 20, x + 10 : x + 20].transpose(1, 2, 0)
        assert (shown(tile) == expected).all()


def test_ways_are_the_rules_they_are_called(net, material, peaks):
    place = heroes(net, peaks)[1]
    sheet = ways_sheet(net, material, [place], RULES, "three rules")
    assert sheet.row_headers[1:4] == ("whole map deconvnet", "whole map guided", "whole map gradient")
    assert sheet.row_headers[5:] == ("peak deconvnet", "peak guided", "peak gradient")
    photograph, *maps, _, _, _, peak = sheet.tiles
    assert (shown(photograph) == pixels(material)[place.image].transpose(1, 2, 0)).all()
    x = (torch.from_numpy(pixels(material)[place.image])[None].float() / 255).requires_grad_()
    own = net.model(x)[0, place.index]
    (whole,) = torch.autograd.grad(own.square().sum() / 2, x, retain_graph=True)  # its own value times its gradient
    assert np.abs(shown(maps[2]) - drawn(whole[0].numpy())).max() <= 1
    (one,) = torch.autograd.grad(own[place.position].square() / 2, x)
    whole = np.pad(one[0].numpy(), ((0, 0), (10, 10), (10, 10)))
    y, x = (2 * p - 4 + 10 for p in place.position)
    assert np.abs(shown(peak) - drawn(whole[:, y : y + 10, x : x + 10])).max() <= 1
    assert not (shown(maps[0]) == shown(maps[2])).all()


def test_heroes_stand_where_the_first_chosen_unit_is_strongest(net, material, peaks):
    for place in heroes(net, peaks):
        own = forward(net, material, place.unit.layer)[:, place.index]
        assert (place.image, *place.position) == tuple(np.argwhere(own == own.max())[0])
        assert place.value == pytest.approx(own.max(), rel=1e-5)


def test_others_at_a_place_are_active_there(net, material, peaks):
    place = heroes(net, peaks)[1]
    values = forward(net, material, "relu2")[(place.image, slice(None), *place.position)]
    active = {unit for unit in np.flatnonzero(values > 1e-6).tolist() if unit != place.index}
    assert active
    assert set(active_there(net, place, material, 6, seed=1)) == active
    assert len(active_there(net, place, material, 1, seed=1)) == 1


def test_neighbours_say_how_alike_they_are(net, material, peaks):
    places = heroes(net, peaks)
    sheet = neighbours_sheet(net, material, places, seed=1)
    row = sheet.tiles[7:14]
    assert row[1].label == str(places[1].index)
    first, other = (shown(tile).astype(float).ravel() for tile in row[1:3])
    drawn_alike = np.corrcoef(first, other)[0, 1]  # of the drawn pictures, which clip a little
    assert float(row[2].value.removeprefix("r ").replace("−", "-")) == pytest.approx(drawn_alike, abs=0.15)
    assert [tile.note for tile in row if tile.picture is None] == ["no other is active"] * (
        7 - sum(tile.picture is not None for tile in row)
    )


@pytest.mark.slow
def test_a_gallery_is_written_and_each_picture_in_the_smaller_of_two_forms(tmp_path, net):
    out = tmp_path / "out"
    out.mkdir()
    (out / "gallery-rules.png").write_bytes(b"of an earlier time")
    (out / "mine.png").write_bytes(b"somebody else's")
    measured = make(net, images(tiny.folder(tmp_path / "pictures")), ["relu1", "relu2"], out, quiet)
    assert [each.layer for each in measured] == ["relu1", "relu2"]
    names = {path.stem for path in out.iterdir()}
    sheets = {"gallery-relu1", "gallery-relu2", "gallery-positions", "gallery-unpools", "gallery-rules"}
    assert names == {*sheets, "gallery-neighbours", "mine"}
    assert len(list(out.iterdir())) == len(names)
    for path in out.glob("gallery-*"):
        Image.open(path).verify()


def test_flat_sheets_become_png_and_photographs_jpeg(tmp_path):
    from phosphene.draw.sheet import Sheet, Tile

    noise = Image.effect_noise((200, 200), 100)
    assert save(Sheet([Tile(Image.new("RGB", (200, 200)))]), tmp_path / "flat").name == "flat.png"
    assert save(Sheet([Tile(noise)], tile_size=96), tmp_path / "noise").name == "noise.jpg"


def test_a_mistake_is_one_sentence():
    with pytest.raises(SystemExit, match="there is no"):
        main(["nowhere.safetensors", "nowhere.zip"])


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS.exists(), reason="wants ../shared: real weights and photographs")
def test_real_peaks_are_those_of_torchvision(tmp_path):
    """The nine strongest photographs of a set, and where, as torchvision's own model and transforms find them."""
    import torchvision
    from safetensors.torch import load_file

    import phosphene as ph

    net = ph.load("torchvision/squeezenet1_0", weights=str(WEIGHTS))
    some = ph.images(PHOTOGRAPHS).take(6, seed=3)
    peaks = look(net, some, [LAYERS[-1]], tmp_path / "some.atlas", quiet)[1][LAYERS[-1]]
    model = torchvision.models.squeezenet1_0(weights=None).eval()
    model.load_state_dict(load_file(WEIGHTS))
    transform = torchvision.models.SqueezeNet1_0_Weights.DEFAULT.transforms()
    with torch.no_grad():
        maps = torch.cat([model.features(transform(picture.open())[None]) for picture in some])
    torch.testing.assert_close(peaks.value, maps.amax((2, 3)), rtol=1e-3, atol=1e-2)
    place = maps.flatten(2).argmax(2)
    clear = maps.amax((2, 3)) > 1
    assert (peaks.place == place)[clear].float().mean() > 0.999
