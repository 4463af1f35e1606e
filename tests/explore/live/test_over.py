"""One unit on many pictures: the right ones, in the right order, and only those that can be had."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import phosphene as ph
from phosphene.errors import UsageError
from phosphene.sources.picture import ImageSet, Picture, Pixels
from tests.explore.live import handmade
from tests.explore.live.handmade import cell


@pytest.fixture(scope="module")
def few_kept(tmp_path_factory):
    """An atlas that keeps pictures 9, 8 (strongest) and 1, 4 or 5, 8 (typical) of one unit, and no others."""
    path = tmp_path_factory.mktemp("few") / "few.atlas"
    with ph.scan(OnlyRed.network(), handmade.pictures(), path, ["red"], top=2, positions=4) as atlas:
        yield atlas


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """An atlas of pictures too large to be kept whole, and those."""
    pictures = [Picture(f"{i}.png", None, Pixels(np.asarray(handmade.photo(i).resize((300, 300), 0)))) for i in (3, 6)]
    images = ImageSet("large", pictures)
    with ph.scan(handmade.network(), images, tmp_path_factory.mktemp("l") / "l.atlas", ["act"], positions=4) as atlas:
        yield atlas, images


class OnlyRed(handmade.nn.Module):
    def __init__(self):
        super().__init__()
        self.red = handmade.nn.Conv2d(3, 1, 3, padding=1, bias=False)
        self.red.weight.requires_grad_(False).zero_()
        self.red.weight[0, 0, 1, 1] = 1

    def forward(self, x):
        return self.red(x)

    @classmethod
    def network(cls):
        return ph.Network(cls().eval(), input_size=(3, 8, 8), name="red")


def numbers(answer):
    return [each["image"] for each in answer["images"]]


def over(live, **asked):
    return live.answer("over", {"unit": "act:0"} | asked)


def test_the_strongest_come_in_order_with_names_and_values(live):
    answer = over(live, count="4")
    assert numbers(answer) == [9, 8, 7, 6]
    assert answer["images"][0] == {
        "image": 9,
        "name": "odd/09.png",
        "label": "odd",
        "value": pytest.approx(handmade.red(9)),
        "empty": False,
    }
    assert answer["note"].startswith("The 4 strongest of 10 pictures.")


def test_a_patch_and_its_projection_stand_in_cells_of_the_same_place(live):
    answer = over(live, count="4", rule="gradient")
    assert (answer["columns"], answer["cell"]) == (2, 3)
    for place, image in enumerate((9, 8, 7, 6)):
        y, x = handmade.spot(image)
        if 0 < y < 7 and 0 < x < 7:
            patch = handmade.cells(image)[y - 1 : y + 2, x - 1 : x + 2]
            assert (cell(answer, place, "pictures")[..., :3] == patch).all()
        assert cell(answer, place, "projections")[1, 1].tolist() == [255, 128, 128, 255]


def test_whole_pictures(live):
    answer = over(live, count="4", show="whole", rule="gradient")
    assert answer["cell"] == handmade.SIDE
    for place, image in enumerate((9, 8, 7, 6)):
        assert (cell(answer, place, "pictures")[..., :3] == handmade.cells(image)).all()
        assert cell(answer, place, "projections")[*handmade.spot(image), 0] == 255


def test_typical_ones_are_at_even_steps_of_the_sample(live, hand_atlas):
    unit = hand_atlas["act:0"]
    assert numbers(over(live, choose="typical", count="3")) == [example.image for example in unit.typical]
    assert numbers(over(live, choose="typical", count="1")) == [4]
    assert numbers(over(live, choose="typical", count="60")) == [*range(10)]


def test_a_draw_is_repeatable_and_each_lot_another(live):
    draws = [numbers(over(live, choose="random", count="5", seed=str(seed))) for seed in (1, 1, 2, 3)]
    assert draws[0] == draws[1]
    assert len({tuple(draw) for draw in draws}) == 3
    assert all(len(set(draw)) == 5 for draw in draws)


def test_a_class(live):
    answer = over(live, choose="class", count="60", **{"class": "odd"})
    assert sorted(numbers(answer)) == [1, 3, 5, 7, 9]
    assert "from 5 pictures of odd" in answer["note"]


def test_where_nothing_arrives_the_cell_is_clear(live):
    answer = over(live, count="10")
    assert [each["image"] for each in answer["images"] if each["empty"]] == [0]
    assert not cell(answer, 9, "projections")[..., 3].any()
    assert cell(answer, 9, "pictures")[..., 3].all()


def test_a_dead_unit_is_empty_everywhere(live):
    answer = live.answer("over", {"unit": "act:1", "choose": "random", "count": "3"})
    assert [each["empty"] for each in answer["images"]] == [True] * 3


def test_the_scale_may_be_shared(live):
    tile, shared = (over(live, count="9", scale=scale, rule="gradient") for scale in ("tile", "shared"))
    assert cell(tile, 8, "projections")[1, 1, 0] == 255  # picture 1, a ninth as red as the first
    assert cell(shared, 8, "projections")[1, 1, 0] == 128 + round(127 / 9)


def test_only_pictures_that_are_kept_are_drawn(few_kept):
    live = handmade.live(OnlyRed.network(), few_kept)
    kept = {row[0] for row in few_kept.query("SELECT image FROM thumbnails")}
    assert 2 < len(kept) < 10
    for choose in ("top", "typical", "random"):
        answer = live.answer("over", {"unit": "red:0", "choose": choose, "count": "60"})
        assert set(numbers(answer)) == kept
        assert "Only pictures that the atlas keeps whole can be shown" in answer["note"]
    top = live.answer("over", {"unit": "red:0", "count": "60"})
    assert numbers(top) == sorted(kept, reverse=True)
    assert top["note"].startswith("The 2 strongest of 10 pictures, then the strongest of a sample of 10.")
    odd = live.answer("over", {"unit": "red:0", "choose": "class", "class": "odd"})
    assert set(numbers(odd)) == {image for image in kept if image % 2}


def test_with_the_image_set_all_are_drawn(few_kept):
    live = handmade.live(OnlyRed.network(), few_kept, images=handmade.pictures())
    for choose in ("top", "typical", "random"):
        answer = live.answer("over", {"unit": "red:0", "choose": choose, "count": "60"})
        assert sorted(numbers(answer)) == [*range(10)]
        assert "Only" not in answer["note"]
    odd = live.answer("over", {"unit": "red:0", "choose": "class", "class": "odd"})
    assert sorted(numbers(odd)) == [1, 3, 5, 7, 9]


def test_pictures_that_were_broken_are_never_drawn(tmp_path):
    broken = Picture("broken.png", None, SimpleNamespace(read=lambda: b"no picture"))
    good = list(handmade.pictures())
    images = ImageSet("some broken", [*good[:3], broken, *good[3:6]])
    with ph.scan(OnlyRed.network(), images, tmp_path / "a.atlas", ["red"], positions=4) as atlas:
        assert len(atlas.failures) == 1
        live = handmade.live(OnlyRed.network(), atlas, images=images)
        for seed in range(4):
            asked = {"unit": "red:0", "choose": "random", "count": "6", "seed": str(seed)}
            assert sorted(numbers(live.answer("over", asked))) == [0, 1, 2, 4, 5, 6]


def test_reduced_copies_are_not_taken_for_pictures(large):
    atlas, images = large
    own = {"u-own": Image.fromarray(handmade.cells(7))}
    live = handmade.live(handmade.network(), atlas, own)
    for choose in ("top", "typical", "random"):
        with pytest.raises(UsageError, match="give the images that were scanned"):
            over(live, choose=choose)
    with pytest.raises(UsageError, match="give the images that were scanned"):
        live.answer("unit", {"unit": "act:0", "image": "0"})
    assert live.answer("unit", {"unit": "act:0", "image": "u-own"})["value"] == pytest.approx(handmade.red(7))
    live = handmade.live(handmade.network(), atlas, images=images)
    assert numbers(over(live)) == [1, 0]


def test_of_small_and_large_pictures_the_small_ones_are_shown(tmp_path):
    sizes = {0: 300, 1: 8, 2: 8, 3: 300, 4: 8}
    made = [
        Picture(f"{i}.png", None, Pixels(np.asarray(handmade.photo(i).resize((side, side), 0))))
        for i, side in sizes.items()
    ]
    with ph.scan(OnlyRed.network(), ImageSet("s", made), tmp_path / "a.atlas", positions=4) as atlas:
        live = handmade.live(OnlyRed.network(), atlas)
        for choose in ("top", "typical", "random"):
            assert sorted(numbers(live.answer("over", {"unit": "red:0", "choose": choose}))) == [1, 2, 4]


def test_a_class_with_a_hostile_name_is_only_a_name(tmp_path):
    name = "it's\"; DROP TABLE images; --"
    made = [Picture(f"{i}.png", name if i % 2 else "plain", Pixels(handmade.cells(i))) for i in range(4)]
    with ph.scan(OnlyRed.network(), ImageSet("s", made, ("plain", name)), tmp_path / "a.atlas", positions=4) as atlas:
        live = handmade.live(OnlyRed.network(), atlas)
        answer = live.answer("over", {"unit": "red:0", "choose": "class", "class": name})
        assert sorted(numbers(answer)) == [1, 3]
        assert {each["label"] for each in answer["images"]} == {name}
