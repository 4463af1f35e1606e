"""How unusual a value is: where it stands among the unit's peaks on the sample of a scan."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from phosphene.atlas.reading import Atlas

Peaks = NDArray[np.float32]
Values = NDArray[np.float64]


class Sample:
    """The peaks of units on the sample of an atlas; of the few layers that were asked for last they are held."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._layers = frozenset(layer.name for layer in atlas.layers)
        self._read = lru_cache(maxsize=4)(self._read_layer)

    def images(self, layer: str) -> NDArray[np.int64]:
        """Return the numbers (S,) of the images; none of a layer that was not scanned."""
        return self._read(layer)[0]

    def peaks(self, layer: str) -> Peaks:
        """Return the peaks (S, U) in the order of `images`; NaN where one was not finite."""
        return self._read(layer)[1]

    def lower(self, layer: str, values: Values, unit: int | None = None) -> Values:
        """Return which share of a unit's peaks is lower than each value; NaN where there is no peak or no value.

        Args:
            layer: the units' layer.
            values: (U,), one for each unit of the layer, or for ``unit`` alone (1,).
            unit: the number of one unit.
        """
        peaks = self.peaks(layer)
        if not len(peaks):
            return np.full(len(values), np.nan)
        own = peaks if unit is None else peaks[:, unit : unit + 1]
        known = np.isfinite(own).sum(0)
        share = (own < values).sum(0) / np.where(known, known, np.nan)
        return np.where(np.isnan(values), np.nan, share)

    def spread(self, layer: str) -> Values | None:
        """Return the standard deviation (U,) of each unit's peaks; None for a layer that was not scanned."""
        peaks = self.peaks(layer).astype(np.float64)
        known = np.isfinite(peaks)
        if not known.any():
            return None
        count = np.where(known.any(0), known.sum(0), np.nan)
        away = np.where(known, peaks - np.where(known, peaks, 0).sum(0) / count, 0)
        return np.asarray(np.sqrt((away**2).sum(0) / count))

    def _read_layer(self, layer: str) -> tuple[NDArray[np.int64], Peaks]:
        if layer not in self._layers:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        images = self._atlas.array(layer, "sample_image").astype(np.int64)
        peaks = self._atlas.array(layer, "sample_peak").astype(np.float32)
        there = images >= 0
        return images[there], np.where(np.isfinite(peaks), peaks, np.float32("nan"))[there]
