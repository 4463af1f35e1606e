"""Pictures with known pixels, and ways to write them, for the tests of this folder."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def noise(height=20, width=30, channels=3, seed=0):
    """Return repeatable uint8 values (H, W, C), or (H, W) for one channel."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(height=40, width=60):
    """Return a colour gradient (H, W, 3) that lossy formats keep nearly as it is."""
    y, x = np.mgrid[0:height, 0:width]
    across, down = x * 255 // (width - 1), y * 255 // (height - 1)
    return np.stack([across, down, 255 - across], -1).astype(np.uint8)


def encoded(picture, format="PNG", **options):
    """Return the bytes of a picture file; `picture` is an array or a PIL image."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def png(width, height, depth, kind, rows=b"", extra=b""):
    """Return a PNG written by hand from its raw rows; `kind` is its colour type (PNG specification, 11.2.2)."""
    lines = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def write(path: Path, content: bytes = b"") -> Path:
    """Write a file, and the folders above it; a small valid PNG unless told otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content or encoded(noise(4, 4)))
    return path
