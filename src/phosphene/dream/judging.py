"""What finished pictures do, at rest: to the unit, to the layer, beside real images."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.dream.agreement import agreement
from phosphene.dream.beside import beside
from phosphene.dream.canvas import Phases
from phosphene.dream.layers import maps_of
from phosphene.dream.making import Making
from phosphene.dream.natural import Natural
from phosphene.dream.result import Dream
from phosphene.project.receptive import box_of

AT_ONCE = 16  # pictures
CHANCE = 8  # pictures of random phases that seeds' agreement is compared with


def judged(
    making: Making,
    pictures: Tensor,
    importance: Tensor,
    seeds: tuple[int, ...],
    atlas: Atlas | None,
    options: Mapping[str, object],
) -> Dream:
    """Measure pictures (seeds, count, C, H, W) and put all that is known of them together."""
    shape, unit = pictures.shape[:2], making.objective.unit
    activation, peak, answers = measured(making, pictures.flatten(0, 1))
    peaks = peak.reshape(shape)
    return Dream(
        objective=making.objective,
        network=making.net.name,
        pictures=pictures,
        activation=activation.reshape(shape),
        peak=peaks,
        flat=float(measured(making, flat(making.natural, pictures))[0]),
        importance=importance,
        seen=seen(making),
        seeds=seeds,
        agreement=agreement(pictures, answers.reshape(*shape, -1), measured(making, of_chance(making, seeds[0]))[2]),
        beside=beside(atlas, unit, peaks) if atlas is not None and unit is not None else None,
        options=options,
    )


def measured(making: Making, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return of pictures (N, C, H, W) what is raised (N,), its peak (N,), the other units' means (N, units)."""
    parts = [_measured(making, batch) for batch in torch.split(pictures, AT_ONCE)]
    activation, peak, answers = (torch.cat(found) for found in zip(*parts, strict=True))
    return activation, peak, answers


@torch.no_grad()
def _measured(making: Making, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    net, objective = making.net, making.objective
    inputs = net.scale.to_inputs(pictures.to(net.device)).to(net.dtype).clone()
    maps = {name: found.float() for name, found in maps_of(net, inputs, objective.layers).items()}
    first = objective.parts[0]
    others = torch.ones(len(first.weights), dtype=torch.bool)
    for part in objective.parts:
        if part.layer == first.layer and part.unit is not None:
            others[part.unit] = False
    answers = maps[first.layer].mean((2, 3)).cpu()[:, others]
    return objective.value(maps).cpu(), objective.peak(maps).cpu(), answers


def seen(making: Making) -> tuple[int, int, int, int] | None:
    """Return the box (top, left, bottom, right) of what single positions can see, as far as pictures were shifted."""
    height, width = making.net.input_size[1:]
    boxes = []
    for part in making.objective.parts:
        if part.position is None:
            return None
        boxes.append(box_of(making.net.layer(part.layer).view, part.position, (height, width)))
    reach = making.plan.movement.shift
    down, across = round(reach * height), round(reach * width)
    return (
        max(0, min(box.top for box in boxes) - down),
        max(0, min(box.left for box in boxes) - across),
        min(height, max(box.bottom for box in boxes) + down),
        min(width, max(box.right for box in boxes) + across),
    )


def flat(natural: Natural, like: Tensor) -> Tensor:
    """Return one picture of the mean colour of photographs, of the size of pictures (..., C, H, W)."""
    return natural.mean.cpu()[:, None, None].expand(1, *like.shape[-3:])


def of_chance(making: Making, seed: int) -> Tensor:
    """Return pictures that look like part of a photograph by their spectrum, and show nothing."""
    generator = torch.Generator().manual_seed(seed)
    net = making.net
    noise = torch.randn((CHANCE, *net.input_size), generator=generator).to(net.device)
    with torch.no_grad():
        return Phases(making.natural, (net.input_size[1], net.input_size[2]), noise).picture()
