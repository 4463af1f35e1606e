"""Dropped pictures: taken, bounded while they arrive and before they are decoded, and never on a disk."""

import json
import random
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from phosphene.explore import app
from phosphene.explore import uploads as module
from phosphene.explore.uploads import KEPT, LARGEST, Uploads
from phosphene.sources.decode import BrokenPicture
from tests.explore.served import OWN, TOKEN, Reply, app_of, ask, client_of, read
from tests.sources.pictures import encoded, noise, png, smooth

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def numbered(number):
    return encoded(np.full((4, 6, 3), number, np.uint8))


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_a_picture_is_kept_as_it_is_and_found_by_its_content():
    uploads = Uploads()
    kept = uploads.add(encoded(noise()))
    assert re.fullmatch(r"u-[0-9a-f]{24}", kept.id)
    assert (kept.width, kept.height) == (30, 20)
    assert (np.asarray(uploads[kept.id]) == noise()).all()
    assert uploads.add(encoded(noise())) == kept
    assert len(uploads) == 1


def test_the_last_ones_used_are_kept():
    uploads = Uploads(3)
    ids = [uploads.add(numbered(number)).id for number in range(3)]
    assert uploads[ids[0]].getpixel((0, 0)) == (0, 0, 0)
    later = uploads.add(numbered(7)).id
    assert set(uploads) == {ids[0], ids[2], later}
    assert ids[1] not in uploads
    with pytest.raises(KeyError):
        uploads[ids[1]]


def test_pictures_are_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    uploads = Uploads()
    kept = uploads.add(encoded(np.ascontiguousarray(np.rot90(noise())), exif=exif))
    assert (np.asarray(uploads[kept.id]) == noise()).all()


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "I;16", "F", "P transparent"])
def test_large_pictures_are_made_smaller(mode):
    """A wide picture, left half one grey and right half another; each half keeps its grey, whatever its mode."""
    left, right = (0, 255) if mode == "1" else (40, 200)
    values = np.full((1500, 6000), right, np.uint8)
    values[:, :3000] = left
    picture, options = _in_mode(Image.fromarray(values), mode)
    form = "TIFF" if mode in ("CMYK", "F") else "PNG"
    uploads = Uploads()
    kept = uploads.add(encoded(picture, form, **options))
    assert (kept.width, kept.height) == (LARGEST, LARGEST // 4)
    pixels = np.asarray(uploads[kept.id]).astype(int)
    assert abs(pixels[:, :1000] - left).max() <= 2
    assert abs(pixels[:, 1050:] - (255 if mode == "P transparent" else right)).max() <= 2


def _in_mode(grey, mode):
    if mode == "I;16":
        return Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), {}
    if mode == "F":
        return Image.fromarray(np.asarray(grey).astype(np.float32) / 255), {}
    if mode == "CMYK":
        inks = np.zeros((*np.asarray(grey).shape, 4), np.uint8)
        inks[..., 3] = 255 - np.asarray(grey)
        return Image.fromarray(inks, "CMYK"), {}
    if mode == "P transparent":
        return grey.convert("P"), {"transparency": 200}
    return grey.convert(mode, dither=Image.Dither.NONE) if mode == "1" else grey.convert(mode), {}


