"""The networks people use: every rule runs, `gradient` is autograd's, and deconvnet is not the gradient in disguise."""

import re
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

import phosphene as ph
from phosphene.project import HeldFixedWarning
from phosphene.tape import run
from tests.project.test_borrowing import same, state

SIZES = {"inception_v3": 80, "alexnet": 80}
NAMES = (
    "alexnet vgg11_bn resnet18 resnext50_32x4d squeezenet1_0 googlenet inception_v3 densenet121 mobilenet_v2 "
    "mobilenet_v3_small efficientnet_b0 shufflenet_v2_x1_0 mnasnet0_5 regnet_y_400mf convnext_tiny"
).split()


class UNet(nn.Module):
    """Down, up by transposed convolutions, and back to the fine maps by concatenation."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.bottom = nn.Conv2d(16, 16, 3, padding=1)
        self.up2, self.mix2 = nn.ConvTranspose2d(16, 16, 2, 2), nn.Conv2d(32, 8, 3, padding=1)
        self.up1, self.mix1 = nn.ConvTranspose2d(8, 8, 3, 2, 1, 1), nn.Conv2d(16, 5, 3, padding=1)

    def forward(self, x):
        fine = F.relu(self.down1(x))
        middle = F.relu(self.down2(F.max_pool2d(fine, 2)))
        x = F.relu(self.bottom(F.max_pool2d(middle, 2)))
        x = F.relu(self.mix2(torch.cat([self.up2(x), middle], 1)))
        return F.relu(self.mix1(torch.cat([self.up1(x), fine], 1)))


def built(name):
    torch.manual_seed(0)
    if name == "unet":
        return UNet()
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **options)
    for key, weight in model.named_parameters():
        if "layer_scale" in key:  # ConvNeXt's blocks start at a millionth: too little to tell the rules apart
            nn.init.ones_(weight)
    return model


def from_autograd(net, x, layer, unit):
    """Return the gradient of half the unit's squared map, which sends the map back, and the operations passed."""
    start = x.clone().requires_grad_()
    found = []

    def stop(event):
        found.extend([event] if event.name == layer else [])
        return bool(found)

    with torch.enable_grad():
        copy = start.clone()
        run(net.model, copy, stop)
        maps = found[0].output.movedim(found[0].axis, 1)[:, unit]
        passed = passed_between(found[0].output.grad_fn, copy.grad_fn)
        return torch.autograd.grad((maps**2 / 2).sum(), start)[0], passed


def passed_between(output, entry):
    """Count the operations of the graph from which the entry can be reached, by their names."""
    parents, waiting = {}, [output]
    while waiting:
        node = waiting.pop()
        for below, _ in node.next_functions:
            if below is not None:
                if below not in parents:
                    waiting.append(below)
                parents.setdefault(below, set()).add(node)
    above, waiting = set(), [entry]
    while waiting:
        for node in parents.get(waiting.pop(), ()):
            if node not in above:
                above.add(node)
                waiting.append(node)
    return Counter(re.sub(r"Backward\d*$", "", node.name()) for node in above)


def turns_negative(used):
    """Whether a non-linearity comes behind a convolution: until then a map after a ReLU has nothing to be cut off."""
    kinds = [each.operation for each in used]
    behind = kinds.index("Convolution") if "Convolution" in kinds else len(kinds)
    return any(each.treatment == "non-linearity" for each in used[behind:])


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "unet"])
@pytest.mark.filterwarnings("ignore")
def test_every_rule_on(name):
    size = SIZES.get(name, 64)
    model = built(name)
    model.train()
    before = state(model)
    net = ph.Network(model, input_size=(3, size, size), name=name)
    layers = [layer for layer in net.layers() if layer.size != (1, 1)]
    assert len(layers) >= 5
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    for layer in (*(layers[len(layers) * part // 6] for part in (1, 2, 4)), layers[-1]):
        sent = {rule: ph.project(net, x, f"{layer.name}:1", rule) for rule in ("deconvnet", "guided", "gradient")}
        assert all(result.signal.isfinite().all() for result in sent.values())
        expected, passed = from_autograd(net, x, layer.name, 1)
        assert all(Counter(used.operation for used in result.rules_used) == passed for result in sent.values())
        scale = float(expected.abs().max())
        torch.testing.assert_close(sent["gradient"].signal[0], expected, rtol=1e-4, atol=1e-5 * scale)
        if scale and turns_negative(sent["gradient"].rules_used):
            assert not torch.allclose(sent["deconvnet"].signal, sent["gradient"].signal, atol=1e-3 * scale), layer
    same(before, state(model))


@pytest.mark.slow
def test_a_vision_transformer_says_what_it_holds_fixed():
    torch.manual_seed(0)
    model = torchvision.models.VisionTransformer(32, 8, 2, 2, 24, 48)
    net = ph.Network(model, input_size=(3, 32, 32))
    tokens = net.layer("encoder.layers.encoder_layer_1.mlp.1")
    assert (tokens.units, tokens.size) == (48, (1, 17))
    x = torch.randn(1, 3, 32, 32)
    expected, _ = from_autograd(net, x, tokens.name, 5)
    got = ph.project(net, x, f"{tokens.name}:5", "gradient").signal[0]
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6 * float(expected.abs().max()) + 1e-9)
    with pytest.warns(HeldFixedWarning, match="self_attention"):
        ph.project(net, x, f"{tokens.name}:5", "deconvnet")
