"""The box of pixels that one position of a layer sees, and pictures cut to it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.geometry import View


@dataclass(frozen=True)
class Box:
    """Pixels ``top`` to ``bottom - 1``, ``left`` to ``right - 1``; it may reach beyond the picture."""

    top: int
    left: int
    bottom: int
    right: int

    def cut(self, picture: Tensor, beyond: Tensor) -> Tensor:
        """Cut (C, H, W); what lies beyond the picture takes the values ``beyond`` (C,)."""
        rows, columns = torch.arange(self.top, self.bottom), torch.arange(self.left, self.right)
        height, width = picture.shape[1:]
        seen = picture[:, rows.clamp(0, height - 1)][:, :, columns.clamp(0, width - 1)]
        inside = _within(rows, height)[:, None] & _within(columns, width)
        return torch.where(inside.to(seen.device), seen, beyond.to(seen).reshape(-1, 1, 1))


def _within(places: Tensor, size: int) -> Tensor:
    return (places >= 0) & (places < size)


def box_of(view: View | None, place: tuple[int, int], size: tuple[int, int]) -> Box:
    """Return what ``place`` sees; the whole picture of ``size`` (H, W) where a position sees as much or more."""
    if view is None or view.rows.size >= size[0] or view.columns.size >= size[1]:
        return Box(0, 0, *size)
    (top, bottom), (left, right) = view.rows.at(place[0]), view.columns.at(place[1])
    return Box(top, left, bottom, right)
