"""Every figure of a scan against all activations in memory."""

import itertools

import numpy as np
import pytest
import torch

import phosphene as ph
from phosphene.scan import draws, kernel
from phosphene.scan import visible as visible_sums
from phosphene.scan.choice import chosen_layers
from phosphene.scan.derive import regression, roc_areas
from phosphene.scan.scanner import Scanner
from phosphene.scan.summary import Kept
from tests.scan.brute import LAYERS, Everything, network, pictures, visible

KEPT = Kept(top=9, sample=64, positions=4)
COUNT = 500
NAMES = [f"picture-{i}" for i in range(COUNT)]
CLASSES = np.arange(COUNT) * 7 % 3
NET = network()
X = pictures(COUNT)


def scanned(parts: list[slice] | None = None, batch: int = 64, **options: object) -> Scanner:
    layers = chosen_layers(NET, list(LAYERS))
    scanner = Scanner(NET, layers, KEPT, classes=3, **options)  # type: ignore[arg-type]
    for part in parts or [slice(0, COUNT)]:
        numbers = np.arange(COUNT)[part]
        for rows in (numbers[i : i + batch] for i in range(0, len(numbers), batch)):
            scanner.add(X[rows], [NAMES[i] for i in rows], rows, CLASSES[rows])
    return scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return scanned()


@pytest.fixture(scope="module")
def everything(scanner: Scanner) -> dict[str, Everything]:
    """All maps of the copy that was scanned, in the same batches: bit by bit what the scan has seen."""
    copy = ph.Network(scanner.model, input_size=NET.input_size)
    batches = [copy.record(part.contiguous(memory_format=torch.channels_last), list(LAYERS)) for part in X.split(64)]
    return {name: Everything(torch.cat([maps[name] for maps in batches]).numpy()) for name in LAYERS}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_copy_gives_the_networks_maps(everything: dict[str, Everything], layer: str) -> None:
    np.testing.assert_allclose(everything[layer].maps, NET.record(X, layer)[layer], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", LAYERS)
def test_moments(scanner: Scanner, everything: dict[str, Everything], layer: str) -> None:
    found, maps = scanner.summaries[layer].moments, everything[layer].maps.astype(np.float64)
    assert (found.count == maps[:, 0].size).all()
    np.testing.assert_allclose(found.mean, maps.mean((0, 2, 3)), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.variance, maps.var((0, 2, 3)), rtol=1e-9, atol=1e-12)
    assert (found.minimum == maps.min((0, 2, 3))).all()
    assert (found.maximum == maps.max((0, 2, 3))).all()
    assert (found.positive == (maps > 0).sum((0, 2, 3))).all()
    assert (found.dead == (maps.min((0, 2, 3)) == maps.max((0, 2, 3)))).all()
    assert found.dead.any() == (layer == "relu")


@pytest.mark.parametrize("layer", LAYERS)
def test_top_lists(scanner: Scanner, everything: dict[str, Everything], layer: str) -> None:
    top = scanner.summaries[layer].top
    for unit in range(len(top.image)):
        found = zip(top.image[unit], top.place[unit], top.value[unit], strict=True)
        assert list(found) == everything[layer].top(unit, KEPT.top)


def test_units_that_are_never_positive_have_true_tops(scanner: Scanner) -> None:
    top = scanner.summaries["conv2"].top
    assert (top.value[2] < 0).all()
    assert (top.image[2] >= 0).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_sample(scanner: Scanner, everything: dict[str, Everything], layer: str) -> None:
    chosen = sorted(range(COUNT), key=lambda i: draws.hash_of(NAMES[i]))[: KEPT.sample]
    state = scanner.state()[layer]
    assert state["sample_image"].tolist() == chosen
    maps = everything[layer].maps[chosen]
    assert (state["sample_peak"] == maps.max((2, 3))).all()
    assert (state["sample_place"] == maps.reshape(*maps.shape[:2], -1).argmax(2)).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_classes(scanner: Scanner, everything: dict[str, Everything], layer: str) -> None:
    state, peaks = scanner.state()[layer], everything[layer].peaks
    for c in range(3):
        assert state["class_count"][c] == (c == CLASSES).sum()
        np.testing.assert_allclose(
            state["class_sum"][c] / state["class_count"][c],
            peaks[c == CLASSES].mean(0, dtype=np.float64),
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS)
def test_correlation_and_regression(scanner: Scanner, everything: dict[str, Everything], layer: str) -> None:
    maps = everything[layer].maps
    _, units, height, width = maps.shape
    places = draws.positions(np.array([draws.hash_of(n) for n in NAMES], np.uint64), KEPT.positions, height * width)
    view = NET.layer(layer).view
    assert view is not None
    rows, seen = [], []
    for i in range(COUNT):
        for place in places[i]:
            y, x = divmod(int(place), width)
            rows.append(maps[i, :, y, x])
            (top, bottom), (left, right) = view.rows.at(y), view.columns.at(x)
            seen.append(visible(X[i], (max(top, 0), min(bottom, 14), max(left, 0), min(right, 18))))
    values, features = np.array(rows, np.float64), np.array(seen)
    pairs = scanner.summaries[layer].pairs
    pairs.settle()
    assert pairs.count == len(rows)
    with np.errstate(invalid="ignore"):
        expected = np.corrcoef(np.concatenate([features, values], 1), rowvar=False)
    np.testing.assert_allclose(pairs.correlation(), expected, atol=1e-6)
    explained, shares = regression(pairs, features.shape[1])
    design = np.concatenate([np.ones((len(rows), 1)), features], 1)
    for unit in range(units):
        own = values[:, unit]
        if own.std() == 0:
            assert np.isnan(explained[unit])
            continue
        left_over = own - design @ np.linalg.lstsq(design, own, rcond=None)[0]
        assert explained[unit] == pytest.approx(1 - left_over.var() / own.var(), abs=1e-6)
        assert shares[:, unit].sum() == pytest.approx(explained[unit], abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 7])
