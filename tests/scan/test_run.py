"""Whole scans of folders of pictures: what is passed over, what goes on, what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import phosphene as ph
from phosphene.atlas.reading import Atlas
from phosphene.errors import PhospheneError, UsageError
from phosphene.scan import run
from phosphene.scan.run import Progress, scan
from tests.scan.brute import SIZE, network

COUNT = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of two classes, three of them broken in different ways."""
    root = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(1)
    for i in range(COUNT):
        place = root / ("cat" if i % 2 else "dog")
        place.mkdir(exist_ok=True)
        size = (SIZE[0] * 2, SIZE[1] * 2, 3) if i % 3 else (40, 30, 3)
        Image.fromarray(draw.integers(0, 256, size, np.uint8)).save(place / f"{i:03}.png")
    (root / "cat" / "empty.png").write_bytes(b"")
    (root / "cat" / "page.png").write_text("<html>not found</html>")
    whole = (root / "dog" / "000.png").read_bytes()
    (root / "dog" / "cut.png").write_bytes(whole[: len(whole) // 2])
    return root


def scanned(folder: Path, out: Path, **options: object) -> Atlas:
    return scan(network(), folder, out, ["relu", "conv2"], top=5, sample=16, batch=8, **options)  # type: ignore[arg-type]


@pytest.mark.slow
def test_all_pictures_are_scanned_or_passed_over_with_a_reason(folder: Path, tmp_path: Path) -> None:
    heard: list[Progress] = []
    with scanned(
        folder, tmp_path / "a.atlas", tell=lambda e: heard.append(e) if isinstance(e, Progress) else None
    ) as a:
        assert a.complete
        assert a.progress.scanned == COUNT
        assert {f.name for f in a.failures} == {"cat/empty.png", "cat/page.png", "dog/cut.png"}
        assert all(f.reason for f in a.failures)
        assert a.manifest.classes == ("cat", "dog")
    assert heard[-1].done == heard[-1].total == COUNT + 3
    assert heard[-1].failed == 3


@pytest.mark.slow
def test_examples_are_the_pictures_that_the_network_itself_prefers(folder: Path, tmp_path: Path) -> None:
    net = network()
    pictures = [p for p in ph.images(folder) if p.id not in {"cat/empty.png", "cat/page.png", "dog/cut.png"}]
    peaks = net.record(pictures, "conv2")["conv2"].amax((2, 3))
    with scanned(folder, tmp_path / "a.atlas") as atlas:
        for unit in range(5):
            own = atlas[f"conv2:{unit}"]
            best = peaks[:, unit].topk(5)
            assert [own.image(e).name for e in own.examples] == [pictures[i].id for i in best.indices]
            np.testing.assert_allclose([e.value for e in own.examples], best.values, rtol=1e-5)


@pytest.mark.slow
def test_boxes_are_in_the_pixels_of_the_source(folder: Path, tmp_path: Path) -> None:
    with scanned(folder, tmp_path / "a.atlas") as atlas:
        for example in (e for unit in atlas["conv2"] for e in unit.examples):
            row = atlas["conv2:0"].image(example)
            x0, y0, x1, y1 = example.box
            assert 0 <= x0 < x1 <= row.width
            assert 0 <= y0 < y1 <= row.height
            # conv2 sees 8 x 8 of 14 x 18 input pixels; twice as many where the picture is twice as large
            if (row.width, row.height) == (SIZE[1] * 2, SIZE[0] * 2):
                assert x1 - x0 <= 16
                assert (y1 - y0) * (x1 - x0) >= 100


class KilledError(Exception):
    """Ends a scan as a kill would."""


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_scan_that_was_stopped_goes_on_to_the_same_content(
    folder: Path, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SHARD", 16)
    with scanned(folder, tmp_path / "whole.atlas") as atlas:
        whole = atlas.content_hash()
    batches = []

    def stop(event: object) -> None:
        batches.append(event)
        if len(batches) > after:
            raise KilledError

    with pytest.raises(KilledError):
        scanned(folder, tmp_path / "cut.atlas", tell=stop)
    with ph.open_atlas(tmp_path / "cut.atlas") as half:
        assert not half.complete
        assert half.progress.done == after // 2 * 16
    first: list[Progress] = []
    with scanned(folder, tmp_path / "cut.atlas", resume=True, tell=first.append) as atlas:  # type: ignore[arg-type]
        assert atlas.content_hash() == whole
    assert first[0].done == after // 2 * 16 + 8  # nothing that was committed is done again


@pytest.mark.slow
def test_a_changed_picture_is_noticed_before_a_scan_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    monkeypatch.setattr(run, "SHARD", 16)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)

    def stop(event: Progress) -> None:
        if event.done > 16:
            raise KilledError

    with pytest.raises(KilledError):
        scanned(copy, tmp_path / "a.atlas", tell=stop)
    Image.new("RGB", (50, 50)).save(copy / "cat" / "001.png")
    with pytest.raises(UsageError, match="are not those that were scanned"):
        scanned(copy, tmp_path / "a.atlas", resume=True)


@pytest.mark.slow
def test_another_network_is_noticed_before_a_scan_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(folder, tmp_path / "a.atlas").close()
    net = network()
    with torch.no_grad():
        next(net.model.parameters()).add_(0.1)
    with pytest.raises(PhospheneError, match="weights"):
        scan(net, folder, tmp_path / "a.atlas", ["relu", "conv2"], top=5, sample=16, batch=8, resume=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"top": 0}, "top is 0"),
        ({"precision": "int8"}, "precision"),
        ({"limit": 0}, "limit"),
        ({"layers": ["relu7"]}, "relu"),
        ({"layers": ["kind:conv9d"]}, "conv2d"),
    ],
)
def test_mistakes_get_a_sentence(folder: Path, tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        scan(network(), folder, tmp_path / "a.atlas", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "a.atlas").exists()


def test_the_model_comes_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    net = network()
    net.model.train()
    before = {name: tensor.clone() for name, tensor in net.model.state_dict().items()}
    strides = [p.stride() for p in net.model.parameters()]
    scan(net, folder, tmp_path / "a.atlas", limit=10).close()
    assert net.model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in net.model.state_dict().items())
    assert strides == [p.stride() for p in net.model.parameters()]
    assert all(p.requires_grad for p in net.model.parameters())
