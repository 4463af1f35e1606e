"""Archives: the same layouts as folders, nothing on disk, nothing believed."""

import io
import multiprocessing
import pickle
import struct
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from phosphene.errors import PhospheneError
from phosphene.sources.images import images
from phosphene.sources.memory import as_uint8
from tests.sources.pictures import encoded, noise

CIFAR = Path(__file__).parents[3] / "shared" / "data" / "cifar10.zip"


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as out:
        for name, content in members:
            out.writestr(name, content)
    return path


def named(path, *names):
    members = [(name, encoded(noise(4, 4, seed=i))) for i, name in enumerate(names)]
    return archive(path, members, zipfile.ZIP_STORED)


def ids(found):
    return [picture.id for picture in found]


def test_classes_splits_and_one_wrapping_folder(tmp_path):
    path = named(
        tmp_path / "a.zip", "set/train/dog/10.png", "set/train/dog/9.png", "set/test/cat/1.png", "set/README.md"
    )
    found = images(path)
    assert ids(found) == ["test/cat/1.png", "train/dog/9.png", "train/dog/10.png"]
    assert found.classes == ("cat", "dog")
    assert ids(images(path, split="train")) == ["train/dog/9.png", "train/dog/10.png"]


def test_pixels_come_out_stored_or_compressed(tmp_path):
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        path = archive(tmp_path / "a.zip", [("x.png", encoded(noise()))], compression)
        assert (np.asarray(images(path)[0].open()) == noise()).all()


def test_names_that_climb_stay_inside(tmp_path):
    path = named(tmp_path / "a.zip", "../../up.png", "/root.png", "a/../../b/c.png", "C:\\win\\d.png")
    before = sorted(tmp_path.rglob("*"))
    found = images(path)
    assert ids(found) == ["C:/win/d.png", "a/b/c.png", "root.png", "up.png"]
    assert len(list(found.readable())) == 4
    assert sorted(tmp_path.rglob("*")) == before


def test_names_that_become_equal_keep_different_ids(tmp_path):
    assert ids(images(named(tmp_path / "a.zip", "a.png", "../a.png", "./a.png"))) == ["a.png", "a.png (2)", "a.png (3)"]


@pytest.mark.slow
def test_an_archive_is_not_asked_for_more_than_a_picture(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as out, out.open("zeros.png", "w") as member:
        for _ in range(450):
            member.write(bytes(1_000_000))
    found = images(tmp_path / "a.zip")
    assert not list(found.readable())
    assert found.failures[0].reason == "the file has 450 MB, more than 400"


@pytest.mark.slow
def test_what_is_no_picture_is_not_unpacked(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.zip", [("zeros.png", bytes(50_000_000))])
    unpacked = []
    read = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: unpacked.append(n) or read(self, n))
    found = images(path)
    assert not list(found.readable())
    assert "zero bytes" in found.failures[0].reason
    assert unpacked == [64]


def test_damaged_and_encrypted_members_are_passed_over(tmp_path):
    path = named(tmp_path / "a.zip", "bad.png", "good.png", "secret.png")
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 6] ^= 0xFF  # in bad.png
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 8] |= 1  # the flag of encryption in secret.png's entry
    path.write_bytes(data)
    found = images(path)
    assert [picture.id for picture, _ in found.readable()] == ["good.png"]
    assert all("the archive does not give it out" in failure.reason for failure in found.failures)
    assert len(found.failures) == 2


def test_an_archive_that_lies_about_sizes_is_passed_over(tmp_path):
    path = named(tmp_path / "a.zip", "small.png")
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 5)  # declared size without compression
    path.write_bytes(data)
    found = images(path)
    assert not list(found.readable())
    assert len(found.failures) == 1


@pytest.mark.parametrize("content", [b"", b"not a zip at all", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_archive_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(PhospheneError, match=r"a\.zip is not a readable \.zip archive"):
        images(tmp_path / "a.zip")


def test_an_archive_without_pictures(tmp_path):
    with pytest.raises(PhospheneError, match="holds no pictures"):
        images(archive(tmp_path / "a.zip", [("notes.txt", b"x")]))


def many(path):
    return archive(path, [(f"{i}.png", encoded(np.full((2, 2, 3), i, np.uint8))) for i in range(200)])


def value(picture):
    return picture.open().getpixel((0, 0))[0]


@pytest.mark.slow
def test_threads_may_read_one_archive(tmp_path):
    found = images(many(tmp_path / "a.zip"))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(value, list(found) * 5)) == list(range(200)) * 5


def test_pictures_travel_to_other_processes(tmp_path):
    found = images(many(tmp_path / "a.zip"))
    copies = pickle.loads(pickle.dumps(list(found)))
    assert [value(picture) for picture in copies] == list(range(200))


def read_in_a_child(found, connection):
    values = [value(picture) for picture in found]
    connection.send((values, found[0].source.archive.zip().fp.fileno()))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are not forked there")
def test_forked_processes_open_the_archive_anew(tmp_path):
    found = images(many(tmp_path / "a.zip"))
    shared = found[0].source.archive.zip().fp.fileno()  # who used it would move the others' place in it
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    child = fork.Process(target=read_in_a_child, args=(found, theirs))
    child.start()
    values, file = ours.recv()
    child.join()
    assert values == list(range(200))
    assert file != shared


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR.exists(), reason="needs ../shared/data/cifar10.zip")
def test_cifar_as_an_archive():
    test = images(CIFAR, split="test")
    assert len(test) == 10_000
    assert (test[0].id, test[-1].id) == ("test/airplane/0000.jpg", "test/truck/0999.jpg")
    assert test.classes == tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
    held = as_uint8(test.take(300), (32, 32))
    assert held.pixels.shape == (300, 3, 32, 32)
    assert held.labels.bincount(minlength=10).min() > 10
    with zipfile.ZipFile(CIFAR) as raw:
        from PIL import Image

        expected = np.asarray(Image.open(io.BytesIO(raw.read("cifar10/" + held.ids[7]))).convert("RGB"))
    assert (held.pixels[7].permute(1, 2, 0).numpy() == expected).all()
