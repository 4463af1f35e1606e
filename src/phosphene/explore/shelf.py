"""What pages read of an atlas again and again, kept until another program writes to it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from phosphene.arrays import Floats
from phosphene.atlas.reading import Atlas
from phosphene.explore.figures import LayerFigures


class Shelf:
    """An atlas, and the figures and peaks of the layers that were asked for last; ``units`` of each are shown."""

    def __init__(self, atlas: Atlas, units: int | None = None) -> None:
        self.atlas = atlas
        self._units = units
        self._figures = lru_cache(64)(self._read_figures)
        self._peaks = lru_cache(8)(self._read_peaks)

    def figures(self, layer: str) -> LayerFigures:
        """Return the figures of all units of a layer."""
        return self._figures(layer, self.atlas.revision)

    def peaks(self, layer: str) -> Floats:
        """Return the peaks on the scan's sample (images, units); NaN where there is none."""
        return self._peaks(layer, self.atlas.revision)

    def _read_figures(self, layer: str, revision: int) -> LayerFigures:
        found = self.atlas.layer(layer)
        return LayerFigures(self.atlas, found, found.units if self._units is None else min(self._units, found.units))

    def _read_peaks(self, layer: str, revision: int) -> Floats:
        images = np.asarray(self.atlas.array(layer, "sample_image"), np.int64)
        return np.asarray(self.atlas.array(layer, "sample_peak"), np.float64)[images >= 0]
