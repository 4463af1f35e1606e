from dataclasses import replace

import numpy as np
import pytest
import torch

from phosphene.training.augment import draw_epoch
from phosphene.training.loop import Trainer
from phosphene.training.schedule import END, START
from tests.training.toys import colours, course, recipe

CPU = torch.device("cpu")


TWO = recipe(course(epochs=2), course(epochs=3, peak=0.05, warp=0.5, recolour=0.5, sharpness=0.05, sharp=0.5))


def trained(epochs=4, data=None, seed=0, of=None, until=None, **changes):
    trainer = Trainer(of or recipe(**changes), data or colours(), epochs, seed, CPU)
    while trainer.epoch < (until or epochs):
        list(trainer.run_epoch())
    return trainer


def same(one, other):
    weights = zip(one.average.model.state_dict().values(), other.average.model.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in weights)


def test_it_learns_what_can_be_told_apart():
    trainer = trained(epochs=6)
    unseen = colours(seed=99).test
    assert (trainer.predict(unseen) == unseen.labels).float().mean() > 0.95


def test_it_learns_nothing_where_labels_are_random():
    data = colours(400)
    data.train.labels.copy_(torch.randint(2, (400,), generator=torch.Generator().manual_seed(3)))
    trainer = trained(epochs=2, data=data)
    unseen = colours(seed=99).test
    assert (trainer.predict(unseen) == unseen.labels).float().mean() < 0.9


def test_progress_counts_steps_and_epochs():
    trainer = Trainer(recipe(), colours(40), 2, 0, CPU)
    steps = [(p.epoch, p.step, p.steps) for _ in range(2) for p in trainer.run_epoch()]
    assert steps == [(1, 1, 6), (1, 2, 6), (1, 3, 6), (2, 4, 6), (2, 5, 6), (2, 6, 6)]


def test_the_same_seed_gives_the_same_weights_and_another_others():
    assert same(trained(epochs=2), trained(epochs=2))
    assert not same(trained(epochs=2), trained(epochs=2, seed=1))


@pytest.mark.parametrize("stop", [1, 3])
def test_resumed_equals_uninterrupted_bit_for_bit(stop, tmp_path):
    whole = trained(epochs=4)
    first = Trainer(recipe(), colours(), 4, 0, CPU)
    for _ in range(stop):
        list(first.run_epoch())
    torch.save(first.state(), tmp_path / "state.pt")
    second = Trainer(recipe(), colours(), 4, 0, CPU)
    second.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    torch.rand(17)  # whatever else drew random numbers meanwhile
    while second.epoch < 4:
        list(second.run_epoch())
    assert same(whole, second)


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_training_of_two_courses_resumes_at_any_epoch(stop):
    whole = trained(epochs=5, of=TWO)
    first = trained(epochs=5, of=TWO, until=stop)
    second = Trainer(TWO, colours(), 5, 0, CPU)
    second.restore(first.state())
    while second.epoch < 5:
        list(second.run_epoch())
    assert same(whole, second)


def test_each_course_has_a_cycle_of_the_learning_rate():
    trainer, rates = Trainer(TWO, colours(), 5, 0, CPU), []
    while trainer.epoch < 5:
        rates += [trainer.optimiser.param_groups[0]["lr"] for _ in trainer.run_epoch()]
    expected = []
    for steps, peak in ((8, 0.1), (12, 0.05)):
        corners = [0, 0.2 * (steps - 1), steps - 1]
        expected.append(np.interp(np.arange(steps), corners, [START * peak, peak, END * peak]))
    np.testing.assert_allclose(rates, np.concatenate(expected), rtol=1e-12)


def test_a_course_begins_with_the_averaged_weights_and_no_momentum():
    """At a learning rate of 0 the second course leaves the weights where it found them."""
    still = recipe(course(epochs=2), course(epochs=1, peak=0.0))
    first, both = trained(epochs=3, of=still, until=2), trained(epochs=3, of=still)
    averaged = dict(first.average.model.named_parameters())
    for model in (both.model, both.average.model):
        for name, weight in model.named_parameters():
            torch.testing.assert_close(weight.detach(), averaged[name], atol=1e-7, rtol=0)
    assert not torch.equal(averaged["conv.weight"], first.model.conv.weight)
    assert (first.average.steps, both.average.steps) == (8, 4)
    next(first.run_epoch())
    weight = first.model.conv.weight
    momentum = first.optimiser.state[weight]["momentum_buffer"]
    torch.testing.assert_close(momentum, weight.grad + 1e-3 * weight.detach())  # of this step alone


