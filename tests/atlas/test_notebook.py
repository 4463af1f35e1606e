"""A unit shows itself: well-formed, nothing from elsewhere, nothing of a stranger's names run, patches in it."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from phosphene.atlas.reading import open_atlas
from phosphene.atlas.records import Thumbnail
from phosphene.atlas.writing import AtlasWriter
from tests.atlas import synthetic

GOLDEN = Path(__file__).with_name("golden.atlas")
VOID = {"img", "br"}
EVIL = '<script>alert("1")</script>\' onerror="x'


class Page(HTMLParser):
    """Collects tags and text, and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def pictures(self) -> list[Image.Image]:
        sources = [attrs["src"] for tag, attrs in self.tags if tag == "img"]
        heads, data = zip(*(source.split(",") for source in sources), strict=True)
        assert set(heads) == {"data:image/png;base64"}
        return [Image.open(io.BytesIO(base64.b64decode(each))) for each in data]


def page(address: str, path: Path = GOLDEN) -> Page:
    with open_atlas(path) as atlas:
        return Page(atlas[address]._repr_html_())


def test_patches_and_figures():
    shown = page("relu2:0")
    assert [picture.size for picture in shown.pictures()] == [(6, 6)] * 4 + [(4, 6)] * 3
    examples = [e for e in synthetic.examples() if (e.layer, e.unit) == ("relu2", 0)]
    for example, picture in zip(examples, shown.pictures(), strict=True):
        left = (0, 255, 0) if example.image % 3 == 0 else (255, 0, 0)
        assert tuple(np.asarray(picture.convert("RGB"))[0, 0]) == left
    for words in (
        "relu2:0",
        "prefers dog (area under the ROC curve 0.98)",
        "explain 0%",
        f"90 %: {examples[-1].value:.3g}",
        synthetic.name(examples[0].image),
    ):
        assert words in shown.text


def test_a_dead_unit_says_so():
    shown = page("relu2:5")
    assert "dead: it is 0 at every position of every image" in shown.text
    assert "values that are no finite numbers: 1" in shown.text
    assert "none: no image stands out" in shown.text
    assert "prefers" not in shown.text
    assert "img" not in {tag for tag, _ in shown.tags}


@pytest.fixture
def evil(tmp_path):
    """An atlas in which every name is an attempt."""
    layers = (replace(synthetic.LAYERS[0], name=EVIL),)
    made = synthetic.manifest(layers=layers, classes=(EVIL,))
    with AtlasWriter.create(tmp_path / "evil.atlas", made) as writer:
        for shard in synthetic.shards():
            images = [replace(image, name=EVIL, label=EVIL) for image in shard.images]
            writer.commit(replace(shard, images=images, state={}))
        units = [replace(u, layer=EVIL, best_class=EVIL) for u in synthetic.units() if u.layer == "relu1"]
        writer.add_thumbnails(list(synthetic.thumbnails())[:9])
        writer.finish(units, [replace(e, layer=EVIL) for e in synthetic.examples() if e.layer == "relu1"], [], [])
    return tmp_path / "evil.atlas"


def test_names_are_text_and_nothing_else(evil):
    with open_atlas(evil) as atlas:
        html = atlas.unit(EVIL, 0)._repr_html_()
    shown = Page(html)
    assert {tag for tag, _ in shown.tags} <= {"div", "h4", "p", "b", "i", "figure", "figcaption", "br", "img"}
    assert not [attrs for _, attrs in shown.tags if any(name.startswith("on") for name in attrs)]
    assert EVIL in shown.text
    assert "not kept" in shown.text
    assert not re.search(r"https?:|src=\"(?!data:)", html)


# -- layers and atlases --------------------------------------------------------------------------------------------


def test_a_layer_is_a_tuple_that_shows_its_units():
    with open_atlas(GOLDEN) as atlas:
        units = atlas["relu2"]
        assert isinstance(units, tuple)
        assert [unit.index for unit in units] == list(range(12))
        assert type(units[:2]) is tuple
        assert units.layer == synthetic.LAYERS[1]
        assert units.dead == (5,)
        shown = Page(units._repr_html_())
    assert "relu · 12 units, 1 dead · 4 × 4 places, each sees 14 × 14 pixels" in shown.text
    assert len(shown.pictures()) == 11
    titles = [attrs["title"] for tag, attrs in shown.tags if tag == "figure"]
    assert len(titles) == 12
    assert titles[5] == "relu2:5: dead"
    best = next(e for e in synthetic.examples() if (e.layer, e.unit) == ("relu2", 9))
    assert titles[9] == f"relu2:9, strongest: {best.value:.3g} on {synthetic.name(best.image)}"


