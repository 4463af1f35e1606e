"""CIFAR-10 through torchvision, with a tiny set of the same format and checksums of its own."""

import hashlib
import pickle
import tarfile

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from phosphene.errors import PhospheneError
from phosphene.sources import cifar10 as module
from phosphene.sources.cache import cache_folder
from phosphene.sources.images import images
from phosphene.sources.memory import as_uint8

NAMES = ["airplane", "automobile", "bird"]
BATCHES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def values(batch):
    """Return the pixels of a batch as the format has them: rows of 1024 reds, greens and blues."""
    return np.random.default_rng(BATCHES.index(batch)).integers(0, 256, (4, 3072), dtype=np.uint8)


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """An archive to download, and torchvision's constants set to it."""
    contents = {name: pickle.dumps({"data": values(name), "labels": [2, 0, 1, 0]}) for name in BATCHES}
    contents["batches.meta"] = pickle.dumps({"label_names": NAMES})
    batches = tmp_path / "server" / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    for name, content in contents.items():
        (batches / name).write_bytes(content)
    archive = tmp_path / "server" / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        out.add(batches, "cifar-10-batches-py")
    monkeypatch.setattr(CIFAR10, "url", archive.as_uri())
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive.read_bytes()))
    monkeypatch.setattr(CIFAR10, "train_list", [[name, md5(contents[name])] for name in BATCHES[:5]])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5(contents["test_batch"])]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5(contents["batches.meta"])})
    monkeypatch.setenv("PHOSPHENE_CACHE", str(tmp_path / "cache"))
    return archive


def test_it_is_downloaded_once_and_read_as_torchvision_orders_it(server, capsys):
    seen = []
    found = images("cifar10", progress=lambda done, total: seen.append((done, total)))
    size = server.stat().st_size
    assert seen[-1] == (size, size)
    assert (len(found), found.name, found.classes) == (24, "cifar10", tuple(NAMES))
    assert [(p.id, p.label) for p in found][:2] == [("train/bird/00000", "bird"), ("train/airplane/00001", "airplane")]
    assert found[20].id == "test/bird/00000"
    expected = values("test_batch")[1].reshape(3, 32, 32).transpose(1, 2, 0)
    assert (np.asarray(found[21].open()) == expected).all()
    server.unlink()
    assert len(images("cifar10", split="test")) == 4
    assert capsys.readouterr() == ("", "")


def test_it_can_be_held_in_memory(server):
    held = as_uint8(images("cifar10", split="train"), (32, 32))
    assert held.labels.tolist() == [2, 0, 1, 0] * 5
    assert (held.pixels[5].flatten().numpy() == values("data_batch_2")[1]).all()


def test_splits(server):
    assert {p.id.split("/")[0] for p in images("cifar10", split="training")} == {"train"}
    with pytest.raises(PhospheneError, match="cifar10 has no split 'val'; it has train and test"):
        images("cifar10", split="val")


def test_a_local_copy_is_a_folder(server):
    assert len(images(server.parent, split="test")) == 4
    assert not cache_folder().exists()


def test_offline_says_how_to_point_at_a_local_copy(server, monkeypatch):
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(PhospheneError) as caught:
        images("cifar10")
    sentence = str(caught.value)
    assert sentence.startswith("CIFAR-10 could not be downloaded (")
    assert sentence.endswith(
        "give the path of a local copy instead of `cifar10`: a folder or .zip with train/CLASS and test/CLASS pictures"
    )
    assert "\n" not in sentence


def test_what_is_not_the_right_file_is_not_kept(server, monkeypatch):
    monkeypatch.setattr(CIFAR10, "tgz_md5", "0" * 32)
    with pytest.raises(PhospheneError, match="what came was not the expected file"):
        images("cifar10")
    assert not list((cache_folder() / "cifar10").iterdir())


def test_a_download_that_was_broken_off_leaves_nothing(server):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        images("cifar10", progress=stop)
    assert not list((cache_folder() / "cifar10").iterdir())
    assert len(images("cifar10")) == 24


def test_pickles_with_another_content_are_never_opened(server, tmp_path, monkeypatch):
    images("cifar10")
    batch = cache_folder() / "cifar10" / "cifar-10-batches-py" / "data_batch_1"

    class Evil:
        def __reduce__(self):
            return (tmp_path / "harm").touch, ()

    batch.write_bytes(pickle.dumps(Evil()))
    (cache_folder() / "cifar10" / CIFAR10.filename).unlink()
    with pytest.raises(PhospheneError, match="is not complete; delete that folder and try again"):
        images("cifar10")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/phosphene"),
        ("linux", {"XDG_CACHE_HOME": ""}, "HOME/.cache/phosphene"),
        ("darwin", {}, "HOME/Library/Caches/phosphene"),
        ("win32", {"LOCALAPPDATA": "/app"}, "/app/phosphene"),
        ("linux", {"PHOSPHENE_CACHE": "~/own"}, "HOME/own"),
    ],
)
def test_the_cache_is_the_users(platform, environment, expected, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert cache_folder(environment, platform).as_posix() == expected.replace("HOME", tmp_path.as_posix())


def test_the_constant_is_torchvisions():
    assert CIFAR10.base_folder == module.FOLDER
