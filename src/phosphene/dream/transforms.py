"""Small movements of a picture between steps: what drives the unit only pixel by pixel does not survive them.

Olah, Mordvintsev & Schubert (2017) call it transformation robustness. All lengths are parts of the picture's side, so
a picture of 32 pixels is moved by 2, not by the 16 that were found good for 224. What comes in at an edge is the
picture's own mirror image: no black corners, no frame of grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Movement:
    """How far pictures are moved at random, each on its own.

    Attributes:
        shift: up to this part of the side, either way, in both directions.
        turn: up to so many degrees, either way.
        zoom: the smallest and largest part of the picture's side that is looked at; drawn evenly in the logarithm.
    """

    shift: float = 1 / 16
    turn: float = 5.0
    zoom: tuple[float, float] = (0.9, 1.1)

    def draw(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw ``count`` movements of pictures of ``size`` (H, W): (count, 2, 3), as `moved` takes them."""
        across, down, turn, zoom = torch.rand(4, count, generator=generator).unbind()
        low, high = (torch.tensor(part).log() for part in self.zoom)
        part = (low + (high - low) * zoom).exp()
        angle = (2 * turn - 1) * self.turn * pi / 180
        long = size[1] / size[0]
        cosine, sine = part * angle.cos(), part * angle.sin()
        shift = 2 * self.shift * (2 * torch.stack([across, down]) - 1)  # the plane is 2 wide and 2 high
        rows = [torch.stack([cosine, -sine / long, shift[0]]), torch.stack([sine * long, cosine, shift[1]])]
        return torch.stack(rows).permute(2, 0, 1)


STILL = Movement(0.0, 0.0, (1.0, 1.0))


def moved(pictures: Tensor, movements: Tensor) -> Tensor:
    """Move pictures (N, C, H, W), each by its own affine map (N, 2, 3) of the plane from -1 to 1; differentiable."""
    grid = F.affine_grid(movements.to(pictures), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
