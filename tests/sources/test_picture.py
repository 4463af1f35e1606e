"""Choosing from a set."""

import hashlib

import numpy as np
import pytest

from phosphene.errors import UsageError
from phosphene.sources.picture import ImageSet, Picture, Pixels

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
