"""Where every page and picture is: one relative path each, the same on a server and in a folder of files."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 60
IMAGES = "images"
"""Where pictures are, beside the layers' in ``media``."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
"""What Windows lets no folder be called."""


def slugs(layers: Iterable[str]) -> dict[str, str]:
    """Return a name for each layer that is safe in addresses and as a file's, also where case does not count."""
    found: dict[str, str] = {}
    taken = {IMAGES, *_RESERVED}
    for layer in layers:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", layer)[:_LONGEST].strip("-") or "layer"
        slug, copy = plain, 2
        while slug.lower() in taken:
            slug, copy = f"{plain}-{copy}", copy + 1
        taken.add(slug.lower())
        found[layer] = slug
    return found


HOME = "index.html"
SEARCH = "search.html"
INDEX = "search.js"
YOURS = "yours.html"
PARTS = "parts.html"


def layer_page(slug: str) -> str:
    """Return where a layer's page is."""
    return f"layers/{slug}/index.html"


def matrix_page(slug: str) -> str:
    """Return where a layer's correlation matrix is."""
    return f"layers/{slug}/matrix.html"


def unit_page(slug: str, unit: int, kind: str = "html") -> str:
    """Return where a unit's page is, or its data as ``json`` or ``csv``, or its figure as ``png`` or ``svg``."""
    return f"layers/{slug}/{unit}.{kind}"


def over_page(slug: str, unit: int) -> str:
    """Return where the page of one unit over many images is."""
    return f"over/{slug}/{unit}.html"


def image_page(image: int) -> str:
    """Return where the page of a picture is."""
    return f"{IMAGES}/{image}.html"


def patches(slug: str, unit: int) -> str:
    """Return where the sprite of a unit's patches is."""
    return f"media/{slug}/{unit}.webp"


def projections(slug: str, unit: int) -> str:
    """Return where the sprite of a unit's projections is."""
    return f"media/{slug}/{unit}-projections.webp"


def dreams(slug: str, unit: int) -> str:
    """Return where the sprite of the pictures is that were made to drive a unit."""
    return f"media/{slug}/{unit}-dream.webp"


def strip(slug: str) -> str:
    """Return where the strip of a layer's units is."""
    return f"media/{slug}/strip.webp"


def matrix_picture(slug: str) -> str:
    """Return where the picture of a layer's correlation matrix is."""
    return f"media/{slug}/matrix.png"


def thumbnail(image: int) -> str:
    """Return where the small copy of a picture is."""
    return f"media/{IMAGES}/{image}.webp"


def root(path: str) -> str:
    """Return what leads from a page to the top: ``""``, ``"../"``, ``"../../"`` …"""
    return "../" * path.count("/")
