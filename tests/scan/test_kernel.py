"""One pass over maps, in both number formats, against NumPy on the widened values."""

import numpy as np
import pytest
import torch

from phosphene.scan import kernel
from phosphene.scan.top import Top


def bits(values: np.ndarray) -> np.ndarray:
    """The int16 that stand for values rounded to bfloat16."""
    return torch.from_numpy(values).to(torch.bfloat16).view(torch.int16).numpy()


@pytest.mark.parametrize("positions", [1, 7, 8, 61])
@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("numba", [True, False])
def test_all_figures(positions: int, bad: bool, narrow: bool, numba: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not numba:
        monkeypatch.setattr(kernel, "loops", None)
    draw = np.random.default_rng(positions)
    maps = np.round(draw.standard_normal((3, positions, 11)), 1).astype(np.float32)  # many ties
    maps[:, :, 4] = -1.5
    if bad:
        maps[1, 0, 2], maps[1, -1, 3], maps[2, :, 5], maps[0, 0, 6] = np.nan, np.inf, np.nan, -np.inf
    given = bits(maps) if narrow else maps
    wide = torch.from_numpy(maps).bfloat16().float().numpy() if narrow else maps
    assert np.array_equal(kernel.widened(given), wide, equal_nan=True)
    found = kernel.reduced(given)
    finite = np.isfinite(wide)
    kept = np.where(finite, wide, 0).astype(np.float64)
    np.testing.assert_allclose(found.total, kept.sum(1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.squares, (kept**2).sum(1), rtol=1e-12)
    assert np.array_equal(found.largest, np.where(finite, wide, -np.inf).max(1))
    assert np.array_equal(found.smallest, np.where(finite, wide, np.inf).min(1))
    assert np.array_equal(found.place, np.where(finite, wide, -np.inf).argmax(1))
    assert np.array_equal(found.positive, ((wide > 0) & finite).sum(1))
    assert np.array_equal(found.finite, finite.sum(1))


@pytest.mark.parametrize("numba", [True, False])
def test_lists_of_the_strongest_in_any_order(numba: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not numba:
        monkeypatch.setattr(kernel, "loops", None)
    draw = np.random.default_rng(2)
    peaks = draw.integers(-3, 4, (40, 6)).astype(np.float32)
    peaks[:, 5] = -np.inf
    peaks[3:, 4] = -np.inf
    places = draw.integers(0, 99, peaks.shape).astype(np.int32)
    top = Top.empty(6, 5)
    for part in np.array_split(draw.permutation(40), 4):
        top.add(peaks[part], part, places[part])
    for unit in range(6):
        order = sorted((i for i in range(40) if np.isfinite(peaks[i, unit])), key=lambda i: (-peaks[i, unit], i))[:5]
        none = [-1] * (5 - len(order))
        assert top.image[unit].tolist() == order + none
        assert top.place[unit].tolist() == [*places[order, unit], *none]
        assert top.value[unit, : len(order)].tolist() == peaks[order, unit].tolist()
