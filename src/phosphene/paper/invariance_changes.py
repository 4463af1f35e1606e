"""Changes of a picture by degrees: moved, enlarged, turned, brighter, flatter, blurred."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from phosphene.errors import UsageError, did_you_mean
from phosphene.evidence.squares import blurred
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class Wide:
    """A picture and what of it lies around the part that the network sees.

    Attributes:
        pixels: (C, H', W') picture values, 0..1, at the network's scale.
        corner: first row and column of what the network sees.
        size: (H, W) of that.
    """

    pixels: Tensor
    corner: tuple[int, int]
    size: tuple[int, int]

    @property
    def seen(self) -> Tensor:
        """What the network sees, (C, H, W)."""
        (top, left), (height, width) = self.corner, self.size
        return self.pixels[:, top : top + height, left : left + width]


def widened(net: Network, image: object) -> Wide:
    """Return a picture with all that the network's preprocessing cuts off, where that is known.

    A tensor (C, H, W), and what goes through a preprocessing of the user's own, has nothing around it.
    """
    scheme = net.preprocess
    if not isinstance(image, Image.Image) or not isinstance(scheme, Preprocessing):
        seen = net.scale.to_picture(net.prepare(image[None] if isinstance(image, Tensor) else image))[0]
        return Wide(seen, (0, 0), (seen.shape[1], seen.shape[2]))
    height, width = scheme.size
    across, down = scheme.frame(image.size).scale
    whole = max(height, round(image.height / down)), max(width, round(image.width / across))
    coloured = image.convert("L" if len(scheme.mean) == 1 else "RGB")
    resized = coloured.resize(whole[::-1], Image.Resampling[scheme.interpolation.upper()])
    pixels = net.scale.to_picture(net.prepare(replace(scheme, size=whole, resize=None)(resized)[None]))[0]
    return Wide(pixels, (round((whole[0] - height) / 2), round((whole[1] - width) / 2)), scheme.size)


@dataclass(frozen=True)
class Change:
    """A change by degrees, the picture as it is among them.

    Attributes:
        name: such as ``rotation``.
        unit: of the degrees, for a figure's axis.
        degrees: how far, in the order of the axis.
        none: the degree that changes nothing.
    """

    name: str
    unit: str
    degrees: tuple[float, ...]
    none: float

    def made(self, wide: Wide) -> tuple[Tensor, Tensor]:
        """Return the changed pictures (V, C, H, W), and which share of each is made up beyond the picture's end (V,).

        Moved, enlarged and turned pictures are taken from the whole picture by bilinear interpolation, exact for whole
        pixels and quarter turns; what lies beyond its end is the picture mirrored there, so that no edge arises.
        """
        if self.name in _WARPS:
            return _warped(wide, _WARPS[self.name], self.degrees)
        pictures = torch.stack([_TONES[self.name](wide, degree) for degree in self.degrees])
        return pictures, torch.zeros(len(self.degrees))


def changes(names: tuple[str, ...], size: tuple[int, int]) -> tuple[Change, ...]:
    """Return the changes of these names for inputs of ``size`` (H, W), over the paper's ranges.

    The paper's pictures have 224 pixels: moved by -60 to 60 of them, enlarged 1 to 1.8 times, turned by 0 to 350
    degrees. Lengths grow with the input.

    Raises:
        UsageError: there is no such change.
    """
    pixel = size[0] / 224
    moved = sorted({float(round(step * 10 * pixel)) for step in range(-6, 7)})
    known = (
        Change("translation", "pixels down", tuple(moved), 0.0),
        Change("scale", "times", tuple(1 + step / 10 for step in range(9)), 1.0),
        Change("rotation", "degrees", tuple(10.0 * step for step in range(36)), 0.0),
        Change("brightness", "added", tuple(step / 10 for step in range(-4, 5)), 0.0),
        Change("contrast", "times", tuple(step / 10 for step in range(2, 19, 2)), 1.0),
        Change("blur", "pixels sigma", tuple(round(step * pixel, 3) for step in range(9)), 0.0),
    )
    by_name = {change.name: change for change in known}
    if not names:
        raise UsageError(f"no change was named; choose from {', '.join(by_name)}")
    for name in names:
        if name not in by_name:
            hint = did_you_mean(name, by_name) or f"; choose from {', '.join(by_name)}"
            raise UsageError(f"there is no change {name!r}{hint}")
    return tuple(by_name[name] for name in names)


NAMES = ("translation", "scale", "rotation", "brightness", "contrast", "blur")
PAPERS = NAMES[:3]


# -- moved, enlarged, turned -------------------------------------------------------------------------------------


def _moved(y: Tensor, x: Tensor, degree: float) -> tuple[Tensor, Tensor]:
    return y - degree, x


def _enlarged(y: Tensor, x: Tensor, degree: float) -> tuple[Tensor, Tensor]:
    return y / degree, x / degree


def _turned(y: Tensor, x: Tensor, degree: float) -> tuple[Tensor, Tensor]:
    cosine, sine = math.cos(math.radians(degree)), math.sin(math.radians(degree))
    return cosine * y + sine * x, cosine * x - sine * y


_WARPS = {"translation": _moved, "scale": _enlarged, "rotation": _turned}


Warp = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]
"""From rows and columns about the middle, and the degree: where they are taken from."""


def _warped(wide: Wide, warp: Warp, degrees: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    ends = [torch.arange(n, dtype=torch.float64) - (n - 1) / 2 for n in wide.size]
    rows, columns = torch.meshgrid(*ends, indexing="ij")
    middle = [start + (n - 1) / 2 for start, n in zip(wide.corner, wide.size, strict=True)]
    places, outside = [], []
    for degree in degrees:
        found = [at + centre for at, centre in zip(warp(rows, columns, degree), middle, strict=True)]
        # from pixels to -1 ... 1 between the outer edges of the first and the last one
        grid = [(2 * at + 1) / n - 1 for at, n in zip(found, wide.pixels.shape[1:], strict=True)]
        places.append(torch.stack(grid[::-1], 2))
        outside.append(torch.stack([at.abs() > 1 + 1e-9 for at in grid]).any(0).double().mean())
    source = wide.pixels.double().cpu().expand(len(degrees), -1, -1, -1)
    pictures = F.grid_sample(source, torch.stack(places), "bilinear", "reflection", align_corners=False)
    return pictures.to(wide.pixels), torch.stack(outside)


# -- tones -------------------------------------------------------------------------------------------------------


def _brighter(wide: Wide, degree: float) -> Tensor:
    return (wide.seen + degree).clamp(0, 1) if degree else wide.seen


def _contrasted(wide: Wide, degree: float) -> Tensor:
    middle = wide.seen.mean()
    return (middle + degree * (wide.seen - middle)).clamp(0, 1) if degree != 1 else wide.seen


def _blurred(wide: Wide, degree: float) -> Tensor:
    return replace(wide, pixels=blurred(wide.pixels[None], degree)[0]).seen if degree else wide.seen


_TONES = {"brightness": _brighter, "contrast": _contrasted, "blur": _blurred}
