"""Where things stand on a sheet, found by planting colours that occur nowhere else."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from phosphene.draw.colour import strip
from phosphene.draw.page import Hatch, Photo, Text
from phosphene.draw.sheet import Group, Legend, Sheet, Tile
from phosphene.draw.text import width
from phosphene.errors import PhospheneError


def noise(width, height, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def flat(index, size=(8, 8)):
    return Image.new("RGB", size, colour_of(index))


def colour_of(index):
    return (255, 40 + 3 * index, 7)


def box_of(image, index):
    """Return (left, top, right, bottom) of the one colour, and check that nothing else is inside."""
    rows, columns = np.nonzero((np.asarray(image) == colour_of(index)).all(axis=2))
    box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert len(rows) == (box[2] - box[0]) * (box[3] - box[1]), "the tile is covered or split"
    return tuple(int(edge) for edge in box)


def texts(sheet, dpi=150):
    return [mark for mark in sheet.page(dpi).marks if isinstance(mark, Text)]


def photos(sheet, dpi=150):
    return [mark for mark in sheet.page(dpi).marks if isinstance(mark, Photo)]


def crop(sheet, mark, **how):
    return np.asarray(sheet.image(**how).crop((mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)))


@pytest.mark.slow
def test_tiles_stand_in_reading_order_in_an_even_grid():
    image = Sheet([Tile(flat(i), f"unit {i}") for i in range(12)], columns=4).image()
    boxes = np.array([box_of(image, i) for i in range(12)]).reshape(3, 4, 4)
    assert (boxes[:, :, 0] == boxes[0, :, 0]).all(), "columns are straight"
    assert (boxes[:, :, 1] == boxes[:, :1, 1]).all(), "rows are straight"
    assert len(set(np.diff(boxes[0, :, 0]))) == len(set(np.diff(boxes[:, 0, 1]))) == 1, "evenly spaced"
    assert (np.diff(boxes[0, :, 0]) > boxes[0, 0, 2] - boxes[0, 0, 0]).all(), "left to right, with a gap"
    assert (np.diff(boxes[:, 0, 1]) > 0).all()


@pytest.mark.parametrize("dpi", [72, 96, 150, 300])
@pytest.mark.parametrize("size", [(32, 32), (5, 5), (11, 7), (1, 1)])
def test_small_pictures_are_enlarged_by_a_whole_number_exactly(size, dpi):
    picture = noise(*size)
    sheet = Sheet([Tile(picture)], columns=1)
    mark = photos(sheet, dpi)[0]
    times = mark.width // size[0]
    assert (mark.width, mark.height) == (times * size[0], times * size[1])
    assert times > 1
    expected = np.kron(np.asarray(picture), np.ones((times, times, 1), dtype=np.uint8))
    np.testing.assert_array_equal(crop(sheet, mark, dpi=dpi), expected)


@pytest.mark.parametrize(("count", "times"), [(32, 4), (64, 4), (500, 3)])
def test_pictures_of_32_pixels_are_three_or_four_times_as_large_on_a_full_sheet(count, times):
    assert photos(Sheet([Tile(flat(0, (32, 32)))] * count))[0].width == 32 * times


def test_large_pictures_are_reduced_and_keep_their_shape():
    mark = photos(Sheet([Tile(noise(600, 400))]))[0]
    assert mark.width <= 240
    assert mark.width / mark.height == pytest.approx(1.5, rel=0.02)


def test_reducing_averages_rather_than_picks():
    fine = Image.fromarray(np.indices((600, 600)).sum(0).astype(np.uint8) % 2 * 255)
    sheet = Sheet([Tile(fine)])
    assert np.ptp(crop(sheet, photos(sheet)[0])) < 40, "a fine chess board becomes even grey"


def test_the_size_of_tiles_can_be_asked_for():
    assert photos(Sheet([Tile(noise(400, 400))], tile_size=72))[0].width == pytest.approx(150, abs=13)


def test_transparent_pictures_show_white_and_grey_ones_grey():
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    grey = Image.new("L", (4, 4), 77)
    for picture, expected in ((clear, 255), (grey, 77)):
        sheet = Sheet([Tile(picture)])
        assert (crop(sheet, photos(sheet)[0], theme="dark") == expected).all()


def test_a_tile_without_a_picture_says_why_on_hatched_ground():
    sheet = Sheet([Tile(flat(0)), Tile(note="not active here"), Tile()])
    hatches = [mark for mark in sheet.page().marks if isinstance(mark, Hatch)]
    assert len(hatches) == 2
    said = [mark for mark in texts(sheet) if inside(mark, hatches[0])]
    assert " ".join(mark.text for mark in said) == "not active here"
    assert [mark.text for mark in texts(sheet) if inside(mark, hatches[1])] == ["nothing to show"]
    for theme in ("light", "dark"):
        ground = crop(sheet, hatches[0], theme=theme).astype(int)
        assert len(np.unique(ground[:20].reshape(-1, 3), axis=0)) > 1, "hatched"
        assert np.ptp(ground) > 80, "the words stand out"


def inside(text, box):
    return box.x <= text.x and text.x + text.width <= box.x + box.width and box.y <= text.y <= box.y + box.height


def test_a_blank_tile_is_as_large_as_the_others():
    for columns in (1, 2):
        marks = Sheet([Tile(noise(300, 200)), Tile(note="dead")], columns).page().marks
        photo, hatch = (next(mark for mark in marks if isinstance(mark, kind)) for kind in (Photo, Hatch))
        assert (photo.width, photo.height) == (hatch.width, hatch.height)
        assert (photo.y == hatch.y) == (columns == 2)


def test_title_subtitle_headers_notes_and_scale_are_all_there():
    pair = Group((Tile(flat(0), captions=("a.jpg",)), Tile(flat(1), "left", "3.41")), label="conv2:9", value="0.87")
    sheet = Sheet(
        [pair, pair],
        columns=1,
        title="Title",
        subtitle="Subtitle",
        scale_note="Each tile scaled to its own maximum.",
        column_headers=("both",),
        row_headers=("first", "second"),
    )
    shown = {mark.text for mark in texts(sheet)}
    wanted = {"Title", "Subtitle", "both", "first", "second", "conv2:9", "0.87", "a.jpg", "left", "3.41"}
    assert wanted | {sheet.scale_note} == shown


def test_headers_stand_right_above_their_columns_and_beside_their_rows():
    names = ("short", "a header of several words")
    sheet = Sheet([Tile(flat(i)) for i in range(4)], 2, tile_size=50, column_headers=names, row_headers=("one", "two"))
    pictures, lines = photos(sheet), {mark.text: mark for mark in texts(sheet)}
    assert lines["short"].x == pictures[0].x
    last = max(mark.y for mark in lines.values() if mark.x == pictures[1].x)
    assert last == lines["short"].y, "headers of one and of two lines end on the same line"
    assert pictures[0].y - 12 < last < pictures[0].y
    for name, picture in (("one", pictures[0]), ("two", pictures[2])):
        assert picture.y < lines[name].y < picture.y + picture.height
        assert lines[name].x + lines[name].width < picture.x


def test_numbers_end_at_the_right_edge_of_their_tile():
    sheet = Sheet([Tile(flat(i), f"u{i}", value) for i, value in enumerate(["0.5", "12.25", "−3.1"])])
    for photo, value in zip(photos(sheet), ["0.5", "12.25", "−3.1"], strict=True):
        mark = next(mark for mark in texts(sheet) if mark.text == value)
        assert mark.x + mark.width == photo.x + photo.width


def test_values_move_below_their_labels_where_most_have_no_room():
    sheet = Sheet([Tile(flat(i), f"layer1.0.relu:{i}", "12.345") for i in range(64)])
    label, value = texts(sheet)[:2]
    assert value.text == "12.345"
    assert value.y > label.y
    assert value.x == label.x


def test_pairs_stand_close_and_apart_from_the_next_pair():
    image = Sheet([Group((Tile(flat(2 * i)), Tile(flat(2 * i + 1)))) for i in range(4)], columns=4).image()
    boxes = [box_of(image, i) for i in range(8)]
    within = [boxes[i + 1][0] - boxes[i][2] for i in range(0, 8, 2)]
    between = [boxes[i + 1][0] - boxes[i][2] for i in range(1, 7, 2)]
    assert max(within) * 3 < min(between)
    assert min(within) > 0


@pytest.mark.slow
def test_nine_patches_stand_beside_nine_projections():
    patches, projections = (Group(tuple(Tile(flat(i + start)) for i in range(9)), 3) for start in (0, 9))
    image = Sheet([Group((patches, projections), 2, "conv5:1")]).image()
    boxes = np.array([box_of(image, i) for i in range(18)]).reshape(2, 3, 3, 4)
    np.testing.assert_array_equal(boxes[0, :, :, 1], boxes[1, :, :, 1])
    shift = boxes[1, :, :, 0] - boxes[0, :, :, 0]
    assert (shift == shift[0, 0]).all()
    assert boxes[1, 0, 0, 0] - boxes[0, 0, 2, 2] > boxes[0, 0, 1, 0] - boxes[0, 0, 0, 2], "the blocks stand apart"


def test_groups_of_different_widths_keep_to_straight_columns():
    wide, narrow = (Group(tuple(Tile(flat(i)) for i in indices), len(indices)) for indices in ((0, 1, 2), (3,)))
    image = Sheet([narrow, Group((Tile(flat(4)),)), wide, Group((Tile(flat(5)),))], columns=2).image()
    assert box_of(image, 4)[0] == box_of(image, 5)[0]
    assert box_of(image, 3)[0] == box_of(image, 0)[0]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (5, 5), (9, 3), (32, 8), (64, 8), (96, 12), (512, 16)])
def test_columns_are_chosen_so_that_rows_are_full(count, expected):
    marks = photos(Sheet([Tile(flat(0))] * count))
    assert len({mark.x for mark in marks}) == expected


def test_rows_of_different_pictures_keep_their_labels_in_line():
    sheet = Sheet([Tile(noise(300, 200), "wide"), Tile(noise(200, 300), "high")])
    wide, high = photos(sheet)
    assert wide.y + wide.height == high.y + high.height
    assert len({mark.y for mark in texts(sheet)}) == 1


def test_the_legend_shows_its_colours_and_ends():
    sheet = Sheet([Tile(flat(0))], legend=Legend(strip("signed"), "−max", "+max"), scale_note="Scaled.")
    assert [mark.text for mark in texts(sheet)] == ["−max", "+max", "Scaled."]
    bar = crop(sheet, photos(sheet)[1])[0, :, 0].astype(int)
    assert bar[0] <= 3
    assert bar[-1] >= 253
    assert (np.diff(bar) >= 0).all()


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=50)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@example(["layer1.0.relu_1:" * 3] * 4, "title " * 40, "not active here " * 9, 150, 1)
@example(["w" * 9, "0.123", "", "x"], "", "", 150, 9)
@given(st.lists(words, min_size=4, max_size=4), words, words, st.sampled_from([72, 150]), st.integers(1, 9))
def test_no_words_whatever_their_length_overlap_or_leave_the_page(labels, title, note, dpi, count):
    tiles = [Tile(flat(0), labels[0], labels[1], (labels[2],)), Tile(None, labels[3], note=note)] * count
    group = Group(tuple(tiles[:2]), label=labels[1], value=labels[0], column_headers=(labels[3], note))
    for members in (tiles, [group] * count):
        sheet = Sheet(members, None, title, note, labels[2], None, (labels[0],), (labels[1], labels[2]))
        page = sheet.page(dpi)
        lines = [mark for mark in page.marks if isinstance(mark, Text)]
        for mark in lines:
            assert mark.width == width(mark.text, mark.size, mark.bold)
            assert 0 <= mark.x <= mark.x + mark.width <= page.width
            assert mark.size * 0.75 <= mark.y <= page.height
        by_line = {}
        for mark in lines:
            by_line.setdefault(mark.y, []).append(mark)
        for marks in by_line.values():
            for one, other in combinations(sorted(marks, key=lambda mark: mark.x)[:60], 2):
                assert one.x + one.width <= other.x, (one, other)
        for mark in lines:
            for photo in (mark for mark in page.marks if isinstance(mark, Photo)):
                apart = mark.y <= photo.y or mark.y - 0.7 * mark.size >= photo.y + photo.height
                assert apart or mark.x >= photo.x + photo.width or mark.x + mark.width <= photo.x


def test_long_labels_keep_both_ends_within_their_tile():
    sheet = Sheet([Tile(flat(i), f"layer4.2.downsample.add_1:{1000 + i}") for i in range(32)])
    for i, (photo, mark) in enumerate(zip(photos(sheet), texts(sheet), strict=True)):
        assert mark.text.startswith("layer4")
        assert mark.text.endswith(f"{1000 + i}"[-3:])
        assert mark.width <= photo.width


def test_light_and_dark_differ_in_ground_and_not_in_pictures():
    sheet = Sheet([Tile(noise(32, 32))], title="Title")
    light, dark = (np.asarray(sheet.image(theme)) for theme in ("light", "dark"))
    assert light[0, 0].min() > 250
    assert dark[0, 0].max() < 40
    mark = photos(sheet)[0]
    np.testing.assert_array_equal(crop(sheet, mark, theme="light"), crop(sheet, mark, theme="dark"))


def test_a_sheet_without_tiles_is_still_a_page():
    assert Sheet([], title="Nothing was found").image().width > 100


@pytest.mark.parametrize(("how", "said"), [({"dpi": 20}, "20 dpi"), ({"theme": "drak"}, "did you mean 'dark'")])
def test_a_wrong_resolution_or_theme_is_refused(how, said):
    with pytest.raises(PhospheneError, match=said):
        Sheet([Tile(flat(0))]).image(**how)


def test_a_sheet_too_large_for_memory_is_refused():
    with pytest.raises(PhospheneError, match="choose a lower dpi than 1200"):
        Sheet([Tile(flat(0))] * 2000).image(dpi=1200)
