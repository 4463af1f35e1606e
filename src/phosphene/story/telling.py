"""The whole story: from two networks and a set of pictures to a folder with a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from phosphene.draw.fit import resized
from phosphene.errors import UsageError
from phosphene.explore.folder import Maker, filling
from phosphene.network import Network
from phosphene.project.picture import input_pictures
from phosphene.scan.choice import chosen_layers
from phosphene.sources.images import ImageSet
from phosphene.story import ask, cards, deepest, first, second, training, trust
from phosphene.story.explorer import put_explorers
from phosphene.story.findings import Findings, find
from phosphene.story.head import head_of, summary_of
from phosphene.story.material import Material
from phosphene.story.page import rendered
from phosphene.story.plate import Drawn, Plate, drawn
from phosphene.story.scanned import Progress, scanned
from phosphene.story.section import Section

MOST = 60_000  # pictures; of a larger set as many are taken, by the hashes of their ids
PICTURE, PAGE = "picture.png", "index.html"
MAKER = Maker("phosphene demo", "summary.json", "choose another folder with --out")
CHAPTERS: tuple[Callable[[Findings], Section], ...] = (
    first.filters_section,
    first.everything_section,
    first.seventh_section,
    first.best_section,
    second.everything_section,
    second.ninth_section,
    training.training_section,
    deepest.deep_section,
    trust.trust_section,
    cards.cards_section,
    ask.ask_section,
)


@dataclass(frozen=True)
class Told:
    """A story that was written: where its page is, and the figures it states."""

    page: Path
    summary: dict[str, object]


def tell(
    net: Network, deep: Network, images: ImageSet, out: str | Path, progress: Progress, seed: int = 0, most: int = MOST
) -> Told:
    """Scan ``images`` with ``net`` (two layers) and ``deep``, and write what is found into the folder ``out``.

    Raises:
        UsageError: ``net`` has fewer than two layers to look at.
        PhospheneError: ``out`` cannot be used, or no picture can be read. Then nothing is left behind.
    """
    if len(chosen_layers(net)) < 2:
        raise UsageError("the story needs a network with two convolutions")
    chosen = images.take(most) if len(images) > most else images
    with filling(out, MAKER) as folder:
        with (
            scanned(net, chosen, folder.path(f"{net.name}.atlas"), progress) as atlas,
            scanned(deep, chosen, folder.path(f"{deep.name}.atlas"), progress) as deep_atlas,
        ):
            progress("drawing the figures")
            material = Material.of(chosen, images, atlas)
            found = find(net, deep, atlas, deep_atlas, material, seed)
            found = replace(found, cards=cards.measured(found))
            summary = summary_of(found)
            for name, content in _files(found):
                folder.put(name, content)
            cards.keep_cards(found)
            put_explorers(found, folder, progress)
        folder.finish(summary)
    return Told(folder.target / PAGE, summary)


def _files(found: Findings) -> Iterator[tuple[str, bytes]]:
    """Yield the figures' files, and the page last."""
    sections = []
    for chapter in CHAPTERS:
        section = chapter(found)
        plates = _drawn(section.plates)
        for plate in plates:
            yield from plate.files.items()
        sections.append((section, plates))
    yield PICTURE, _enlarged(found)
    yield PAGE, rendered(head_of(found), sections, PICTURE).encode()


def _drawn(plates: tuple[Plate, ...]) -> list[Drawn]:
    with ThreadPoolExecutor(2) as pool:  # writing PNGs leaves Python's lock
        return list(pool.map(drawn, plates))


def _enlarged(found: Findings) -> bytes:
    """Return the picture of whole layers as the network sees it."""
    seen = found.net.scale.to_picture(found.net.prepare(found.material.images[found.hero]))
    picture = input_pictures(seen)[0]
    times = max(1, 256 // picture.width)
    buffer = BytesIO()
    resized(picture, (picture.width * times, picture.height * times)).save(buffer, "PNG")
    return buffer.getvalue()
