"""Operations that do the work of two, put into a copy of a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from phosphene.scan.following import following

_MINUS_INFINITY = -128
"""The bits of bfloat16's minus infinity as int16: below and at it all other negative numbers, above it NaN."""


class Rectified(nn.Module):
    """A ReLU that writes over its input. In bfloat16 it works on the bits, four times as fast; NaN stays NaN."""

    inplace = True

    def forward(self, x: Tensor) -> Tensor:
        """Rectify ``x`` of any shape."""
        if x.dtype != torch.bfloat16:
            return torch.relu_(x)
        torch.threshold_(x.view(torch.int16), _MINUS_INFINITY, 0)
        return x


class Bent(nn.Module):
    """A convolution with its smooth non-linearity, as one operation of oneDNN, PyTorch's library for processors."""

    def __init__(self, convolution: nn.Conv2d, word: str, algorithm: str = "") -> None:
        super().__init__()
        self.register_buffer("weight", convolution.weight.detach())
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self._how = convolution.padding, convolution.stride, convolution.dilation, convolution.groups
        self._bend: tuple[str, list[float], str] = word, [], algorithm

    def forward(self, x: Tensor) -> Tensor:
        """Turn maps (N, C, H, W) into bent ones."""
        maps: Tensor = torch.ops.mkldnn._convolution_pointwise(x, self.weight, self.bias, *self._how, *self._bend)
        return maps


class Averaged(nn.AdaptiveAvgPool2d):
    """The mean over the plane: in bfloat16 several times as fast by the pool with a window, rounded once alike."""

    def forward(self, x: Tensor) -> Tensor:
        """Average maps (N, C, H, W) to (N, C, 1, 1)."""
        return F.avg_pool2d(x, x.shape[-2:]) if x.dtype == torch.bfloat16 else super().forward(x)


def folded(model: nn.Module, layers: Sequence[str], x: Tensor) -> nn.Module:
    """Put convolutions with the norms' factors where batch norms were; ``layers`` still come out. Changes ``model``."""
    for name, norm_name in following(model, x):
        convolution, norm = model.get_submodule(name), model.get_submodule(norm_name)
        if name in layers or type(convolution) is not nn.Conv2d or type(norm) is not nn.BatchNorm2d:
            continue
        if norm.running_mean is None or norm.running_var is None:
            continue
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        _put(model, norm_name, convolution)
        _put(model, name, nn.Identity())
    return model


def bent(model: nn.Module, layers: Sequence[str], x: Tensor) -> nn.Module:
    """Put convolutions that bend where non-linearities were; ``layers`` still come out. Changes ``model``.

    Those that turn NaN into a number where oneDNN computes them (ReLU) stay alone, but work in place.
    """
    for name, bend_name in following(model, x):
        convolution, bend = model.get_submodule(name), model.get_submodule(bend_name)
        if type(convolution) is not nn.Conv2d:
            continue
        word = _word(bend)
        if type(bend) is nn.ReLU:
            _put(model, bend_name, Rectified())
        elif word is not None and name not in layers and _for_onednn(convolution, x):
            _put(model, bend_name, Bent(convolution, *word))
            _put(model, name, nn.Identity())
    return model


def averaged(model: nn.Module, layers: Sequence[str], x: Tensor) -> nn.Module:
    """Put `Averaged` where it does the same. Changes ``model``."""
    for name, module in list(model.named_modules()):
        if type(module) is nn.AdaptiveAvgPool2d and module.output_size in (1, (1, 1)) and name:
            _put(model, name, Averaged(1))
    return model


def _word(module: nn.Module) -> tuple[str, ...] | None:
    """Return oneDNN's name for a non-linearity."""
    if type(module) is nn.GELU:
        return "gelu", module.approximate
    found = {nn.SiLU: "swish", nn.Hardswish: "hardswish", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh"}.get(type(module))
    return None if found is None else (found,)


def _for_onednn(convolution: nn.Conv2d, x: Tensor) -> bool:
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    there = there and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    usual = not isinstance(convolution.padding, str) and convolution.padding_mode == "zeros"
    return there and usual and x.device.type == "cpu" and convolution.weight.dtype == x.dtype == torch.float32


def _put(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(model.get_submodule(parent), own, module)
