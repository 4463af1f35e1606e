"""Parts of pictures: boxes read from a file, boxes at random, and pictures with one of them hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.files import reason

Box = tuple[int, int, int, int]
"""(x0, y0, x1, y1) in pixels of the picture as it is stored upright, the ends excluded."""
_MOST = 64 * 2**20  # bytes of a file of parts
_GREY = (128, 128, 128)


@dataclass(frozen=True)
class Parts:
    """Named boxes of several pictures.

    Attributes:
        boxes: by picture, as it is named, and then by part.
        origin: what a sentence calls where they are from.
    """

    boxes: Mapping[str, Mapping[str, Box]]
    origin: str = "the parts"

    @property
    def names(self) -> tuple[str, ...]:
        """The parts that any picture has, in the order in which they are first named."""
        return tuple(dict.fromkeys(name for own in self.boxes.values() for name in own))

    def of(self, picture: str) -> Mapping[str, Box]:
        """Return the boxes of the picture with this id: by its whole id, or by the end of it."""
        found = [boxes for name, boxes in self.boxes.items() if picture == name or picture.endswith(f"/{name}")]
        return found[0] if len(found) == 1 else {}


def read_parts(path: str | Path) -> Parts:
    """Read ``{"dog.jpg": {"nose": [x0, y0, x1, y1], ...}, ...}``.

    Raises:
        PhospheneError: the file cannot be read, or holds something else.
    """
    path = Path(path).expanduser()
    try:
        if path.stat().st_size > _MOST:
            raise PhospheneError(f"{str(path)!r} is too large for a file of parts; give boxes of fewer pictures")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PhospheneError(f"cannot read the parts {str(path)!r}: {reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise PhospheneError(f"{str(path)!r} is no JSON; {_FORM}") from error
    return parts_of(content, str(path))


_FORM = 'write {"dog.jpg": {"nose": [x0, y0, x1, y1]}, "cat.jpg": ...}'


def parts_of(content: object, origin: str = "the parts") -> Parts:
    """Check boxes by picture and part; raises PhospheneError for anything else."""
    if not isinstance(content, Mapping) or not content:
        raise PhospheneError(f"{origin} holds no pictures; {_FORM}")
    found = {}
    for picture, own in content.items():
        if not isinstance(own, Mapping):
            raise PhospheneError(f"{origin} has no parts for {picture!r}; {_FORM}")
        found[str(picture)] = {
            str(name): _checked(box, f"{name!r} of {picture!r}", origin) for name, box in own.items()
        }
    return Parts(found, origin)


def _checked(box: object, whose: str, origin: str) -> Box:
    ends = list(box) if isinstance(box, list | tuple) else []
    whole = [end for end in ends if isinstance(end, int) and not isinstance(end, bool)]
    if len(ends) != 4 or len(whole) != 4:
        raise PhospheneError(f"the box of {whose} in {origin} is not four whole numbers; {_FORM}")
    x0, y0, x1, y1 = whole
    if not (0 <= x0 < x1 and 0 <= y0 < y1):
        raise PhospheneError(f"the box of {whose} in {origin} is empty; give [x0, y0, x1, y1] with x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def chosen_names(parts: Parts, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the parts that were asked for, or all; raises `UsageError` for one that no picture has."""
    for name in wanted or ():
        if name not in parts.names:
            hint = did_you_mean(name, parts.names) or f"; there are {', '.join(parts.names)}"
            raise UsageError(f"{parts.origin} has no part {name!r}{hint}")
    return tuple(wanted) if wanted else parts.names


def check_inside(box: Box, picture: Image.Image, whose: str) -> None:
    """Refuse a box that reaches out of its picture."""
    if box[2] > picture.width or box[3] > picture.height:
        size = f"{picture.width} x {picture.height}"
        raise PhospheneError(f"the box of {whose} reaches out of the picture, which has {size} pixels; mend it")


def hidden(picture: Image.Image, box: Box) -> Image.Image:
    """Return the picture with a grey box."""
    other = picture.convert("RGB")
    ImageDraw.Draw(other).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), _GREY)
    return other


def anywhere(like: Box, picture: Image.Image, generator: np.random.Generator) -> Box:
    """Return a box of the same size anywhere in the picture."""
    width, height = like[2] - like[0], like[3] - like[1]
    x, y = (int(generator.integers(0, room + 1)) for room in (picture.width - width, picture.height - height))
    return x, y, x + width, y + height


def moved_to(own: Box, picture: Image.Image, other: Box, elsewhere: Image.Image) -> Box:
    """Return a box of the size of ``own``, where ``other`` lies in its own picture, in shares of width and height."""
    width, height = own[2] - own[0], own[3] - own[1]
    x = (other[0] + other[2]) / 2 / elsewhere.width * picture.width - width / 2
    y = (other[1] + other[3]) / 2 / elsewhere.height * picture.height - height / 2
    left = int(np.clip(round(x), 0, picture.width - width))
    top = int(np.clip(round(y), 0, picture.height - height))
    return left, top, left + width, top + height
