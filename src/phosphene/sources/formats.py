"""The picture formats that are read, told by their first bytes. No other decoder is reachable."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.ImageFile import ImageFile

HEAD = 64
"""Number of first bytes that tell the format."""

_NOT_READ = (".heic", ".heif", ".avif")  # pictures all the same: they are reported, not overlooked
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", *_NOT_READ),
)
"""Files whose names end so (in lower case) are taken for pictures in folders and archives."""

Opener = Callable[[BinaryIO], ImageFile]

_READ: tuple[tuple[bytes, Opener], ...] = (
    (b"\xff\xd8\xff", JpegImagePlugin.JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    (b"GIF87a", GifImagePlugin.GifImageFile),
    (b"GIF89a", GifImagePlugin.GifImageFile),
    (b"BM", BmpImagePlugin.BmpImageFile),
    *((mark, TiffImagePlugin.TiffImageFile) for mark in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *((b"P%d" % kind, PpmImagePlugin.PpmImageFile) for kind in range(1, 7)),
)

_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "it is a web page, not a picture"),
    (b"<html", "it is a web page, not a picture"),
    (b"<?xml", "it is XML or an SVG drawing, not a picture made of pixels"),
    (b"<svg", "it is an SVG drawing, not a picture made of pixels"),
    (b"%pdf", "it is a PDF, not a picture"),
    (b"pk\x03\x04", "it is a .zip archive, not a picture"),
    (b"version https://git-lfs", "it is a Git LFS pointer; fetch the picture with `git lfs pull`"),
)
"""What often lies under a picture's name; compared in lower case."""


def opener(head: bytes) -> Opener | str:
    """Return what opens this format, told by its first `HEAD` bytes, or one sentence why nothing does."""
    for signature, open_format in _READ:
        if head.startswith(signature):
            return open_format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    return _why_not(head)


def _why_not(head: bytes) -> str:
    if not head:
        return "the file is empty"
    if not head[:HEAD].strip(b"\0"):
        return "the file begins with nothing but zero bytes"
    if head[4:8] == b"ftyp":
        return "HEIC, AVIF and films are not read; convert it to JPEG or PNG"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    known = (reason for signature, reason in _REFUSED if text.startswith(signature))
    return next(known, "it is not a picture of a known format")


def webp_size(head: bytes) -> tuple[int, int]:
    """Return (width, height) from a WebP header (RFC 9649, 2.5 to 2.7); (0, 0) if it has none.

    Pillow has no header-only reading of this format: opening it already makes room for the pixels.
    """
    kind, body = head[12:16], head[20:]
    if kind == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(body) >= 10:
        return _fourteen_bits(body[6:8]), _fourteen_bits(body[8:10])
    return 0, 0


def _fourteen_bits(two: bytes) -> int:
    return int.from_bytes(two, "little") & 0x3FFF
