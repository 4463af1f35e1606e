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
