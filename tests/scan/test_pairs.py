"""Co-moments of layers that are too wide for all pairs, against NumPy."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import phosphene as ph
from phosphene.atlas import state as arrays
from phosphene.atlas.records import LayerInfo, Manifest
from phosphene.errors import UsageError
from phosphene.scan import derive, pairs
from phosphene.scan.pairs import CoMoments
from phosphene.scan.run import scan
from phosphene.scan.wide import wide
from tests.scan.test_against_brute_force import CLASSES, COUNT, NAMES, NET, X, scanned

DRAW = np.random.default_rng(4)
ROWS = DRAW.normal(size=(700, 7)) @ DRAW.normal(size=(7, 7)) + 3


def test_the_first_columns_with_all() -> None:
    found = CoMoments.empty(7, 3)
    for part in np.array_split(ROWS, 5):
        found.add(part)
    other = CoMoments.empty(7, 3)
    other.add(ROWS[:100] * 2)
    found.merge(other)
    rows = np.concatenate([ROWS, ROWS[:100] * 2])
    np.testing.assert_allclose(found.correlation(), np.corrcoef(rows, rowvar=False)[:3], atol=1e-12)
    np.testing.assert_allclose(found.squares, ((rows - rows.mean(0)) ** 2).sum(0), rtol=1e-12)
    some = found.correlation(np.array([2, 0]), np.array([6, 1]))
    np.testing.assert_allclose(some, np.corrcoef(rows, rowvar=False)[[2, 0]][:, [6, 1]], atol=1e-12)


@pytest.mark.parametrize("units", [1, 2896, 2897, 25_000, 10**8])
def test_the_array_of_pairs_stays_small(units: int) -> None:
    kept = arrays.paired(units)
    assert 1 <= kept <= units
    assert kept * units <= max(arrays.PAIRS, units)
    assert (kept == units) == (units <= 2896)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a layer of 5 units were wide: only the first two are paired with all."""
    monkeypatch.setattr(arrays, "PAIRS", 10)
    monkeypatch.setattr(derive, "BLOCK", 2)


@pytest.mark.slow
def test_a_wide_layer_keeps_pairs_of_its_first_units_and_goes_on_bit_by_bit(narrow: None) -> None:
    whole, first = scanned(), scanned([slice(0, 256)])
    state = first.state()["conv2"]
    assert state["pair_products"].shape == (2, 5)
    later = scanned([])
    later.restore(first.state())
    for start in range(256, COUNT, 64):
        rows = np.arange(start, min(start + 64, COUNT))
        later.add(X[rows], [NAMES[i] for i in rows], rows, CLASSES[rows])
    for name, array in whole.state()["conv2"].items():
        assert np.array_equal(array, later.state()["conv2"][name]), name


@pytest.mark.slow
def test_rows_of_a_wide_layer_are_those_of_all_pairs_where_the_first_units_have_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = _rows()
    monkeypatch.setattr(arrays, "PAIRS", 10)
    monkeypatch.setattr(derive, "BLOCK", 2)
    narrow = _rows()
    found = {(row.unit, row.other): row.r for row in narrow.correlations()}
    expected = {(row.unit, row.other): row.r for row in wide.correlations() if row.unit < 2}
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key], abs=1e-12) for key in found)
    for ours, theirs in zip(narrow.units(), wide.units(), strict=True):
        assert ours.explained == pytest.approx(theirs.explained, abs=1e-9)
        assert ours.best_auc == theirs.best_auc
    assert len(list(narrow.visible())) == len(list(wide.visible())) > 0


def _rows() -> derive.Derived:
    scanner = scanned()
    labels = CLASSES[scanner.members.image]
    features = tuple("abcdefgh")
    return derive.Derived(
        NET.layer("conv2"), scanner.summaries["conv2"], scanner.members, labels, ("a", "b", "c"), features
    )


def test_the_format_takes_what_a_wide_layer_gives(narrow: None) -> None:
    layer = LayerInfo("conv2", "conv2d", 5, (3, 4))
    manifest = Manifest("small", "", "", (3, 14, 18), "set", ("a", "b", "c"), (layer,), features=tuple("abcdefgh"))
    for name, array in scanned().state()["conv2"].items():
        if name not in ("top_value", "top_image", "top_place"):
            blob = arrays.encode(manifest, layer, name, array)
            assert np.array_equal(arrays.decode(manifest, layer, name, blob), array)


def test_wide_rows_do_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "WAITING", 70)
    found = CoMoments.empty(7)
    found.add(ROWS[:9])
    assert found.count == 0
    found.add(ROWS[9:25])
    assert found.count == 20
    found.settle()
    assert found.count == 25
    np.testing.assert_allclose(found.mean, ROWS[:25].mean(0), rtol=1e-12)


class Wide(nn.Module):
    """A layer of so many units that not all their correlations are kept."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, units, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (N, units, 2, 2)."""
        return self.conv(x)


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """A folder of four small pictures."""
    for number in range(4):
        Image.fromarray(DRAW.integers(0, 255, (2, 2, 3), np.uint8)).save(tmp_path / f"{number}.png")
    return tmp_path


def test_what_is_kept_of_a_wide_layer_is_said() -> None:
    net = ph.Network(Wide(5000).eval(), input_size=(3, 2, 2), name="wide")
    assert wide(net.layers()) == "correlations of conv are those of its first 1,677 units with all 5,000"


def test_a_wide_layer_is_said_before_the_scan_and_in_the_atlas(four: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "PAIRS", 17 * 50)
    net = ph.Network(Wide(50).eval(), input_size=(3, 2, 2), name="wide")
    said = "correlations of conv are those of its first 17 units with all 50"
    with pytest.warns(UserWarning, match=f"^{said}$"):
        atlas = scan(net, four, four / "wide.atlas", sample=4, keep_images=False)
    with atlas:
        assert atlas.manifest.preprocessing.endswith(said)
        assert atlas.array("conv", "pair_products").shape == (17, 50)
        pairs = atlas.query("SELECT min(unit), max(unit), max(other) FROM correlations").rows[0]
        assert pairs[0] == 0
        assert pairs[1] < 17 < pairs[2]


def test_a_layer_that_no_atlas_takes_is_refused_before_the_scan(four: Path) -> None:
    net = ph.Network(Wide(70_000).eval(), input_size=(3, 2, 2), name="wide")
    with pytest.raises(UsageError, match=r"conv has 70,000 units, too many for a sample of 4,096 pictures; give a"):
        scan(net, four, four / "wide.atlas")
    assert not (four / "wide.atlas").exists()
