"""torchvision's architectures without weights, held against torchvision's own feature extraction."""

import copy

import pytest
import torch
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

import phosphene as ph

SWEPT = (
    "alexnet vgg11_bn resnet18 resnext50_32x4d squeezenet1_0 googlenet inception_v3 densenet121 mobilenet_v2 "
    "mobilenet_v3_small efficientnet_b0 shufflenet_v2_x1_0 mnasnet0_5 regnet_y_400mf convnext_tiny swin_t"
).split()
SIDES = {"inception_v3": 107}


def extracted(model, x):
    """What torchvision calls by name; in-place operations off, as it returns what later ones made of a tensor."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    names = get_graph_node_names(model)[1]
    with torch.no_grad():
        made = create_feature_extractor(model, {name: name for name in names})(x)
    return {name: value for name, value in made.items() if isinstance(value, torch.Tensor)}


def agree(ours, theirs):
    """Whether the numbers are the same: theirs as they are, after a functional in-place ReLU, or channels-last."""
    if ours.numel() != theirs.numel():
        return False
    ways = [theirs, theirs.movedim(-1, 1)]
    return any(torch.allclose(maps, way.reshape(maps.shape), atol=1e-4) for way in ways for maps in (ours, ours.relu()))


@pytest.mark.slow
@pytest.mark.parametrize("name", SWEPT)
def test_layers_are_those_of_torchvision(name):
    torch.manual_seed(9)
    side = SIDES.get(name, 64)
    net = ph.load(f"torchvision/{name}", "random", input_size=(3, side, side))
    x = torch.randn(1, 3, side, side)
    layers = {layer.name: layer for layer in net.layers()}
    assert len(layers) == len(net.layers())
    theirs = extracted(net.model, x)
    both = [layer for layer in layers if layer in theirs]
    assert len(both) >= 10  # torchvision.ops' own blocks count as one there
    for layer, maps in net.record(x, both).items():
        assert maps.shape[1:] == (layers[layer].units, *layers[layer].size)
        assert agree(maps, theirs[layer]), layer


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "resnet18", "squeezenet1_0", "densenet121", "shufflenet_v2_x1_0"])
def test_every_convolution_and_relu_is_listed(name):
    net = ph.load(f"torchvision/{name}", "random", input_size=(3, 64, 64))
    wanted = [
        n for n in get_graph_node_names(net.model)[1] if type(_module(net.model, n)).__name__ in ("Conv2d", "ReLU")
    ]
    listed = {layer.name for layer in net.layers() if layer.size != (1, 1) or layer.kind == "conv2d"}
    assert len(wanted) > 5
    spatial = [n for n in wanted if not n.startswith("classifier")]
    assert set(spatial) <= listed


def _module(model, name):
    """The module of an operation; those that are called again carry a number behind their name."""
    modules = dict(model.named_modules())
    return modules.get(name, modules.get(name.rpartition("_")[0]))


@pytest.mark.slow
def test_a_vision_transformer_is_listed():
    layers = ph.load("torchvision/vit_b_16", "random").layers()
    first = layers[0]
    assert (first.name, first.units, first.size, first.stride, first.receptive_field) == (
        "conv_proj",
        768,
        (14, 14),
        (16, 16),
        (16, 16),
    )
    assert all(layer.receptive_field is None for layer in layers[1:])
    assert {"encoder.layers.encoder_layer_11.mlp.1"} <= {layer.name for layer in layers}
