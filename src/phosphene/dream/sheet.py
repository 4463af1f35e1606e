"""Dreams as a sheet: a row for each seed; with `maco` each picture beside what of it mattered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from phosphene.draw.sheet import Group, Sheet, Tile

if TYPE_CHECKING:
    from phosphene.dream.result import Dream

SILENT = "nothing moves it"
TILE = 150.0  # points: a large picture is worth looking at
SMALL = 64  # pixels: pictures up to here are enlarged


def sheet_of(dream: Dream, columns: int | None = None) -> Sheet:
    """Lay a dream out: seeds below each other, each one's pictures side by side."""
    seeds, count = dream.activation.shape
    tiles = [_tile(dream, seed, index) for seed in range(seeds) for index in range(count)]
    across = columns or (count if count > 1 else min(seeds, 4))
    method, steps = dream.options["method"], dream.options["steps"]
    return Sheet(
        tiles,
        across,
        title=f"{dream.network} · {dream.name}",
        subtitle=f"{method}, {steps} steps{', cut to what the position sees' if dream.seen else ''}",
        scale_note=" ".join(dream.sentences),
        tile_size=TILE if max(dream.pictures.shape[-2:]) > SMALL else None,
    )


def _tile(dream: Dream, seed: int, index: int) -> Tile | Group:
    label, value = f"seed {dream.seeds[seed]}", f"{float(dream.activation[seed, index]):.4g}"
    if dream.silent:
        return Tile(None, label, value, note=SILENT)
    shown = [Tile(each) for each in drawn(dream, seed, index)]
    return Group(tuple(shown), 2, label, value) if len(shown) > 1 else Tile(shown[0].picture, label, value)


def drawn(dream: Dream, seed: int, index: int) -> list[Image.Image]:
    """Return a picture, cut to what a single position sees; with `maco` also what of it mattered."""
    whole, importance = dream.pictures[seed, index], dream.importance[seed, index]
    if dream.seen is not None:
        top, left, bottom, right = dream.seen
        whole, importance = whole[:, top:bottom, left:right], importance[top:bottom, left:right]
    parts = [whole, faded(whole, importance)] if dream.options["method"] == "maco" else [whole]
    return [picture(part) for part in parts]


def picture(values: Tensor) -> Image.Image:
    """Draw values 0..1 (C, H, W): in colour if C is 3, otherwise the channels in grey, side by side."""
    cells = (values.clamp(0, 1) * 255).round().to(torch.uint8)
    if len(cells) == 3:
        return Image.fromarray(cells.permute(1, 2, 0).numpy())
    return Image.fromarray(torch.cat(list(cells), 1).numpy()).convert("RGB")


def faded(values: Tensor, importance: Tensor) -> Tensor:
    """Let a picture (C, H, W) fade to grey where little depended on it (H, W)."""
    return 0.5 + (values - 0.5) * importance
