"""The headers of a `.tar` file, read one after the other; nothing of it is unpacked or believed.

POSIX.1-2017, pax, "Interchange Format" (ustar headers and extended headers), and GNU tar's long names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

BLOCK = 512
LONGEST = 65_536
"""Bytes of an extended header or long name; no archive of pictures needs more."""

FILE, LINK, SPECIAL, SPARSE, UNKNOWN = "file", "link", "special", "sparse", "unknown"
_SPARSE, _FOLDER, _PAX, _PAX_FOR_ALL, _LONG_NAME, _LONG_LINK = b"S5xgLK"
_KINDS = {**dict.fromkeys(b"\x0007", FILE), **dict.fromkeys(b"12", LINK), **dict.fromkeys(b"346", SPECIAL)}
_OCTAL = re.compile(rb"[0-7]*")
_EMPTY = b"123456"
"""Kinds of members without content, whatever size their headers state."""


class TarDamaged(Exception):  # noqa: N818 - its text is a reason, said by who reads the archive
    """From here on nothing can be told of the archive; the text says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """One member: its name, what it is (`FILE`, `LINK` …), where its content begins, and how long it is in bytes."""

    name: str
    kind: str
    begin: int
    size: int


def headers(stream: IO[bytes]) -> Iterator[Header]:
    """Yield the members that are no folders; the stream stands somewhere else afterwards.

    Raises:
        TarDamaged: at the first header that is none.
    """
    end = stream.seek(0, os.SEEK_END)
    place = 0
    said: dict[str, str] = {}  # by the extended headers before a member
    while raw := _block(stream, place, end):
        kind = raw[156]
        begin = _behind_maps(stream, place + BLOCK) if kind == _SPARSE and raw[482] else place + BLOCK
        size = _number(raw[124:136]) if "size" not in said else _decimal(said["size"])
        size = 0 if kind in _EMPTY else size
        if kind in (_PAX, _LONG_NAME):
            said |= _extended(stream, begin, size, kind)
        elif kind != _LONG_LINK:
            if kind not in (_FOLDER, _PAX_FOR_ALL):
                yield Header(_name(raw, said), _kind(raw, said), begin, size)
            said = {}
        place = begin + -(-size // BLOCK) * BLOCK


def _block(stream: IO[bytes], place: int, end: int) -> bytes:
    """Return the header at a place, or nothing where there are no more."""
    if place >= max(end, 1):
        return b""
    stream.seek(place)
    raw = stream.read(BLOCK)
    if len(raw) < BLOCK:
        raise TarDamaged("it is cut short")
    if not raw.strip(b"\0"):
        return b""
    if sum(raw[:148]) + 8 * 32 + sum(raw[156:]) != _number(raw[148:156]):
        raise TarDamaged("a header in it is wrong")
    return raw


def _behind_maps(stream: IO[bytes], place: int) -> int:
    """Return where the content of a sparse file of GNU's kind begins: each block of its map says if one more comes."""
    more = 1
    while more:
        stream.seek(place)
        block = stream.read(BLOCK)
        more = block[504] if len(block) == BLOCK else 0
        place += BLOCK
    return place


def _name(raw: bytes, said: dict[str, str]) -> str:
    name, front = _text(raw[:100]), _text(raw[345:500]) if raw[257:263] == b"ustar\0" else ""
    return said.get("path", f"{front}/{name}" if front else name)


def _kind(raw: bytes, said: dict[str, str]) -> str:
    if raw[156] == _SPARSE or any(key.startswith("GNU.sparse.") for key in said):
        return SPARSE
    return _KINDS.get(raw[156], UNKNOWN)


def _extended(stream: IO[bytes], begin: int, size: int, kind: int) -> dict[str, str]:
    """Return what an extended header says of the next member."""
    if size > LONGEST:
        raise TarDamaged("a name in it is longer than any")
    stream.seek(begin)
    content = stream.read(size)
    return {"path": _text(content)} if kind == _LONG_NAME else _records(content)


def _records(content: bytes) -> dict[str, str]:
    said = {}
    while content.strip(b"\0"):
        found = re.match(rb"([0-9]{1,5}) ([^=\n]+)=", content)
        length = int(found[1]) if found else 0
        if found is None or not found.end() < length <= len(content):
            raise TarDamaged("an extended header in it is wrong")
        said[_text(found[2])] = _text(content[found.end() : length - 1])
        content = content[length:]
    return said


def _number(digits: bytes) -> int:
    """Return a number of a header: octal digits, or binary where the first bit is set (GNU)."""
    text = digits.strip(b" \0")
    if digits[0] == 0x80 and not any(digits[:-7][1:]):
        return int.from_bytes(digits[-7:], "big")
    if not _OCTAL.fullmatch(text):
        raise TarDamaged("a header in it is wrong")
    return int(text or b"0", 8)


def _decimal(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,16}", text):
        raise TarDamaged("an extended header in it is wrong")
    return int(text)


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
