"""Choosing from a set."""

import hashlib

import numpy as np
import pytest

from phosphene.errors import UsageError
from phosphene.sources.joined import Joined
from phosphene.sources.picture import Failure, ImageSet, Picture, Pixels
from phosphene.sources.pictures import Held, Pictures

GREY = Pixels(np.full((2, 2, 3), 128, np.uint8))


def numbered(count):
    labels = ("even", "odd")
    return ImageSet("set", [Picture(f"{i:04d}", labels[i % 2], GREY) for i in range(count)], labels)


def ids(found):
    return [picture.id for picture in found]


def test_a_choice_is_the_smallest_hashes_in_the_old_order():
    digests = {f"{i:04d}": hashlib.blake2b(f"3:{i:04d}".encode(), digest_size=8).hexdigest() for i in range(200)}
    expected = sorted(sorted(digests, key=digests.get)[:20])
    assert ids(numbered(200).take(20, seed=3)) == expected


def test_a_choice_does_not_depend_on_the_order_and_grows_with_its_size():
    backwards = ImageSet("set", list(numbered(200))[::-1])
    assert ids(backwards.take(20))[::-1] == ids(numbered(200).take(20))
    assert set(ids(numbered(200).take(10))) < set(ids(numbered(200).take(20)))
    assert ids(numbered(200).take(20, seed=1)) != ids(numbered(200).take(20, seed=2))


def test_a_choice_is_spread_evenly():
    chosen = np.array([int(id) for id in ids(numbered(2000).take(500))])
    assert abs(chosen.mean() - 999.5) < 4 * 2000 / np.sqrt(12 * 500)


def test_more_than_there_is_gives_all_and_less_than_nothing_is_refused():
    assert len(numbered(5).take(9)) == 5
    assert len(numbered(5).take(0)) == 0
    with pytest.raises(UsageError, match="cannot take -1 pictures"):
        numbered(5).take(-1)


def test_one_class():
    assert ids(numbered(6).where("odd")) == ["0001", "0003", "0005"]
    with pytest.raises(UsageError, match="set has no class 'od'; did you mean 'odd'"):
        numbered(6).where("od")
    with pytest.raises(UsageError, match="set has no class 'zebra'; it has even, odd"):
        numbered(6).where("zebra")


def test_indices_and_length():
    found = numbered(3)
    assert (len(found), found[0].id, found[-1].id) == (3, "0000", "0002")
    with pytest.raises(IndexError):
        found[3]
    assert repr(found) == "ImageSet('set', 3 pictures, 2 classes)"


def test_the_first_ones_keep_what_was_passed_over_so_far():
    found = ImageSet("set", numbered(5), ("even", "odd"), [Failure("gone", "it is gone")])
    assert ids(found.first(2)) == ["0000", "0001"]
    assert len(found.first(9)) == 5
    assert [failure.id for failure in found.first(2).failures] == ["gone"]
    assert found.first(2).classes == ("even", "odd")


class Squares(Pictures):
    """A million pictures that nobody holds, or as many as are wanted."""

    made = 0

    def __init__(self, count=1_000_000):
        self.count = count

    def __len__(self):
        return self.count

    def at(self, index):
        self.made += 1
        return Picture(f"{index * index}", "even" if index % 2 == 0 else "odd", GREY)


def test_pictures_are_made_when_they_are_asked_for_and_choices_do_not_hold_them():
    squares = Squares()
    found = ImageSet("set", squares, ("even", "odd"))
    assert (len(found), found[999_999].id, found[-3].id) == (1_000_000, "999998000001", "999994000009")
    assert ids(found.first(3)) == ["0", "1", "4"]
    assert squares.made == 5
    odd = found.first(10).where("odd")
    assert ids(odd) == ["1", "9", "25", "49", "81"]
    assert ids(odd.take(9)) == ids(odd)
    assert found[0] is not found[0]


def test_sets_behind_each_other_number_what_occurs_again():
    parts = [("a/", Held(list(numbered(2)))), ("", Held([Picture("a/0001", None, GREY)])), ("b/", Squares(5000))]
    joined = Joined(parts)
    assert len(joined) == 5003
    assert [joined.at(index).id for index in (0, 1, 2, 3, 5002)] == [
        *("a/0000", "a/0001", "a/0001 (2)", "b/0", "b/24990001")
    ]
    assert [picture.id for picture, _ in zip(joined, range(4), strict=False)] == [
        *("a/0000", "a/0001", "a/0001 (2)", "b/0")
    ]