def test_batches_of_any_size_agree(batch: int) -> None:
    same(scanned([slice(0, 150)], batch), scanned([slice(0, 150)]))


@pytest.mark.slow
@pytest.mark.parametrize("cuts", [[100, 420], [0, 1, 499], [250]])
def test_parts_merge_to_the_whole_in_any_order(scanner: Scanner, cuts: list[int]) -> None:
    edges = [0, *cuts, COUNT]
    parts = [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]
    for order in (parts, parts[::-1]):
        first, *rest = (scanned([part]) for part in order)
        for other in rest:
            first.merge(other)
        same(first, scanner)


def same(one: Scanner, other: Scanner) -> None:
    for layer in LAYERS:
        ours, theirs = one.state()[layer], other.state()[layer]
        assert ours.keys() == theirs.keys()
        for name in ours:
            exact = np.issubdtype(ours[name].dtype, np.integer)
            close = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-6, "atol": 1e-6}
            if name in ("mean", "m2"):
                close = {"rtol": 1e-6, "atol": 1e-6}
            if name == "positive":
                close = {"rtol": 0, "atol": 2}
            if name == "seen_unit_products":  # a unit that is hardly active rounds as much as those beside it
                close["atol"] = 1e-6 * float(np.abs(theirs[name]).max(initial=1))
            np.testing.assert_allclose(ours[name], theirs[name], err_msg=f"{layer} {name}", **close)


def test_a_scan_goes_on_from_its_state_bit_by_bit(scanner: Scanner) -> None:
    first = scanned([slice(0, 256)])
    later = Scanner(NET, chosen_layers(NET, list(LAYERS)), KEPT, classes=3)
    later.restore(first.state())
    for start in range(256, COUNT, 64):
        rows = np.arange(start, min(start + 64, COUNT))
        later.add(X[rows], [NAMES[i] for i in rows], rows, CLASSES[rows])
    for layer in LAYERS:
        for name, array in scanner.state()[layer].items():
            assert np.array_equal(array, later.state()[layer][name]), (layer, name)


def test_nan_and_infinity_are_counted_and_kept_out() -> None:
    bad = X[:40].clone()
    bad[3, :, 5, 5] = float("nan")
    bad[7, :, 9, 9] = float("inf")
    layers = chosen_layers(NET, ["conv1"])
    scanner = Scanner(NET, layers, KEPT)
    scanner.add(bad, NAMES[:40], np.arange(40), np.full(40, -1))
    maps = NET.record(bad, "conv1")["conv1"].numpy()
    found = scanner.summaries["conv1"]
    finite = np.isfinite(maps)
    assert (~finite).any()
    assert (found.moments.nonfinite == (~finite).sum((0, 2, 3))).all()
    kept = np.where(finite, maps, np.nan)
    np.testing.assert_allclose(found.moments.mean, np.nanmean(kept, (0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(found.moments.variance, np.nanvar(kept.astype(np.float64), (0, 2, 3)), rtol=1e-5)
    assert np.isfinite(found.top.value).all()
    assert (found.top.value[:, 0] == np.nanmax(kept, (0, 2, 3))).all()
    assert np.isfinite(found.pairs.products).all()


def test_roc_areas_are_the_share_of_pairs_in_the_right_order() -> None:
    draw = np.random.default_rng(0)
    peaks = np.round(draw.random((200, 4)), 1).astype(np.float32)  # many ties
    labels = draw.integers(-1, 3, 200)
    areas = roc_areas(peaks, labels, 4)
    known = labels >= 0
    for c in range(3):
        for u in range(4):
            inside, outside = peaks[known & (labels == c), u, None], peaks[known & (labels != c), u]
            assert areas[c, u] == pytest.approx(((inside > outside) + (inside == outside) / 2).mean())
    assert np.isnan(areas[3]).all()


def test_without_numba_the_numbers_are_the_same(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "loops", None)
    monkeypatch.setattr(visible_sums, "loops", None)
    same(scanned(), scanner)
