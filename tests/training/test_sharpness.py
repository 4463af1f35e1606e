"""Sharpness-aware minimisation against closed forms."""

import copy

import pytest
import torch

from phosphene.training.augment import draw_epoch
from phosphene.training.loop import Trainer
from phosphene.training.sharpness import at_worst_nearby
from tests.training.toys import colours, course, recipe


@pytest.fixture
def weights():
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(size, generator=generator)) for size in ((3, 2), (4,), (5,))]


def test_the_gradient_of_a_quadratic_is_taken_a_radius_up_the_slope(weights):
    """Of ``L = sum(k w^2) / 2`` the gradient is ``k w``; at the worst point nearby ``k (w + r k w / |k w|)``."""
    stiffness = [2.0, 0.5, 3.0]

    def backward():
        for w in weights:
            w.grad = None
        sum(k * (w**2).sum() / 2 for k, w in zip(stiffness, weights, strict=True)).backward()

    slopes = [k * w.detach() for k, w in zip(stiffness, weights, strict=True)]
    length = torch.cat([s.flatten() for s in slopes]).norm()
    backward()
    with at_worst_nearby(weights, 0.3):
        backward()
    for k, w, slope in zip(stiffness, weights, slopes, strict=True):
        torch.testing.assert_close(w.grad, k * (w.detach() + 0.3 * slope / length))


def test_the_weights_come_back_to_the_bit_also_when_the_block_raises(weights):
    before = [w.detach().clone() for w in weights]
    for w in weights[:2]:
        w.grad = torch.ones_like(w)

    def look():
        with at_worst_nearby(weights, 0.1):
            assert not torch.equal(weights[0], before[0])
            assert torch.equal(weights[2], before[2])  # it has no gradient
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        look()
    assert all(torch.equal(w, b) for w, b in zip(weights, before, strict=True))


def test_where_all_gradients_are_zero_nothing_moves(weights):
    for w in weights:
        w.grad = torch.zeros_like(w)
    with at_worst_nearby(weights, 0.1):
        assert all(torch.isfinite(w).all() for w in weights)


@pytest.mark.parametrize(("epoch", "sharp"), [(0, False), (2, False), (3, True)])
def test_a_step_goes_down_the_worst_nearby_gradient_in_the_last_epochs(epoch, sharp):
    """Against the same step written out: gradient, move, gradient again, and plain descent with momentum 0."""
    one = recipe(course(sharpness=0.5, sharp=0.25, cutmix=0.0, cutout=0))
    trainer = Trainer(one, colours(16), 4, 0, torch.device("cpu"))
    trainer.epoch = epoch
    trainer.bfloat16 = False
    trainer.model.dropout.p = 0.0
    trainer.optimiser.param_groups[0].update(momentum=0.0, nesterov=False, weight_decay=0.0)
    trainer.optimiser.param_groups[1].update(momentum=0.0, nesterov=False)
    place = trainer.recipe.place(epoch)
    batch = next(draw_epoch(16, 8, place.course, 0, epoch).batches(16))
    twin = copy.deepcopy(trainer.model)
    pictures, labels = trainer._augmented(batch)[0], trainer.data.train.labels[batch.order]

    def gradients():
        loss = torch.nn.functional.cross_entropy(twin(pictures), labels)
        return torch.autograd.grad(loss, list(twin.parameters()))

    start = [p.detach().clone() for p in twin.parameters()]
    slopes = gradients()
    if sharp:
        length = torch.cat([s.flatten() for s in slopes]).norm()
        for p, s in zip(twin.parameters(), slopes, strict=True):
            p.data += 0.5 * s / length
        slopes = gradients()
    trainer.model.train()
    trainer._step(batch, place, epoch)
    rate = trainer.optimiser.param_groups[0]["lr"]
    for p, s, w in zip(start, slopes, trainer.model.parameters(), strict=True):
        torch.testing.assert_close(w.detach(), p - rate * s, atol=1e-5, rtol=1e-4)
