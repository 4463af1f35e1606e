"""Feature maps as pictures: grey tiles, and colours to lay over the picture they were made from."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor

from phosphene.draw.colour import heat, signed
from phosphene.draw.scaling import Scale, measure
from phosphene.explore.live.lattice import Lattice
from phosphene.explore.live.sending import clip_of

VEIL, OPAQUE = 0.35, 0.85
"""How much of the picture a map covers where it is zero, and at its strongest place."""


def maps_drawn(maps: Tensor, scale: Scale = "tile") -> tuple[list[Image.Image | None], str]:
    """Draw maps (U, H, W) in grey; returns them, None where all is zero, and the note on their scale.

    Black is zero and white the largest value; where anything is negative, zero is mid-grey. Maps of a single position
    always share one scale: on their own each would be white.
    """
    alone = tuple(maps.shape[1:]) == (1, 1)
    scaling = measure(maps, "shared" if alone else scale, clip_of(maps), axes=2)
    below = bool((maps < 0).any())
    values = maps.double().cpu().numpy()
    drawn = signed((values if below else 2 * values - scaling.divisor[:, None, None])[:, None], scaling)
    shown = [None if empty else Image.fromarray(one) for one, empty in zip(drawn, scaling.empty, strict=True)]
    return shown, f"Zero is {'mid-grey' if below else 'black'}. {scaling.note}"


def overlay(plane: Tensor, lattice: Lattice) -> Image.Image:
    """Draw a map (H, W) in colours, as large as the picture it was made from: RGBA, a thin veil where it is zero.

    Every pixel has the colour of the position that is nearest to it. Without the veil the strongest places, which are
    light, would be lost on a white ground. A map of a single position tells nothing of where: it is clear.
    """
    values = plane.double().cpu().numpy()
    size = np.abs(values)
    largest = size[np.isfinite(size)].max(initial=0.0)
    strength = np.where(np.isfinite(values), size / (largest or 1.0), 1.0)
    alpha = np.rint(255 * (VEIL + (OPAQUE - VEIL) * strength) * (size.size > 1)).astype(np.uint8)
    rows, columns = lattice.nearest()
    return Image.fromarray(np.dstack([heat(values), alpha])[rows][:, columns])
