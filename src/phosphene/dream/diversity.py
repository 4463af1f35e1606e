"""How alike pictures are to a layer: the cosine of their Gram matrices.

A Gram matrix holds how strongly each two units of the layer are active together, wherever in the picture; the style
of a picture, as Gatys et al. (2015) call it. Olah et al. (2017) drive a batch of pictures of one unit apart by it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def grams(maps: Tensor) -> Tensor:
    """Return the Gram matrices of maps (N, units, H, W) as rows of length 1: (N, units * units)."""
    flat = maps.flatten(2)
    found = torch.einsum("ncp,ndp->ncd", flat, flat).flatten(1)
    rows: Tensor = found / found.norm(dim=1, keepdim=True).clamp(min=torch.finfo(found.dtype).tiny)
    return rows


def likeness(maps: Tensor) -> Tensor:
    """Return the mean cosine of the Gram matrices of each two of N pictures: 1 where all are alike, 0 for one alone."""
    rows = grams(maps)
    count = len(rows)
    if count < 2:
        return rows.new_zeros(())
    cosines = rows @ rows.T
    return (cosines.sum() - cosines.diagonal().sum()) / (count * (count - 1))
