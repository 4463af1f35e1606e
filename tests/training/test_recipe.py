import pytest

from phosphene.training.recipe import RECIPES
from tests.training.toys import course, recipe

THREE = recipe(course(epochs=5), course(epochs=3), course(epochs=2))


@pytest.mark.parametrize(
    ("epochs", "each"),
    [(1, [1]), (4, [4]), (5, [5]), (6, [5, 1]), (8, [5, 3]), (9, [5, 3, 1]), (10, [5, 3, 2]), (14, [5, 3, 6])],
)
def test_fewer_epochs_leave_the_late_courses_out_and_more_lengthen_the_last(epochs, each):
    lasting = THREE.lasting(epochs)
    assert [c.epochs for c in lasting.courses] == each
    assert lasting.epochs == epochs


def test_every_epoch_has_its_place():
    places = [THREE.place(epoch) for epoch in range(10)]
    assert [(p.index, p.epoch) for p in places] == [*((0, e) for e in range(5)), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1)]
    assert all(p.course is THREE.courses[p.index] for p in places)
    with pytest.raises(IndexError):
        THREE.place(10)


@pytest.mark.parametrize(
    ("epochs", "share", "first"),
    [(60, 16 / 60, 44), (10, 0.2, 8), (50, 0.15, 43), (100, 0.29, 71), (10, 0.0, 10), (3, 1.0, 0)],
)
def test_the_last_epochs_are_a_share_of_all_rounded_down(epochs, share, first):
    one = course(epochs=epochs)
    assert [e for e in range(epochs) if one.is_last(e, share)] == list(range(first, epochs))


def test_both_recipes_end_with_pictures_as_in_a_test():
    assert all(c.is_last(c.epochs - 1, c.whole) for r in RECIPES.values() for c in r.courses)


def test_work_counts_sharpened_epochs_twice():
    two = recipe(course(epochs=4), course(epochs=4, sharpness=0.1, sharp=0.5))
    assert [two.place(epoch).gradients for epoch in range(8)] == [1, 1, 1, 1, 1, 1, 2, 2]
    assert (two.work(0, 8), two.work(3, 7), two.work(8, 8)) == (10, 5, 0)
