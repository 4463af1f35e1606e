"""The two architectures against their description, counted by hand."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from phosphene.bundled.architectures import BlogNet, DeepNet

# (name, inputs, outputs, kernel, side of the output)
BLOG = [("conv1", 3, 32, 5), ("conv2", 32, 64, 5)]
WIDTHS = (3, 32, 128, 128, 128, 192, 192, 192, 224, 224)
POOLED = (2, 5, 8)


def children(model):
    return [name for name, _ in model.named_modules() if name]


def parameters(model):
    return sum(p.numel() for p in model.parameters())


def test_the_blogs_network_has_its_modules_and_no_more():
    model = BlogNet()
    assert children(model) == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc1", "dropout", "fc2"]
    assert parameters(model) == sum(o * i * k * k + o for _, i, o, k in BLOG) + 4096 * 1024 + 1024 + 10240 + 10


def test_the_blogs_network_is_the_chain_that_the_blog_describes():
    model = BlogNet().eval()
    x = torch.randn(2, 3, 32, 32)
    f = nn.functional
    y = f.max_pool2d(f.conv2d(x, model.conv1.weight, model.conv1.bias, padding=2).clamp(min=0), 2)
    y = f.max_pool2d(f.conv2d(y, model.conv2.weight, model.conv2.bias, padding=2).clamp(min=0), 2)
    y = (y.reshape(2, 4096) @ model.fc1.weight.T + model.fc1.bias).clamp(min=0)
    torch.testing.assert_close(model(x), y @ model.fc2.weight.T + model.fc2.bias)


def test_dropout_is_one_half_and_only_in_training():
    model = BlogNet()
    assert model.dropout.p == 0.5
    x = torch.randn(1, 3, 32, 32)
    assert not torch.equal(model.train()(x), model(x))
    assert torch.equal(model.eval()(x), model(x))


def test_the_deep_network_has_its_modules_and_no_more():
    expected = []
    for number in range(1, 10):
        expected += [f"conv{number}", f"norm{number}", f"relu{number}"]
        if number in POOLED:
            expected.append(f"pool{1 + POOLED.index(number)}")
    model = DeepNet()
    assert children(model) == [*expected, "pool", "fc"]
    assert parameters(model) == sum(9 * i * o + 2 * o for i, o in pairwise(WIDTHS)) + 2250
    assert 1e6 < parameters(model) < 2.1e6


def test_the_deep_networks_layers_shrink_as_said():
    model, sides = DeepNet().eval(), {}
    for name, module in model.named_children():
        module.register_forward_hook(lambda _, __, out, name=name: sides.update({name: tuple(out.shape[1:])}))
    model(torch.randn(1, 3, 32, 32))
    halved = [sum(number >= pooled for pooled in POOLED) for number in range(1, 10)]
    expected = [(width, 32 >> times, 32 >> times) for width, times in zip(WIDTHS[1:], halved, strict=True)]
    assert [sides[f"relu{i}"] for i in range(1, 10)] == expected
    assert sides["pool"] == (224, 1, 1)


def test_the_deep_network_is_the_chain_that_it_describes():
    model, f = DeepNet().eval(), nn.functional
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 3, 32, 32)

    def step(number, y):
        conv, norm = (model.get_submodule(f"{kind}{number}") for kind in ("conv", "norm"))
        y = f.conv2d(y, conv.weight, padding=1)
        y = f.max_pool2d(y, 2) if number in POOLED else y
        y = (y - norm.running_mean[:, None, None]) / (norm.running_var[:, None, None] + 1e-5).sqrt()
        return (y * norm.weight[:, None, None] + norm.bias[:, None, None]).clamp(min=0)

    y = step(2, step(1, x))
    y = step(5, y + step(4, step(3, y)))
    y = step(9, step(8, y + step(7, step(6, y))))
    scores = (y.amax((2, 3)) @ model.fc.weight.T + model.fc.bias) / 8
    torch.testing.assert_close(model(x), scores, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("build", [BlogNet, DeepNet])
@pytest.mark.parametrize("classes", [2, 37])
def test_any_number_of_classes(build, classes):
    assert build(classes).eval()(torch.randn(3, 3, 32, 32)).shape == (3, classes)


def test_a_new_deep_network_passes_its_input_on():
    model = DeepNet()
    x = torch.randn(1, 128, 8, 8)
    torch.testing.assert_close(model.conv5(x)[:, :128], x)
