"""What a dream gives: pictures, what they do to the unit, and how far to believe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from torch import Tensor

from phosphene.draw.sheet import Sheet
from phosphene.dream.agreement import Agreement
from phosphene.dream.beside import Beside
from phosphene.dream.objective import Objective
from phosphene.dream.sheet import sheet_of
from phosphene.dream.storing import store

SAME_START = "all seeds began with the same picture, so their agreement says little"
Method = Literal["fourier", "maco"]


@dataclass(frozen=True)
class Dream:
    """Pictures that drive a unit as strongly as could be reached.

    Attributes:
        objective: what was raised.
        network: the network's name.
        pictures: (seeds, count, C, H, W) values 0..1, on the CPU.
        activation: (seeds, count) what was raised, on the pictures as they are.
        peak: (seeds, count) the largest value of its map there.
        flat: the activation for a picture of one colour, the mean of photographs.
        importance: (seeds, count, H, W) from 0 to 1: where changes mattered while it was made (Fel et al. 2023).
        seen: the box (top, left, bottom, right) that single positions can see, which alone is drawn; None where the
            whole map is raised.
        seeds: what each row began with.
        agreement: how alike the pictures of different seeds are.
        beside: what scanned images do to the unit; None without an atlas.
        options: how it was made: method, steps, rate ...
    """

    objective: Objective
    network: str
    pictures: Tensor
    activation: Tensor
    peak: Tensor
    flat: float
    importance: Tensor
    seen: tuple[int, int, int, int] | None
    seeds: tuple[int, ...]
    agreement: Agreement
    beside: Beside | None
    options: Mapping[str, object]

    @property
    def name(self) -> str:
        """What was raised, in words."""
        return self.objective.name

    @property
    def silent(self) -> bool:
        """Whether no step found any way to raise it."""
        return not bool(self.importance.any())

    @property
    def caution(self) -> str:
        """What to beware of; empty where there is nothing."""
        return SAME_START if self.options["start"] and len(self.seeds) > 1 else self.agreement.caution

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said of the pictures, cautions included."""
        if self.silent:
            return (f"Nothing that was tried moves {self.name}: it may be dead.",)
        said = (
            self.agreement.sentence,
            f"Caution: {self.caution}." if self.caution else "",
            self.beside.sentence if self.beside else "",
        )
        return tuple(filter(None, said))

    def told(self) -> dict[str, object]:
        """Return all figures as plain numbers, lists by seed and picture."""
        return {
            "network": self.network,
            "raised": self.name,
            "activation": self.activation.tolist(),
            "peak": self.peak.tolist(),
            "flat": self.flat,
            "seen": self.seen,
            "agreement": self.agreement,
            "beside": self.beside and self.beside.told(),
            "sentences": self.sentences,
            "options": self.options,
        }

    def store(self) -> Path:
        """Keep the pictures in the atlas that the dream was made with, in place of those that the unit had there.

        Returns:
            The atlas's file; ``atlas["relu2:8"].dreams`` are the pictures.

        Raises:
            UsageError: it was made without an atlas, nothing moved the unit, or there are too many pictures.
            PhospheneError: the file cannot be written.
        """
        return store(self)

    def figure(self, columns: int | None = None) -> Sheet:
        """Return the pictures as a sheet that can be saved as .png, .svg or .pdf."""
        return sheet_of(self, columns)

    def sheet(self, columns: int | None = None, theme: str = "light", dpi: int = 150) -> Image.Image:
        """Draw all pictures as one, each with its seed and activation."""
        return self.figure(columns).image(theme, dpi)

    def _repr_html_(self) -> str:
        from phosphene.dream.notebook import dream_html

        return dream_html(self)

    def _repr_png_(self) -> bytes:
        return self.figure().encoded(".png")
