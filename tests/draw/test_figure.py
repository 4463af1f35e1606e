"""What sheets and plots share: files, themes, notebooks."""

from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from phosphene.draw.plots import Panel, Series, bars, confusion, curves
from phosphene.draw.sheet import Sheet, Tile
from phosphene.errors import PhospheneError

HOSTILE = '"><script>alert(1)</script> $a_b$ & <b>'


def noise(seed):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8))


@pytest.fixture(params=["sheet", "curves", "bars", "confusion"])
def figure(request):
    match request.param:
        case "sheet":
            return Sheet([Tile(noise(0), "a"), Tile(note="dead")], title=HOSTILE)
        case "curves":
            return curves(
                [Panel("loss", [Series("train", [3.0, 2.0, 1.5]), Series("test", [3.1, 2.2, 2.0])])], title=HOSTILE
            )
        case "bars":
            return bars(["a", "b"], [0.3, -0.1], ([0.2, -0.2], [0.4, 0.0]), title=HOSTILE)
    return confusion([[5, 1], [2, 7]], ["cat", "dog"], HOSTILE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [".png", ".svg", ".pdf"])
def test_the_same_figure_gives_the_same_bytes_and_a_dark_one_others(figure, kind):
    first = figure.encoded(kind)
    assert figure.encoded(kind) == first
    assert figure.encoded(kind, "dark") != first
    start = {".png": b"\x89PNG", ".svg": b"<", ".pdf": b"%PDF"}[kind]
    assert first.startswith(start)


@pytest.mark.slow
def test_what_is_saved_is_what_is_encoded(figure, tmp_path):
    for kind in (".png", ".svg", ".pdf"):
        path = tmp_path / f"figure{kind.upper()}"
        figure.save(path, "dark", 100)
        assert path.read_bytes() == figure.encoded(kind, "dark", 100)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.slow
@pytest.mark.parametrize("dpi", [96, 300])
def test_png_files_record_their_resolution(figure, tmp_path, dpi):
    figure.save(tmp_path / "a.png", dpi=dpi)
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(figure.image(dpi=dpi)))


@pytest.mark.slow
def test_twice_the_resolution_is_the_same_figure_in_twice_the_pixels(figure):
    small, large = figure.image(dpi=150).size, figure.image(dpi=300).size
    assert large == pytest.approx((2 * small[0], 2 * small[1]), rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jpg", r"end it in \.png, \.svg or \.pdf"),
        ("a", r"'a' does not say what to write"),
        ("a.pgn", r"did you mean '\.png'"),
        ("missing/a.png", "make it first: mkdir -p"),
    ],
)
def test_a_wrong_name_is_one_sentence_and_no_file(figure, tmp_path, name, said):
    with pytest.raises(PhospheneError, match=said):
        figure.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/dev/full/a.png", "/proc/a.png"])
def test_a_place_that_cannot_be_written_is_one_sentence(path):
    with pytest.raises(PhospheneError):
        Sheet([Tile(noise(0))]).save(path)


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"earlier")

    def full(self, data):
        self.open("xb").write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(PhospheneError, match="the disk is full"):
        Sheet([Tile(noise(0))]).save(path)
    monkeypatch.undo()
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == b"earlier"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.slow
def test_in_a_notebook_it_follows_light_and_dark_without_scripts(figure):
    tags = Tags()
    tags.feed(figure._repr_html_())
    (picture, _), (source, dark), (img, light) = tags.found
    assert (picture, source, img) == ("picture", "source", "img")
    assert dark["media"] == "(prefers-color-scheme: dark)"
    assert set(light) == {"src", "alt", "style"}
    assert light["alt"].startswith(HOSTILE)
    for theme, data in (("light", light["src"]), ("dark", dark["srcset"])):
        shown = Image.open(BytesIO(b64decode(data.removeprefix("data:image/png;base64,"))))
        np.testing.assert_array_equal(np.asarray(shown), np.asarray(figure.image(theme)))
    assert figure._repr_png_() == figure.encoded(".png")
