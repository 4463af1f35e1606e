"""The whole story: from two networks and a set of pictures to a folder with a page."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from phosphene.draw.fit import resized
from phosphene.network import Network
from phosphene.sources.images import ImageSet
from phosphene.story import deepest, first, second, trust
from phosphene.story.choice import hero
from phosphene.story.findings import Findings, find
from phosphene.story.folder import building
from phosphene.story.head import head_of, summary_of
from phosphene.story.material import Material, Progress, gather
from phosphene.story.page import rendered
from phosphene.story.plate import Drawn, Plate, drawn
from phosphene.story.section import Section

MOST = 60_000  # pictures; of a larger set as many are taken, by the hashes of their ids
PICTURE = "picture.png"
CHAPTERS: tuple[Callable[[Findings], Section], ...] = (
    first.filters_section,
    first.everything_section,
    first.seventh_section,
    first.best_section,
    second.everything_section,
    second.ninth_section,
    deepest.deep_section,
    trust.trust_section,
)


@dataclass(frozen=True)
class Told:
    """A story that was written: where its page is, and the figures it states."""

    page: Path
    summary: dict[str, object]


def tell(
    net: Network, deep: Network, images: ImageSet, out: str | Path, progress: Progress, seed: int = 0, most: int = MOST
) -> Told:
    """Write the story of ``net`` (two layers) and ``deep`` on ``images`` into the folder ``out``.

    Raises PhospheneError where ``out`` cannot be used or no picture can be read; then nothing is left behind.
    """
    with building(out) as folder:
        material = gather(images, (net.input_size[1], net.input_size[2]), most, progress)
        found = find(net, deep, material, seed, progress)
        progress("drawing the figures")
        sections = [(section, _drawn(section.plates)) for section in (chapter(found) for chapter in CHAPTERS)]
        for _, plates in sections:
            for each in plates:
                for name, content in each.files.items():
                    folder.put(name, content)
        folder.put(PICTURE, _enlarged(material, hero(material)))
        folder.put("index.html", rendered(head_of(found), sections, PICTURE).encode())
        summary = summary_of(found)
        folder.finish(summary)
    return Told(folder.target / "index.html", summary)


def _drawn(plates: tuple[Plate, ...]) -> list[Drawn]:
    with ThreadPoolExecutor(2) as pool:  # writing PNGs leaves Python's lock
        return list(pool.map(drawn, plates))


def _enlarged(material: Material, row: int) -> bytes:
    picture = Image.fromarray(material.pixels[row].permute(1, 2, 0).numpy())
    times = max(1, 256 // picture.width)
    buffer = BytesIO()
    resized(picture, (picture.width * times, picture.height * times)).save(buffer, "PNG")
    return buffer.getvalue()
