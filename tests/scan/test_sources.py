"""Scans of every kind of source, stopped and gone on with: always the content that a folder of the same gives."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

import phosphene as ph
from phosphene.scan import run
from tests.scan.brute import SIZE, network

COUNT = 40
NAMES = ["cat", "dog"]


def content(number):
    """One of a few dozen pictures, of which the one in the middle is broken."""
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (*SIZE, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()[: 100 if number == COUNT // 2 else None]


def as_list(root):
    (root / "pictures").mkdir()
    for number in range(COUNT):
        (root / "pictures" / f"{number}.png").write_bytes(content(number))
    lines = [f"pictures/{number}.png\t{NAMES[number % 2]}\n" for number in range(COUNT)]
    (root / "list.txt").write_text("".join(lines))
    return root / "list.txt"


def as_archives(root):
    for shard in range(2):
        with tarfile.open(root / f"s-{shard}.tar", "w") as out:
            for number in range(shard * COUNT // 2, (shard + 1) * COUNT // 2):
                for end, held in ((".cls", NAMES[number % 2].encode()), (".png", content(number))):
                    info = tarfile.TarInfo(f"{number:03}{end}")
                    info.size = len(held)
                    out.addfile(info, io.BytesIO(held))
    return root / "s-{0..1}.tar"


def as_datasets(root):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed", exc_type=ImportError)
    kinds = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)})
    rows = [{"bytes": content(number), "path": None} for number in range(COUNT)]
    cells = {"image": rows, "label": [number % 2 for number in range(COUNT)]}
    datasets.Dataset.from_dict(cells, features=kinds).save_to_disk(root / "set")
    return root / "set"


class StoppedError(Exception):
    """Ends a scan as a kill would."""


def scanned(source, out, **options):
    return ph.scan(network(), source, out, ["relu", "conv2"], top=5, sample=16, batch=4, **options)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [as_list, as_archives, as_datasets])
def test_a_scan_is_stopped_goes_on_and_finds_what_the_pictures_hold(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD", 8)
    source = kind(tmp_path)
    with scanned(source, tmp_path / "whole.atlas") as atlas:
        whole = atlas.content_hash()
        assert (atlas.progress.scanned, atlas.progress.failed) == (COUNT - 1, 1)
        assert [failure.reason for failure in atlas.failures] == ["the file is cut short"]
        assert atlas.manifest.classes == ("cat", "dog")
        assert [row.label for row in atlas.images][:3] == NAMES + NAMES[:1]
        found = [[(each.value, each.image) for each in unit.examples] for unit in atlas["conv2"]]
    good = [number for number in range(COUNT) if number != COUNT // 2]
    pictures = [Image.open(io.BytesIO(content(number))) for number in good]
    peaks = network().record(pictures, "conv2")["conv2"].amax((2, 3))
    for unit, own in enumerate(found):
        best = peaks[:, unit].topk(5)
        np.testing.assert_allclose([value for value, _ in own], best.values, rtol=1e-5)
        assert [image for _, image in own] == [good[place] for place in best.indices]

    def stop(event):
        if event.done > COUNT // 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        scanned(source, tmp_path / "cut.atlas", tell=stop)
    with scanned(source, tmp_path / "cut.atlas", resume=True) as atlas:
        assert atlas.content_hash() == whole


@pytest.mark.slow
def test_a_limit_and_a_list_whose_pictures_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD", 8)
    source = as_list(tmp_path)
    with scanned(source, tmp_path / "few.atlas", limit=10) as atlas:
        assert atlas.progress.total == 10

    def stop(event):
        if event.done > 8:
            raise StoppedError

    with pytest.raises(StoppedError):
        scanned(source, tmp_path / "a.atlas", tell=stop)
    (tmp_path / "pictures" / "3.png").write_bytes(b"another")
    with pytest.raises(ph.PhospheneError, match=r"the pictures of list\.txt are not those that were scanned"):
        scanned(source, tmp_path / "a.atlas", resume=True)
