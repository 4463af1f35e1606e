"""Pictures that visitors drop on a page: a few, in memory, bounded in every way."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.sources.decode import decode

MOST_BYTES = 20_000_000
LARGEST = 2048
"""Pixels to the longer side of what is kept: more than networks see, and 16 MB at most."""
KEPT = 8

_DRAINED = 3 * MOST_BYTES


class TooLarge(PhospheneError):  # noqa: N818
    """A file with more bytes than are taken."""

    def __init__(self) -> None:
        super().__init__(f"the file has more than {MOST_BYTES // 1_000_000} MB; drop a smaller one")


@dataclass(frozen=True)
class Kept:
    """A picture that was taken."""

    id: str
    """By which it is asked for."""
    width: int
    height: int


class Uploads(Mapping[str, Image.Image]):
    """The pictures that were dropped last, by id; older ones are forgotten. For use by several threads."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._pictures: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = Lock()

    def add(self, body: bytes) -> Kept:
        """Decode a picture file and keep it: RGB, upright, its longer side at most `LARGEST`.

        Raises:
            BrokenPicture: it is no picture of a known format, is damaged, or has more than 50 million pixels.
        """
        id = f"u-{hashlib.blake2b(body, digest_size=12).hexdigest()}"
        picture = self.get(id) or decode(body, LARGEST)
        with self._lock:
            self._pictures[id] = picture
            while len(self._pictures) > self._most:
                self._pictures.popitem(last=False)
        return Kept(id, *picture.size)

    def __getitem__(self, id: str) -> Image.Image:
        with self._lock:
            self._pictures.move_to_end(id)
            return self._pictures[id]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(tuple(self._pictures))

    def __len__(self) -> int:
        return len(self._pictures)


async def received(stream: AsyncIterator[bytes], declared: str | None) -> bytes:
    """Return a request's body, but no more than `MOST_BYTES` of it.

    Args:
        stream: the body as it comes.
        declared: what the request says of its length, if it does. It is believed only where it is too much.

    Raises:
        TooLarge: it is larger. Some of the rest is read and thrown away, so that the sender comes to hear of it.
    """
    body, seen = bytearray(), 0
    too_large = declared is not None and declared.isdecimal() and int(declared) > MOST_BYTES
    async for chunk in stream:
        seen += len(chunk)
        too_large = too_large or seen > MOST_BYTES
        if not too_large:
            body += chunk
        elif seen > _DRAINED:
            break
        else:
            body.clear()
    if too_large:
        raise TooLarge
    return bytes(body)
