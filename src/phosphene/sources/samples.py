"""Real photographs without a download: those that are installed with scikit-image."""

from __future__ import annotations

from phosphene.errors import PhospheneError
from phosphene.sources.picture import ImageSet


def samples(spec: str, split: str | None) -> ImageSet:
    """Return the photographs (`samples`), or windows cut from them (`samples:32`)."""
    raise PhospheneError("samples are being made")
