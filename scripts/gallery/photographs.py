"""The photographs of a gallery, each once in memory as the network's own preprocessing cuts it."""

from __future__ import annotations

import torch

from phosphene.errors import PhospheneError
from phosphene.network import Network
from phosphene.sources.images import ImageSet
from phosphene.story.material import Material, Progress


def photographs(net: Network, images: ImageSet, progress: Progress) -> Material:
    """Decode and prepare every picture of a set; broken ones are passed over.

    Unlike `phosphene.story.material.gather`, which scales pictures to a square as they are, this keeps the frame the
    network was trained with (torchvision's: the shorter side to 256, the middle 224 x 224).

    Raises:
        PhospheneError: none of them can be read.
    """
    ids, pixels = [], []
    for picture, opened in images.readable():
        seen = net.scale.to_picture(net.prepare([opened]))
        pixels.append((seen.clamp(0, 1) * 255).round().to(torch.uint8))
        ids.append(picture.id)
        progress(f"reading {images.name}", len(ids), len(images))
    if not ids:
        raise PhospheneError(f"none of the {len(images)} pictures of {images.name} can be read; give another set")
    labels = ("",) * len(ids)
    return Material(images.name, torch.cat(pixels), tuple(ids), labels, tuple(images.failures), len(images), False)