def test_a_course_does_not_repeat_the_draws_of_the_one_before(monkeypatch):
    drawn = []

    def draw(*arguments):
        drawn.append(draw_epoch(*arguments))
        return drawn[-1]

    monkeypatch.setattr("phosphene.training.loop.draw_epoch", draw)
    trained(epochs=5, of=TWO)
    orders = {tuple(draws.order.tolist()) for draws in drawn}
    assert len(orders) == len(drawn) == 5


@pytest.mark.parametrize(("epoch", "changed"), [(0, True), (7, True), (8, False)])
@pytest.mark.parametrize("change", ["warp", "recolour"])
def test_pictures_are_warped_and_recoloured_but_in_the_last_epochs(change, epoch, changed):
    still = {"epochs": 10, "shift": 0, "cutout": 0, "cutmix": 0.0, "whole": 0.2}
    trainer = Trainer(recipe(**still, **{change: 1.0}), colours(), 10, 0, CPU)
    trainer.epoch = epoch
    batch = next(draw_epoch(64, 8, trainer.recipe.courses[0], 0, epoch).batches(64))
    plain = trainer.data.normalise(trainer.data.train.pixels[batch.order])
    pictures, pasted = trainer._augmented(replace(batch, flipped=torch.zeros(64, dtype=torch.bool)))
    assert (pictures != plain).flatten(1).any(1).all() == changed
    assert (pictures != plain).any() == changed
    assert not pasted.any()


def test_the_users_random_numbers_are_not_touched():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(epochs=1)
    assert torch.equal(torch.rand(3), expected)


def test_norms_and_biases_are_not_decayed():
    trainer = trained(epochs=1)
    decayed, free = trainer.optimiser.param_groups
    assert {p.ndim for p in decayed["params"]} == {2, 4}
    assert {p.ndim for p in free["params"]} == {1}
    assert (decayed["weight_decay"], free["weight_decay"]) == (1e-3, 0.0)


@pytest.mark.parametrize(("epoch", "hidden"), [(0, True), (7, True), (8, False), (9, False)])
def test_nothing_is_hidden_in_the_last_epochs(epoch, hidden):
    trainer = Trainer(recipe(epochs=10, shift=0, cutout=20, cutmix=0.0, whole=0.2), colours(), 10, 0, CPU)
    trainer.epoch = epoch
    batch = next(draw_epoch(64, 8, trainer.recipe.courses[0], 0, epoch).batches(64))
    pictures, pasted = trainer._augmented(batch)
    assert torch.all(pictures == 0) == hidden
    assert not pasted.any()


@pytest.mark.parametrize(("epoch", "mixed"), [(0, True), (7, True), (8, False)])
def test_labels_are_mixed_as_much_as_pictures_are(epoch, mixed):
    trainer = Trainer(recipe(shift=0, cutout=0, cutmix=1.0, whole=0.2), colours(), 10, 0, CPU)
    trainer.epoch = epoch
    batch = next(draw_epoch(64, 8, trainer.recipe.courses[0], 0, epoch).batches(64))
    trainer.model.eval()
    pictures, pasted = trainer._augmented(batch)
    assert bool(pasted.any()) == mixed
    labels = trainer.data.train.labels[batch.order]
    scores = torch.log_softmax(trainer._scores(trainer.model, pictures), 1).detach()
    expected = [
        -(1 - share) * row[own] - share * row[other]
        for row, own, other, share in zip(scores, labels, [*labels[1:], labels[0]], pasted, strict=True)
    ]
    torch.testing.assert_close(trainer._loss(batch, pictures, pasted).detach(), torch.stack(expected).mean())


def test_float32_and_bfloat16_learn_the_same_task(monkeypatch):
    monkeypatch.setattr("phosphene.training.loop.fast_bfloat16", lambda device: False)
    trainer = trained(epochs=6)
    assert not trainer.bfloat16
    unseen = colours(seed=99).test
    assert (trainer.predict(unseen) == unseen.labels).float().mean() > 0.95


def test_mirrored_views_are_judged_by_the_mean_of_both_scores():
    """A model that sees the left half only: its picture says one thing, the mirror image another, louder one."""

    class Left(torch.nn.Module):
        def forward(self, x):
            left = x[:, 0, :, :4].mean((1, 2))
            return torch.stack([left, -left], 1)

    trainer = Trainer(recipe(), colours(), 1, 0, CPU)
    trainer.average.model = Left()
    pixels = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    pixels[:, 0, :, :4] = torch.tensor([255, 0], dtype=torch.uint8)[:, None, None]
    pixels[:, 0, :, 4:] = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None]
    # normalised, white is 3 and black -2: their sum is above zero whichever side is white
    pictures = replace(trainer.data.test, pixels=pixels)
    assert trainer.predict(pictures).tolist() == [0, 1]
    assert trainer.predict(pictures, mirrored=True).tolist() == [0, 0]
