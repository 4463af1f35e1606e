"""The two architectures against their description, counted by hand."""

import pytest
import torch
from torch import nn

from phosphene.bundled.architectures import BlogNet, DeepNet

# (name, inputs, outputs, kernel, side of the output)
BLOG = [("conv1", 3, 32, 5), ("conv2", 32, 64, 5)]
DEEP = [("conv1", 3, 32), ("conv2", 32, 64), ("conv3", 64, 64), ("conv4", 64, 256)]
DEEP += [(f"conv{i}", 256, 256) for i in (5, 6, 7)]


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
    for number in range(1, 8):
        expected += [f"conv{number}", f"norm{number}", f"relu{number}"]
        if number in (2, 4, 6):
            expected.append(f"pool{number // 2}")
    model = DeepNet()
    assert children(model) == [*expected, "pool", "fc"]
    assert parameters(model) == sum(9 * i * o + 2 * o for _, i, o in DEEP) + 2570
    assert 1e6 < parameters(model) < 2e6


def test_the_deep_networks_layers_shrink_as_said():
    model, sides = DeepNet().eval(), {}
    for name, module in model.named_children():
        module.register_forward_hook(lambda _, __, out, name=name: sides.update({name: tuple(out.shape[1:])}))
    model(torch.randn(1, 3, 32, 32))
    assert [sides[f"relu{i}"] for i in range(1, 8)] == [
        (32, 32, 32), (64, 16, 16), (64, 16, 16), (256, 8, 8), (256, 8, 8), (256, 4, 4), (256, 4, 4),
    ]  # fmt: skip
    assert sides["pool"] == (256, 1, 1)


@pytest.mark.parametrize("build", [BlogNet, DeepNet])
@pytest.mark.parametrize("classes", [2, 37])
def test_any_number_of_classes(build, classes):
    assert build(classes).eval()(torch.randn(3, 3, 32, 32)).shape == (3, classes)


def test_a_new_deep_network_passes_its_input_on():
    model = DeepNet()
    x = torch.randn(1, 64, 8, 8)
    torch.testing.assert_close(model.conv4(x)[:, :64], x)