def test_large_photographs_come_out_as_without_haste():
    """JPEGs are decoded at half their size; that must not shift or tint what is shown."""
    large = Image.fromarray(smooth()).resize((5000, 3000), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 3
    uploads = Uploads()
    kept = uploads.add(encoded(large.transpose(Image.Transpose.ROTATE_180), "JPEG", quality=95, exif=exif))
    expected = np.asarray(large.resize((LARGEST, 1229), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(np.asarray(uploads[kept.id]) - expected).mean() < 1


def test_several_threads_may_use_them():
    uploads, failed = Uploads(2), []

    def use(seed):
        draw = random.Random(seed)
        try:
            for _ in range(100):
                number = draw.randrange(6)
                picture = uploads.get(uploads.add(numbered(number)).id)
                assert picture is None or picture.getpixel((0, 0)) == (number,) * 3
                assert len(list(uploads)) <= 2
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


# -- over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def uploads():
    return Uploads()


@pytest.fixture
def client(uploads):
    with client_of(app_of(uploads=uploads), **OWN) as client:
        yield client


def test_a_posted_picture_is_kept(client, uploads):
    answer = client.post("/live/pictures", content=encoded(noise()), headers={"Content-Type": "image/png"})
    assert answer.status_code == 200
    assert answer.json() == {"id": next(iter(uploads)), "width": 30, "height": 20}


def test_what_it_is_said_to_be_does_not_matter(client):
    answer = client.post("/live/pictures", content=encoded(noise()), headers={"Content-Type": "text/html"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<svg onload='alert(1)'/>", "SVG"),
        (b"<html>", "web page"),
        (b"\x89PNG\r\n\x1a\n", ""),
        (png(60_000, 60_000, 8, 2), "more than 50 million"),
        (png(10_000, 5_001, 8, 2), "more than 50 million"),
        (encoded(noise(200, 200), "JPEG")[:2000], "cut short"),
    ],
)
def test_what_is_no_picture_gets_a_sentence(client, uploads, content, words):
    answer = client.post("/live/pictures", content=content)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert not uploads


def test_nothing_is_decoded_that_has_too_many_pixels(client, monkeypatch):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("pixels were decoded"))
    assert client.post("/live/pictures", content=png(10_000, 5_001, 8, 2)).status_code == 422


def test_a_file_is_taken_up_to_the_limit(client, monkeypatch):
    content = encoded(noise())
    monkeypatch.setattr(module, "MOST_BYTES", len(content))
    assert client.post("/live/pictures", content=content).status_code == 200
    monkeypatch.setattr(module, "MOST_BYTES", len(content) - 1)
    assert client.post("/live/pictures", content=content).status_code == 413
    assert client.post("/live/pictures", content=iter([content[:100], content[100:]])).status_code == 413


def test_twenty_megabytes_are_twenty_megabytes():
    assert module.MOST_BYTES == 20_000_000
    assert KEPT * LARGEST * LARGEST * 4 < 150_000_000


def test_a_picture_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(app, "SECONDS", 0.2)
    with running_here() as port, started(port, length=1000) as connection:
        connection.sendall(b"\x89PNG")
        reply = read(connection)
    assert reply.status == 408


def test_few_pictures_arrive_at_the_same_time():
    with running_here() as port:
        waiting = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(4)]
        content = encoded(noise())
        for connection in waiting:
            connection.sendall(head(port, length=len(content)) + content[:10])
        replies = [posted(port, content) for _ in range(30)]  # the first ones may come before the four above
        assert replies[-1].status == 503
        assert "busy" in replies[-1].error
        for connection in waiting:
            connection.sendall(content[10:])
            assert read(connection).status == 200
            connection.close()
        assert posted(port, content).status == 200


def test_who_leaves_while_sending_is_forgotten():
    with running_here() as port:
        for _ in range(20):
            with started(port, length=1000) as connection:
                connection.sendall(b"\x89PNG")
        end = time.monotonic() + 60
        while (status := posted(port, encoded(noise())).status) != 200:
            assert (status, time.monotonic() < end) == (503, True)  # until it has noticed


def test_nothing_is_written_to_a_disk(client):
    written = []
    watching = True

    def watch(event, arguments):
        if watching and event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            written.append(arguments[0])
        if watching and event in ("tempfile.mkstemp", "tempfile.mkdtemp"):
            written.append(event)

    sys.addaudithook(watch)  # cannot be taken away again, only told to stop
    large = encoded(noise(2000, 2000), "BMP")
    assert len(large) > 10_000_000  # larger than what frameworks keep in memory
    try:
        assert client.post("/live/pictures", content=large).status_code == 200
        for form in ("PNG", "TIFF", "WEBP", "GIF", "JPEG"):
            picture = Image.fromarray(noise(200, 300)).convert("P" if form == "GIF" else "RGB")
            assert client.post("/live/pictures", content=encoded(picture, form)).status_code == 200
    finally:
        watching = False
    assert not written


# -- a thousand broken files ------------------------------------------------------------------------------------------

SEEDS = [
    encoded(noise(40, 60)),
    encoded(noise(40, 60), "JPEG"),
    encoded(noise(40, 60), "JPEG", progressive=True),
    encoded(noise(40, 60), "WEBP"),
    encoded(noise(40, 60), "WEBP", lossless=True),
    encoded(noise(40, 60, 1), "GIF"),
    encoded(noise(40, 60), "BMP"),
    encoded(noise(40, 60), "TIFF"),
    encoded(Image.fromarray(noise(40, 60)), "TIFF", compression="tiff_lzw"),
    encoded(noise(40, 60), "PPM"),
]


def mutated(number):
    draw = random.Random(number)
    data = bytearray(SEEDS[number % len(SEEDS)])
    for _ in range(draw.choice((1, 2, 5, 30))):
        place = draw.randrange(min(len(data), draw.choice((32, 200, len(data)))))
        match draw.randrange(6):
            case 0:
                data[place] ^= 1 << draw.randrange(8)
            case 1:
                data[place] = draw.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                data[place : place + 4] = draw.choice(
                    (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x80")
                )
            case 3:
                del data[place : place + draw.randrange(1, 50)]
            case 4:
                data[place:place] = draw.randbytes(draw.randrange(1, 50))
            case 5:
                del data[max(place, 1) :]
        data = data or bytearray(b"\0")
    return bytes(data)


@pytest.mark.filterwarnings("ignore")  # what Pillow says of damaged tags
def test_a_thousand_mutated_pictures_do_no_harm(client):
    """A hundred of them by way of the server, which says the same of each."""
    uploads = Uploads()
    taken = [_taken(uploads, mutated(number)) for number in range(1000)]
    assert min(taken.count(each) for each in (True, False)) > 100  # neither all harmless nor all hopeless
    assert [_sent(client, mutated(number)) for number in range(100)] == taken[:100]
    assert len(set(taken[:100])) == 2
    assert client.post("/live/pictures", content=SEEDS[0]).status_code == 200


def _taken(uploads, content):
    """Whether it is kept; anything else than a refusal fails."""
    try:
        return uploads.add(content).id in uploads
    except BrokenPicture:
        return False


def _sent(client, content):
    answer = client.post("/live/pictures", content=content)
    told = answer.json()
    assert answer.status_code in (200, 422)
    assert list(told) == (["id", "width", "height"] if answer.status_code == 200 else ["error"])
    return answer.status_code == 200


# -- in a process of its own ------------------------------------------------------------------------------------------


@contextmanager
def running_here():
    from tests.explore.served import listening_to

    with listening_to(lambda hosts: app_of(hosts=hosts)) as port:
        yield port


@contextmanager
def elsewhere():
    """Yield the port of a server in another process, and that process."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.explore"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            yield int(process.stdout.readline()), process
        finally:
            process.kill()


def memory(process, what="VmRSS"):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) * 1024


def head(port, length=None, **more):
    size = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": length}
    lines = {"Host": f"127.0.0.1:{port}", "X-Phosphene-Token": TOKEN, "Connection": "close", **size, **more}
    written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /live/pictures HTTP/1.1\r\n{written}\r\n".encode()


@contextmanager
def started(port, length):
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(head(port, length))
        yield connection


def posted(port, content) -> Reply:
    return ask(port, head(port, len(content)) + content)


def poured(port, total, length):
    """Send many bytes of a PNG that never ends, and return the answer and how many were taken."""
    chunk = b"\x89PNG\r\n\x1a\n" + bytes(1_000_000 - 8)
    framed = chunk if length is not None else b"%x\r\n" % len(chunk) + chunk + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        try:
            connection.sendall(head(port, length))
            while sent < total:
                connection.sendall(framed)
                sent += len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read(connection), sent


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@needs_proc
@pytest.mark.parametrize("length", [300_000_000, None, 10_000_000], ids=["declared", "chunked", "lied about"])
def test_three_hundred_megabytes_are_refused_in_flat_memory(length):
    with elsewhere() as (port, process):
        assert posted(port, encoded(noise())).status == 200
        before = memory(process, "VmHWM")
        reply, sent = poured(port, 300_000_000, length)
        assert memory(process, "VmHWM") - before < 60_000_000
        assert sent < 150_000_000  # it did not listen to all of it
        # 0: the connection was closed while we were still sending; 400: what exceeds the stated length is no request
        assert reply.status in (0, 413, 422, 400)
        assert posted(port, encoded(noise())).status == 200


@needs_proc
@pytest.mark.parametrize("length", [30_000_000, None], ids=["declared", "chunked"])
def test_who_sends_somewhat_too_much_is_told(length):
    with elsewhere() as (port, process):
        posted(port, encoded(noise()))
        before = memory(process, "VmHWM")
        reply, _ = poured(port, 30_000_000, length) if length else poured_to_its_end(port)
        assert reply.status == 413
        assert reply.error == "the file has more than 20 MB; drop a smaller one"
        assert memory(process, "VmHWM") - before < 60_000_000


def poured_to_its_end(port):
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(head(port))
        for _ in range(30):
            connection.sendall(b"%x\r\n" % 1_000_000 + bytes(1_000_000) + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        return read(connection), 30_000_000


WAYS = {
    "RGBA": ("PNG", {"compress_level": 1}),
    "P": ("PNG", {"compress_level": 1, "transparency": 1}),
    "I;16": ("PNG", {"compress_level": 1}),
    "F": ("TIFF", {"compression": "tiff_deflate"}),
    "CMYK": ("JPEG", {"progressive": True}),
    "YCbCr": ("JPEG", {}),
}


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("mode", WAYS)
def test_fifty_megapixels_are_decoded_in_bounded_memory(mode):
    form, options = WAYS[mode]
    content = encoded(Image.new(mode, (10_000, 5_000)), form, **options)
    with elsewhere() as (port, process):
        posted(port, encoded(noise()))
        before = memory(process, "VmHWM")
        reply = posted(port, content)
        assert (reply.status, json.loads(reply.body).get("width")) == (200, LARGEST)
        assert memory(process, "VmHWM") - before < 550_000_000


def test_broken_pictures_are_not_kept():
    uploads = Uploads()
    with pytest.raises(BrokenPicture):
        uploads.add(b"no picture")
    assert not uploads
