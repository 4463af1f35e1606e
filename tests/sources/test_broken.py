"""Broken files are passed over with a reason, and never stop a run."""

import os
import struct
import sys

import numpy as np
import pytest
from PIL import Image

from phosphene.errors import PhospheneError
from phosphene.sources.decode import decode
from phosphene.sources.images import BrokenPicture, images
from phosphene.sources.memory import as_uint8
from tests.sources.pictures import encoded, noise, png, smooth, write

CUT = "the file is cut short"
DAMAGED = "the file is damaged"
UNKNOWN = "not a picture of a known format"
WEB_PAGE = "web page"


def half(data):
    return data[: len(data) // 2]


def wrong_checksum():
    data = bytearray(encoded(noise()))
    data[data.index(b"IDAT") + 10] ^= 0xFF
    return bytes(data)


def endless_tiff():
    """Return a TIFF whose list of pictures leads back to itself, without a size."""
    return b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x100, 9, 1, 0, 8)


KINDS = {
    "empty": (b"", "the file is empty"),
    "zeros": (bytes(5000), "zero bytes"),
    "html": (b"<!DOCTYPE html><html>404</html>", WEB_PAGE),
    "html-with-mark": (b"\xef\xbb\xbf\r\n <html><body>", WEB_PAGE),
    "xml": (b"<?xml version='1.0'?><svg/>", "SVG"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    "pdf": (b"%PDF-1.7 ...", "PDF"),
    "zip": (b"PK\x03\x04" + bytes(30), "zip"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "text": (b"hello", UNKNOWN),
    "json": (b'{"error": "not found"}', UNKNOWN),
    "random": (noise(seed=5).tobytes(), UNKNOWN),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(20), "convert it to JPEG"),
    "avif": (b"\0\0\0\x18ftypavif" + bytes(20), "convert it to JPEG"),
    "film": (b"\0\0\0\x18ftypmp42" + bytes(20), "films are not read"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", UNKNOWN),
    "photoshop": (b"8BPS\0\1" + bytes(40), UNKNOWN),
    "icon": (b"\0\0\1\0\1\0\x10\x10" + bytes(40), UNKNOWN),
    "jpeg2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), UNKNOWN),
    "jpeg-half": (half(encoded(noise(200, 200), "JPEG")), CUT),
    "jpeg-head": (encoded(smooth(), "JPEG")[:20], ""),
    "jpeg-noise": (b"\xff\xd8\xff\xe0" + noise(seed=1).tobytes(), ""),
    "png-half": (half(encoded(noise(200, 200))), CUT),
    "png-signature": (b"\x89PNG\r\n\x1a\n", ""),
    "png-checksum": (wrong_checksum(), DAMAGED),
    "png-bomb": (png(60_000, 60_000, 8, 2), "more than 50 million"),
    "png-nothing": (png(0, 0, 8, 2), DAMAGED),
    "gif-half": (half(encoded(noise(200, 200, 1), "GIF")), CUT),
    "gif-head": (b"GIF89a", ""),
    "webp-half": (half(encoded(noise(200, 200), "WEBP")), DAMAGED),
    "webp-head": (b"RIFF\x10\0\0\0WEBPVP8 ", DAMAGED),
    "bmp-half": (half(encoded(noise(200, 200), "BMP")), CUT),
    "bmp-word": (b"BMW is no picture", DAMAGED),
    "tiff-half": (half(encoded(noise(200, 200), "TIFF")), ""),
    "tiff-endless": (endless_tiff(), ""),
    "ppm-half": (half(encoded(noise(200, 200), "PPM")), CUT),
    "ppm-words": (b"P6 wide high deep\n", DAMAGED),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with one good picture before, between and after everything that is broken."""
    top = tmp_path_factory.mktemp("broken")
    for name, (content, _) in KINDS.items():
        (top / f"{name}.jpg").write_bytes(content)
    for name in ("aaa", "lll", "zzz"):
        write(top / f"{name}.jpg")
    return top


def test_every_picture_is_either_read_or_passed_over_with_its_reason(folder):
    found = images(folder)
    read = [picture.id for picture, _ in found.readable()]
    reasons = {failure.id: failure.reason for failure in found.failures}
    assert read == ["aaa.jpg", "lll.jpg", "zzz.jpg"]
    assert set(reasons) == {f"{name}.jpg" for name in KINDS}
    assert len(reasons) >= 30
    for name, (_, expected) in KINDS.items():
        assert expected in reasons[f"{name}.jpg"], name
        assert "\n" not in reasons[f"{name}.jpg"]


def test_failures_are_counted_once_however_often_the_set_is_read(folder):
    found = images(folder)
    list(found.readable())
    list(found.readable())
    assert len(found.failures) == len(KINDS)


def test_opening_one_says_which_and_why(folder):
    broken = next(picture for picture in images(folder) if picture.id == "html.jpg")
    with pytest.raises(BrokenPicture, match=r"^html\.jpg cannot be read: it is a web page, not a picture$") as caught:
        broken.open()
    assert caught.value.reason == "it is a web page, not a picture"
    assert isinstance(caught.value, PhospheneError)


def test_memory_leaves_broken_ones_out_and_keeps_the_rest_in_place(folder):
    for index, name in enumerate(("aaa", "lll", "zzz")):
        write(folder / f"{name}.jpg", encoded(np.full((4, 4, 3), 50 * index, np.uint8)))
    held = as_uint8(images(folder), (4, 4))
    assert held.ids == ["aaa.jpg", "lll.jpg", "zzz.jpg"]
    assert held.pixels.shape == (3, 3, 4, 4)
    assert held.pixels[:, 0, 0, 0].tolist() == [0, 50, 100]
    assert sorted(failure.id for failure in held.failures) == sorted(f"{name}.jpg" for name in KINDS)


def test_a_set_of_broken_pictures_alone_cannot_be_held(tmp_path):
    write(tmp_path / "a.jpg", b"<html>")
    with pytest.raises(PhospheneError, match=r"no picture of \S+ can be read; the first one: it is a web page"):
        as_uint8(images(tmp_path), (4, 4))


def test_only_listed_formats_are_reachable(tmp_path):
    for format in ("ICO", "PCX", "TGA", "SGI", "DDS", "ICNS", "JPEG2000"):
        write(tmp_path / f"{format}.png", encoded(Image.new("RGB", (32, 32)), format))
    found = images(tmp_path)
    assert not list(found.readable())
    assert len(found.failures) == 7


def test_a_file_too_large_for_a_picture_is_not_read(tmp_path):
    with (tmp_path / "film.jpg").open("wb") as out:
        out.write(b"\xff\xd8\xff")
        out.truncate(3_000_000_000)  # takes no room on the disk
    found = images(tmp_path)
    assert not list(found.readable())
    assert found.failures[0].reason == "the file has 3000 MB, more than 400"


def test_what_vanishes_after_listing_is_passed_over(tmp_path):
    gone = write(tmp_path / "gone.png")
    write(tmp_path / "here.png")
    found = images(tmp_path)
    gone.unlink()
    assert [picture.id for picture, _ in found.readable()] == ["here.png"]
    assert "cannot be opened (No such file or directory)" in found.failures[0].reason


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
def test_pipes_and_links_that_lead_nowhere_are_passed_over(tmp_path):
    write(tmp_path / "good.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nothing")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    (tmp_path / "good-link.png").symlink_to(tmp_path / "good.png")
    found = images(tmp_path)
    assert [picture.id for picture, _ in found.readable()] == ["good-link.png", "good.png"]
    reasons = {failure.id: failure.reason for failure in found.failures}
    assert set(reasons) == {"pipe.png", "dangling.png", "self.png"}
    assert reasons["pipe.png"] == "it is not an ordinary file"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are always Unicode")
def test_names_that_are_not_unicode_or_not_printable_have_readable_ids(tmp_path):
    for name in (b"caf\xe9.png", "café.png".encode(), b"two\nlines.png", b"\x1b[31mred.png"):
        write(tmp_path / os.fsdecode(name))
    found = images(tmp_path)
    ids = [picture.id for picture, _ in found.readable()]
    assert sorted(ids) == sorted(["caf\\udce9.png", "café.png", "two\\nlines.png", "\\x1b[31mred.png"])
    assert all(id.isprintable() and id.encode() for id in ids)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_flipped_bytes_give_a_picture_or_a_sentence(format):
    whole = encoded(noise(16, 16), format)
    random = np.random.default_rng(7)
    outcomes = set()
    for _ in range(150):
        data = bytearray(whole)
        for place in random.integers(0, len(data), 4):
            data[place] = random.integers(0, 256)
        try:
            outcomes.add(decode(bytes(data)).mode)
        except BrokenPicture:
            outcomes.add("broken")
    assert "broken" in outcomes
    assert outcomes <= {"RGB", "broken"}
