"""Colours as people see them: CIELAB, and its mean over what each position of a layer sees."""

from __future__ import annotations

import torch
from torch import Tensor

from phosphene.geometry import Span, View

_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)


def lab(pixels: Tensor) -> Tensor:
    """Turn sRGB pictures (N, 3, H, W), uint8, into CIELAB (D65, 2 degrees): lightness, green-red, blue-yellow.

    IEC 61966-2-1 for the curve and the primaries, CIE 15:2004 for the rest.
    """
    value = pixels.float() / 255
    linear = torch.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    matrix = torch.tensor(_TO_XYZ) / torch.tensor(_WHITE)[:, None]
    xyz = torch.einsum("kc,nchw->nkhw", matrix, linear)
    f = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(min=1e-9) ** (1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = f.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def local_means(planes: Tensor, view: View, size: tuple[int, int]) -> Tensor:
    """Average (N, C, H, W) over what each position of a map of ``size`` sees of the picture: (N, C, *size)."""
    rows = _shares(view.rows, size[0], planes.shape[2])
    columns = _shares(view.columns, size[1], planes.shape[3])
    means: Tensor = rows @ planes @ columns.T
    return means


def _shares(span: Span, positions: int, pixels: int) -> Tensor:
    """Return (positions, pixels): 1 / the number of pixels that a position sees, and 0 for those it does not."""
    seen = torch.zeros(positions, pixels)
    for position in range(positions):
        first, end = span.at(position)
        seen[position, max(first, 0) : min(end, pixels)] = 1
    return seen / seen.sum(1, keepdim=True).clamp(min=1)
