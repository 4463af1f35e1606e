"""Image sets of the package datasets, with its own objects where it is installed."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.images import images
from tests.sources.pictures import encoded, noise, write


def test_the_package_is_missing_or_too_old(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PhospheneError, match=r"^hf/a/b needs the package 'datasets', which is missing; get it with: "):
        images("hf/a/b")
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(__version__="3.6.0"))
    with pytest.raises(PhospheneError, match=r"needs datasets 4 or newer, .*pip install --upgrade 'phosphene\[hf\]'"):
        images("hf/a/b")


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    found = pytest.importorskip("datasets", reason="datasets is not installed", exc_type=ImportError)
    monkeypatch.setattr(found.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return found


NAMES = ["cat", "dog"]


def table(datasets, labels=(0, 1, -1), name="label", kind=None, column="image", cells=None):
    """A table of random pictures, which differ."""
    rows = [{"bytes": encoded(noise(6, 8, seed=seed)), "path": None} for seed in range(len(labels))]
    features = {column: datasets.Image(), name: kind or datasets.ClassLabel(names=NAMES), "n": datasets.Value("int64")}
    cells = {column: cells or rows, name: list(labels), "n": list(range(len(labels)))}
    return datasets.Dataset.from_dict(cells, features=datasets.Features(features))


def told(found):
    return [(picture.id, picture.label) for picture in found]


def same(picture, seed):
    return (np.asarray(picture.open()) == noise(6, 8, seed=seed)).all()


def test_a_saved_set_with_splits(datasets, tmp_path):
    splits = {"train": table(datasets), "validation": table(datasets).select([1, 2])}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "set")
    for spec in (tmp_path / "set", f"hf/{tmp_path / 'set'}"):
        found = images(spec)
        assert told(found) == [
            ("train/cat/000000", "cat"),
            ("train/dog/000001", "dog"),
            ("train/000002", None),
            ("validation/dog/000000", "dog"),
            ("validation/000001", None),
        ]
        assert (found.name, found.classes) == ("set", ("cat", "dog"))
        assert all(same(found[index], seed) for index, seed in enumerate((0, 1, 2, 1, 2)))
    assert told(images(tmp_path / "set", split="val")) == told(images(tmp_path / "set", split="validation"))
    assert told(images(tmp_path / "set", split="test"))[0] == ("validation/dog/000000", "dog")
    with pytest.raises(UsageError, match="has no split 'trian'; did you mean 'train'"):
        images(tmp_path / "set", split="trian")


def test_a_table_alone_and_a_choice_of_it(datasets, tmp_path):
    table(datasets).select([2, 0]).save_to_disk(tmp_path / "set")
    found = images(tmp_path / "set")
    assert told(found) == [("000000", None), ("cat/000001", "cat")]
    assert same(found[0], 2)
    assert same(found[1], 0)
    assert told(found.where("cat")) == [("cat/000001", "cat")]


def test_a_folder_of_parquet_files(datasets, tmp_path):
    (tmp_path / "set").mkdir()
    table(datasets).to_parquet(tmp_path / "set" / "test-00000-of-00001.parquet")
    found = images(f"hf/{tmp_path / 'set'}")
    assert told(found)[0] == ("test/cat/000000", "cat")
    assert same(found[0], 0)


@pytest.mark.slow
def test_texts_are_classes_unless_they_are_captions(datasets, tmp_path):
    text = datasets.Value("string")
    table(datasets, ["zebra 10", None, "zebra 9"], "class", text, "photo").save_to_disk(tmp_path / "set")
    found = images(tmp_path / "set")
    assert [picture.label for picture in found] == ["zebra 10", None, "zebra 9"]
    assert found.classes == ("zebra 9", "zebra 10")
    cells = [{"bytes": b"", "path": None}] * 1200
    table(datasets, [f"caption {i}" for i in range(1200)], "label", text, cells=cells).save_to_disk(tmp_path / "said")
    assert images(tmp_path / "said").classes == ()


def test_broken_cells_are_passed_over(datasets, tmp_path, monkeypatch):
    write(tmp_path / "beside.png", encoded(noise(6, 8, seed=9)))
    cells = [
        {"bytes": b"<html>", "path": "a.png"},
        {"bytes": None, "path": str(tmp_path / "beside.png")},
        {"bytes": None, "path": str(tmp_path / "gone.png")},
        {"bytes": b"", "path": None},
        None,
        {"bytes": encoded(noise(40, 40)), "path": None},
    ]
    monkeypatch.setattr(datasets, "load_dataset", lambda *_: table(datasets, [0] * 6, cells=cells))
    monkeypatch.setattr("phosphene.sources.hf_images.MAX_BYTES", 1000)
    found = images("hf/a/b")
    assert [picture.id for picture, _ in found.readable()] == ["cat/000001"]
    assert same(found[1], 9)
    assert [failure.reason for failure in found.failures] == [
        "it is a web page, not a picture",
        "the file cannot be opened (No such file or directory)",
        "the file is empty",
        "the file is empty",
        "the file has 0 MB, more than 0",
    ]


def test_pictures_are_not_decoded_by_the_package(datasets, tmp_path, monkeypatch):
    table(datasets).save_to_disk(tmp_path / "set")
    monkeypatch.setattr(datasets.Image, "decode_example", lambda *_, **__: pytest.fail("decoded"))
    assert same(images(tmp_path / "set")[0], 0)


def test_a_set_without_pictures(datasets, tmp_path):
    datasets.Dataset.from_dict({"text": ["a"], "label": [0]}).save_to_disk(tmp_path / "set")
    with pytest.raises(PhospheneError, match=r"has no column of pictures; it has text, label$"):
        images(tmp_path / "set")


def test_scripts_are_not_run(datasets, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "set.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(PhospheneError, match=r"could not be fetched \(Dataset scripts are no longer supported"):
        images(f"hf/{tmp_path / 'set'}")
    assert not (tmp_path / "ran").exists()


def test_a_damaged_folder_gets_a_sentence(datasets, tmp_path):
    table(datasets).save_to_disk(tmp_path / "set")
    next((tmp_path / "set").glob("*.arrow")).write_bytes(b"nothing")
    with pytest.raises(PhospheneError, match="set could not be fetched"):
        images(tmp_path / "set")


def test_what_the_hub_does_not_give_out(datasets, monkeypatch):
    monkeypatch.setattr(datasets, "load_dataset", lambda *_: (_ for _ in ()).throw(OSError("no network\nlonger")))
    with pytest.raises(PhospheneError, match=r"^hf/a/b could not be fetched \(no network\); check the name and the"):
        images("hf/a/b")


def test_a_configuration_is_given_behind_a_colon(datasets, monkeypatch):
    asked = []
    monkeypatch.setattr(datasets, "load_dataset", lambda *given: asked.append(given) or table(datasets))
    found = images("hf/a/b:large")
    assert asked == [("a/b", "large")]
    assert found.name == "a/b:large"
