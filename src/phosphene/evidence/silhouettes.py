"""How well points fall into clusters: the mean silhouette of the best cut of Ward's tree (1963).

A point's silhouette is how much nearer its own cluster is than the next one, from -1 to 1 (Rousseeuw, "Silhouettes",
1987). Any cloud can be cut, so a silhouette means something only beside those of clouds that hold together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from phosphene.arrays import Floats, Integers

MOST = 4
"""Clusters that are tried."""
SMALLEST = 0.15
"""Part of the points that each cluster must have: one odd picture is no kind of its own."""


@dataclass(frozen=True)
class Cut:
    """Points in clusters, numbered from 0, the largest first: ``cluster`` (N,), and their mean ``silhouette``."""

    cluster: Integers
    silhouette: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many points are in each."""
        return tuple(np.bincount(self.cluster).tolist())


def best_cut(points: Floats) -> Cut:
    """Cut ``points`` (N, D) into 2 to `MOST` clusters, whichever gives the largest mean silhouette.

    All in one, with silhouette 0, where no cut leaves clusters that are large enough, or all points are the same.
    """
    best = Cut(np.zeros(len(points), np.int64), 0.0)
    if len(points) < 4:
        return best
    # Slow to import, and much imports this file.
    from scipy.cluster.hierarchy import linkage  # type: ignore[import-untyped]
    from scipy.spatial.distance import pdist, squareform  # type: ignore[import-untyped]

    distances = pdist(points)
    if not distances.max() > 0:
        return best
    tree, square = linkage(distances, "ward"), squareform(distances)
    for labels in _cuts(tree):
        sizes = np.bincount(labels)
        if sizes.min() < max(2, SMALLEST * len(points)):
            continue
        found = float(silhouettes(square, labels).mean())
        if found > best.silhouette:
            rank = np.empty(len(sizes), np.int64)
            rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
            best = Cut(rank[labels], found)
    return best


def _cuts(tree: Floats) -> Iterator[Integers]:
    """Yield the cluster of every point (N,) when the tree is cut into `MOST` of them, one less, and so on to 2."""
    points = len(tree) + 1
    cluster = np.arange(points)
    for step, (one, other) in enumerate(tree[:-1, :2].astype(np.int64)):
        cluster[(cluster == one) | (cluster == other)] = points + step
        if points - step - 1 <= MOST:
            yield np.unique(cluster, return_inverse=True)[1]


def silhouettes(distances: Floats, labels: Integers) -> Floats:
    """Return every point's silhouette (N,) from ``distances`` (N, N); 0 for a point that is alone in its cluster."""
    member = labels[:, None] == np.arange(labels.max() + 1)
    sizes = member.sum(0)
    total = distances @ member
    own = total[member] / np.maximum(sizes[labels] - 1, 1)
    other = np.where(member, np.inf, total / sizes).min(1)
    larger = np.maximum(own, other)
    value = np.where(larger > 0, (other - own) / np.where(larger > 0, larger, 1), 0.0)
    return np.where(sizes[labels] > 1, value, 0.0)


def of_one_cloud(points: Floats, draws: int, seed: int) -> Floats:
    """Return silhouettes (draws,) of the best cuts of normal clouds with the mean spread of ``points`` (N, D)."""
    spread = principal(points).std(0, ddof=1)
    draw = np.random.default_rng(seed)
    return np.array([best_cut(draw.normal(size=(len(points), len(spread))) * spread).silhouette for _ in range(draws)])


def principal(points: Floats, axes: int | None = None) -> Floats:
    """Return points (..., N, D) along their principal axes, (..., N, axes), the widest first; None: all N - 1.

    From products of points with each other: there are fewer points than dimensions.
    """
    away = points - points.mean(-2, keepdims=True)
    values, vectors = np.linalg.eigh(away @ np.swapaxes(away, -1, -2))
    found: Floats = (vectors * np.sqrt(np.maximum(values, 0))[..., None, :])[..., ::-1]
    return found[..., : points.shape[-2] - 1 if axes is None else axes]
