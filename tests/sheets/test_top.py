"""Figure 2 from an atlas: the right patches, cut where the unit looks."""

import numpy as np
import pytest
from PIL import Image

import phosphene as ph
from phosphene.draw.sheet import Group
from phosphene.errors import UsageError
from phosphene.sheets.figures import number
from phosphene.sheets.top import Projecting, top_sheet
from tests.scan.brute import SIZE, network


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    draw = np.random.default_rng(4)
    for i in range(30):
        Image.fromarray(draw.integers(0, 256, (*SIZE, 3), np.uint8)).save(folder / f"{i:02}.png")
    return ph.images(folder)


@pytest.fixture(scope="module")
def atlas(photos, tmp_path_factory):
    with ph.scan(network(), photos, tmp_path_factory.mktemp("a") / "a.atlas", ["relu", "conv2"], top=9) as atlas:
        yield atlas


def pictures_of(group):
    return [np.asarray(tile.picture) for tile in group.tiles]


def test_patches_are_what_the_strongest_places_see(atlas, photos):
    net = network()
    (group,) = top_sheet(atlas, [atlas["relu:1"]], Projecting(net, photos)).tiles
    assert isinstance(group, Group)
    patches, projections, typical, sent = group.tiles
    maps = net.record(list(photos), "relu")["relu"][:, 1]
    order = maps.amax((1, 2)).argsort(descending=True)[:9].tolist()
    for shown, row in zip(pictures_of(patches), order, strict=True):
        y, x = divmod(int(maps[row].argmax()), maps.shape[2])
        picture = np.asarray(photos[row].open())
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                if 0 <= y + dy < SIZE[0] and 0 <= x + dx < SIZE[1]:
                    assert (shown[1 + dy, 1 + dx] == picture[y + dy, x + dx]).all()
    assert len(projections.tiles) == 9
    assert sent.column_headers == tuple(number(example.value) for example in atlas["relu:1"].typical)
    assert typical.column_headers == ("10 %", "50 %", "90 %")


def test_the_atlas_alone_gives_the_same_patches_inside_the_picture(atlas, photos):
    unit = atlas["conv2:0"]
    (alone,) = top_sheet(atlas, [unit]).tiles
    for shown, example in zip(pictures_of(alone.tiles[0]), unit.examples, strict=True):
        x0, y0, x1, y1 = (round(edge) for edge in example.box)
        assert (shown == np.asarray(photos[example.image].open())[y0:y1, x0:x1]).all()


def test_whole_copies_serve_instead_of_the_images(atlas, photos):
    net = network()
    with_images, without = (
        top_sheet(atlas, [atlas["relu:1"]], Projecting(net, given)).image() for given in (photos, None)
    )
    assert (np.asarray(with_images) == np.asarray(without)).all()


def test_a_dead_unit_says_so(atlas):
    (group,) = top_sheet(atlas, [atlas["relu:3"]]).tiles
    assert atlas["relu:3"].stats.dead
    assert group.value == "dead"


def test_a_set_that_lacks_a_picture_is_named(atlas, photos):
    with pytest.raises(UsageError, match="give the set that was scanned"):
        top_sheet(atlas, [atlas["relu:1"]], Projecting(network(), photos.take(3)))
