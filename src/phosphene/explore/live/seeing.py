"""Pictures as the network sees them, and what its layers make of them: those that were asked for last are held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from PIL import Image
from torch import Tensor

from phosphene.errors import PhospheneError, UsageError
from phosphene.evidence.pictures import ScannedPictures
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing
from phosphene.project.picture import input_pictures

HELD = 4
"""Pictures, and maps of a layer on a picture, that are held: a page asks many things about one picture."""


class Seeing:
    """Opens pictures by what a page calls them: a number of the atlas, or the name of an uploaded one."""

    def __init__(self, net: Network, pictures: ScannedPictures, uploads: Mapping[str, Image.Image]) -> None:
        self._net, self._pictures, self._uploads = net, pictures, uploads
        self._prepared = lru_cache(maxsize=HELD)(self._prepare)
        self._recorded = lru_cache(maxsize=HELD)(self._record)

    def inputs(self, image: str) -> Tensor:
        """Return the network's input (1, C, H, W).

        Raises:
            UsageError: there is no such picture, it cannot be had, or the network does not take pictures.
        """
        if not _is_number(image) and image not in self._uploads:
            raise UsageError(
                f"there is no picture {image[:40]!r} here any more; give it again, or the number of one of the atlas"
            )
        return self._prepared(image)

    def maps(self, image: str, layer: str) -> Tensor:
        """Return what the units of a layer make of a picture, (U, H, W) float32 in main memory."""
        self.inputs(image)
        return self._recorded(image, layer)

    def prepared(self, picture: Image.Image) -> Tensor:
        """Return a picture as the network's input (1, C, H, W)."""
        taken = self._net.preprocess
        if isinstance(taken, Preprocessing) and len(taken.mean) not in (1, 3):
            raise UsageError(
                f"{self._net.name} takes {len(taken.mean)} channels and a picture has 3, so none can be shown to it"
            )
        try:
            return self._net.prepare(picture)
        except PhospheneError:
            raise
        except Exception as error:  # a preprocessing of the user's own may raise anything
            said = str(error).partition("\n")[0] or type(error).__name__
            raise UsageError(
                f"the preprocessing of {self._net.name} does not take this picture ({said}); give another one"
            ) from error

    def shown(self, inputs: Tensor) -> list[Image.Image]:
        """Return inputs (N, C, H, W) as pictures."""
        return input_pictures(self._net.scale.to_picture(inputs.float()))

    def _prepare(self, image: str) -> Tensor:
        if _is_number(image):
            return self.prepared(self._pictures.open(int(image)))
        picture = self._uploads.get(image)
        if picture is None:  # given up in this moment
            raise UsageError(f"there is no picture {image[:40]!r} here any more; give it again")
        return self.prepared(picture)

    def _record(self, image: str, layer: str) -> Tensor:
        return self._net.record(self._prepared(image), layer)[layer][0].float().cpu()


def _is_number(image: str) -> bool:
    return re.fullmatch(r"\d{1,18}", image, re.ASCII) is not None
