import torch

from phosphene.training.average import Average
from tests.training.toys import Toy


def test_it_is_the_weighted_sum_of_all_the_weights_seen():
    torch.manual_seed(0)
    model = Toy(2)
    average = Average(model, decay=0.5)
    seen, weights = [model.conv.weight.detach().clone()], [1.0]
    for step in range(1, 6):
        with torch.no_grad():
            model.conv.weight += torch.randn_like(model.conv.weight)
        average.update(model)
        new = 1 - min(0.5, step / (step + 9))
        seen.append(model.conv.weight.detach().clone())
        weights = [w * (1 - new) for w in weights] + [new]
    expected = sum(w * s for w, s in zip(weights, seen, strict=True))
    torch.testing.assert_close(average.model.conv.weight, expected)


def test_statistics_of_the_norm_are_averaged_and_counters_copied():
    model = Toy(2)
    average = Average(model, decay=0.9)
    model.train()(torch.randn(8, 3, 8, 8) + 5)
    average.update(model)
    assert average.model.norm.num_batches_tracked == 1
    torch.testing.assert_close(average.model.norm.running_mean, 0.9 * model.norm.running_mean)  # 1 - 1 / (1 + 9)


def test_it_leaves_the_model_alone():
    model = Toy(2)
    average = Average(model, decay=0.9)
    assert all(p.requires_grad for p in model.parameters())
    assert not any(p.requires_grad for p in average.model.parameters())
    assert not average.model.training
