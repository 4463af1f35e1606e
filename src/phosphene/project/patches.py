"""What one unit sees of pictures at its strongest position, and what it looks like there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from phosphene.network import Network, Unit
from phosphene.project.projection import project
from phosphene.project.receptive import box_of
from phosphene.project.rules import Rule, Unpool


@dataclass(frozen=True)
class Patches:
    """Pictures cut to what the strongest position of one unit sees in each.

    Attributes:
        patches: (n, C, h, w) picture values; beyond the picture's edge the network's padding.
        projections: (n, C, h, w) signed, in picture values; nothing beyond the edge.
    """

    patches: Tensor
    projections: Tensor


def patches_of(
    net: Network, unit: Unit, images: object, rule: Rule = "deconvnet", unpool: Unpool = "switches"
) -> Patches:
    """Send the peak of a unit in each of ``images`` (as `project` takes them) back, and cut to what it sees."""
    sent = project(net, images, unit, rule=rule, unpool=unpool, position="peak")
    view, size = net.layer(unit.layer).view, (sent.inputs.shape[2], sent.inputs.shape[3])
    boxes = [box_of(view, (y, x), size) for y, x in sent.places[0].tolist()]
    beyond = net.scale.to_picture(torch.zeros(1, net.input_size[0], 1, 1)).flatten()
    nothing = torch.zeros(net.input_size[0])
    return Patches(
        torch.stack([box.cut(picture, beyond) for box, picture in zip(boxes, sent.inputs, strict=True)]),
        torch.stack([box.cut(picture, nothing) for box, picture in zip(boxes, sent.pixels[0], strict=True)]),
    )
