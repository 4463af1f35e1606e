"""Which pictures and units are shown: against the rule written out slowly."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from phosphene.sources.images import ImageSet, Picture
from phosphene.story.choice import HERO, drawn_units, graded, hero, picked_units, prominence, strongest, strongest_apart
from phosphene.story.material import Material
from phosphene.story.peaks import Answer, Peaks

values = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]), min_size=1, max_size=12)


def windows(ids, labels=None, name="samples:32"):
    some = [Picture(id, label, None) for id, label in zip(ids, labels or [None] * len(ids), strict=True)]
    return Material(ImageSet(name, some), len(ids), (), len(ids))


def ranked(peaks):
    """Return answers by the rule: strongest first, then by number."""
    order = sorted(range(len(peaks)), key=lambda image: (-peaks[image], image))
    return [Answer(image, peaks[image]) for image in order]


@pytest.mark.slow
@given(values, st.integers(1, 12))
def test_strongest_takes_the_earlier_picture_on_ties(peaks, count):
    slow = sorted(range(len(peaks)), key=lambda row: (-peaks[row], row))[:count]
    assert strongest(torch.tensor(peaks), count) == slow


@pytest.mark.slow
@given(values, st.data())
def test_of_one_photograph_no_more_than_allowed(peaks, data):
    photographs = data.draw(st.lists(st.sampled_from("abc"), min_size=len(peaks), max_size=len(peaks)))
    material = windows([f"{name}@1x/{row}" for row, name in enumerate(photographs)])
    slow, times = [], dict.fromkeys("abc", 0)
    for row in sorted(range(len(peaks)), key=lambda row: (-peaks[row], row)):
        if peaks[row] > 0 and times[photographs[row]] < 2 and len(slow) < 4:
            times[photographs[row]] += 1
            slow.append(row)
    assert strongest_apart(ranked(peaks), material, 4, 2) == slow


def test_whole_pictures_are_all_apart():
    material = windows(["a@1", "a@2", "a@3"], name="a folder")
    assert strongest_apart(ranked([1.0, 3.0, 2.0]), material, 9, 1) == [1, 2, 0]


@pytest.mark.slow
@given(values, st.integers(1, 8))
def test_graded_falls_from_the_strongest_and_repeats_nothing(peaks, count):
    rows = graded(ranked(peaks), count)
    chosen = [peaks[row] for row in rows]
    active = sum(value > 0 for value in peaks)
    assert len(rows) == min(count, active) == len(set(rows))
    assert chosen == sorted(chosen, reverse=True)
    assert all(value > 0 for value in chosen)
    assert not rows or chosen[0] == max(peaks)


def test_graded_goes_by_value_not_by_rank():
    assert graded(ranked([10.0, 9.9, 9.8, 9.7, 9.6, 5.1, 0.1]), 2) == [0, 5]


def some_peaks():
    value = torch.tensor([[4.0, 1.0, 0.0, 2.0, -1.0], [0.0, 1.0, 0.0, 1.0, -2.0]])
    return Peaks(torch.arange(2), value, torch.zeros(2, 5, dtype=torch.int32), (3, 3), value.amax(0))


def test_prominence_is_the_strongest_over_the_mean_and_zero_for_the_dead():
    assert prominence(some_peaks()).tolist() == pytest.approx([2.0, 1.0, 0.0, 2.0 / 1.5, 0.0])


def test_units_are_picked_along_the_ranks_and_drawn_from_the_living():
    assert picked_units(some_peaks(), 2) == [0, 1]
    assert picked_units(some_peaks(), 9) == [0, 3, 1]
    assert drawn_units(some_peaks(), 9, seed=1) == [0, 1, 3]
    assert drawn_units(some_peaks(), 9, seed=1, without=[0]) == [1, 3]
    assert drawn_units(some_peaks(), 1, seed=5) == drawn_units(some_peaks(), 1, seed=5)


def test_a_peak_outside_the_sample_counts_for_prominence():
    peaks = some_peaks()
    peaks.highest[1] = 7.0
    assert prominence(peaks).tolist() == pytest.approx([2.0, 7.0, 0.0, 2.0 / 1.5, 0.0])


def test_the_one_picture_is_the_face_else_a_dog_else_the_first_id():
    assert hero(windows(["a", HERO]), [0, 1]) == 1
    assert hero(windows(["c", "b", "a"], ["cat", "dog", "dog"]), [0, 1, 2]) == 2
    assert hero(windows(["c", "b", "a"], ["cat", "dog", "dog"]), [0, 1]) == 1
    assert hero(windows(["c", "a", "b"]), [0, 1, 2]) == 1
