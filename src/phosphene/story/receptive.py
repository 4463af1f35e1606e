"""The box of pixels that one position of a layer sees, and pictures cut to it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.fields import views
from phosphene.geometry import View
from phosphene.graph import entrance, trace
from phosphene.network import Network
from phosphene.tape import Event, run


@dataclass(frozen=True)
class Box:
    """Pixels ``top`` to ``bottom - 1``, ``left`` to ``right - 1``; it may reach beyond the picture."""

    top: int
    left: int
    bottom: int
    right: int

    def cut(self, picture: Tensor, beyond: Tensor) -> Tensor:
        """Cut (C, H, W); what lies beyond the picture takes the values ``beyond`` (C,)."""
        height, width = picture.shape[1:]
        whole = beyond.to(picture).reshape(-1, 1, 1).repeat(1, self.bottom - self.top, self.right - self.left)
        rows, columns = (
            slice(max(self.top, 0), min(self.bottom, height)),
            slice(max(self.left, 0), min(self.right, width)),
        )
        inside = whole[
            :, rows.start - self.top : rows.stop - self.top, columns.start - self.left : columns.stop - self.left
        ]
        inside.copy_(picture[:, rows, columns])
        return whole


def box_of(view: View | None, place: tuple[int, int], size: tuple[int, int]) -> Box:
    """Return what ``place`` sees; the whole picture of ``size`` (H, W) where a position sees as much or more."""
    if view is None or view.rows.size >= size[0] or view.columns.size >= size[1]:
        return Box(0, 0, *size)
    (top, bottom), (left, right) = view.rows.at(place[0]), view.columns.at(place[1])
    return Box(top, left, bottom, right)


def view_of_layer(net: Network, layer: str) -> View | None:
    """Return what the positions of a layer see of the input; None where that may be everything."""
    start = entrance(torch.zeros(1, *net.input_size, device=net.device, dtype=net.dtype))
    found: list[Event] = []

    def stop(event: Event) -> bool:
        found.extend([event] if event.name == layer else [])
        return bool(found)

    with torch.enable_grad():
        run(net.model, start, stop)
    output = found[0].output.grad_fn
    if output is None or start.grad_fn is None:
        return None
    return views(trace(output, start.grad_fn)).get(output)