def test_a_layer_that_sees_everything_says_so():
    with open_atlas(GOLDEN) as atlas:
        assert (
            "2 units, none dead · 1 × 1 places, each sees the whole picture" in Page(atlas["pool"]._repr_html_()).text
        )


def test_an_atlas_shows_its_layers():
    with open_atlas(GOLDEN) as atlas:
        shown = Page(atlas._repr_html_())
    assert "17 units of 3 layers on 37 pictures of drawn" in shown.text
    assert len(shown.pictures()) == 3 + 8 + 2
    assert "relu2:5" not in " ".join(attrs["title"] for tag, attrs in shown.tags if tag == "figure")
    assert "atlas['relu1'] shows a layer, atlas['relu1:0'] a unit." in shown.text


def test_an_atlas_that_is_still_written_says_so(tmp_path):
    with AtlasWriter.create(tmp_path / "begun.atlas", synthetic.manifest()) as writer:
        writer.commit(synthetic.shard(0))
    with open_atlas(tmp_path / "begun.atlas") as atlas:
        assert "the scan has not come to its end" in Page(atlas._repr_html_()).text


def test_hostile_names_stay_text_in_layers_and_atlases_too(evil):
    with open_atlas(evil) as atlas:
        found = atlas[EVIL]._repr_html_(), atlas._repr_html_()
    for html in found:
        shown = Page(html)
        assert {tag for tag, _ in shown.tags} <= {"div", "h4", "p", "b", "i", "figure", "figcaption", "img"}
        assert not [attrs for _, attrs in shown.tags if any(name.startswith("on") for name in attrs)]
        assert EVIL in shown.text
        assert not re.search(r"https?:|src=\"(?!data:)|url\(|class=", html)


def wide(path, units, layers):
    """Write a scan of ``layers`` layers of ``units`` units, whose pictures are noise, which nothing makes smaller."""
    random = np.random.default_rng(0)
    file = io.BytesIO()
    Image.fromarray(random.integers(0, 256, (224, 224, 3), np.uint8)).save(file, "WEBP", quality=95)
    infos = tuple(replace(synthetic.LAYERS[0], name=f"layer{n}", units=units) for n in range(layers))
    with AtlasWriter.create(path, synthetic.manifest(layers=infos, total=8)) as writer:
        shard = synthetic.shard(0, made=synthetic.manifest(layers=infos))
        writer.commit(replace(shard, images=[replace(image, width=224, height=224) for image in shard.images]))
        writer.add_thumbnails([Thumbnail(0, file.getvalue())])
        unit = next(synthetic.units())
        rows = [replace(unit, layer=info.name, unit=n) for info in infos for n in range(units)]
        example = replace(next(synthetic.examples()), rank=0, image=0, box=(0.0, 0.0, 224.0, 224.0))
        writer.finish(rows, [replace(example, layer=row.layer, unit=row.unit) for row in rows], [], [])
    return path


@pytest.mark.slow
def test_outputs_stay_small_however_large_the_network_is(tmp_path):
    with open_atlas(wide(tmp_path / "wide.atlas", 600, 30)) as atlas:
        layer, whole, unit = atlas["layer3"]._repr_html_(), atlas._repr_html_(), atlas["layer3:9"]._repr_html_()
    assert len(layer) < 1_500_000
    assert len(whole) < 3_000_000
    assert len(unit) < 500_000
    assert "And 536 more units" in layer
    assert "And 6 more layers" in whole


def test_no_picture_is_larger_than_its_tile():
    with open_atlas(GOLDEN) as atlas:
        for html in (atlas["relu2:0"]._repr_html_(), atlas["relu2"]._repr_html_(), atlas._repr_html_()):
            tiles = re.findall(
                r'<figure style="margin:0;width:(\d+)px".*?<img [^>]*?width="(\d+)" height="(\d+)"', html
            )
            assert len(tiles) > 5
            for side, width, height in tiles:
                assert int(side) / 2 < max(int(width), int(height)) <= int(side)
