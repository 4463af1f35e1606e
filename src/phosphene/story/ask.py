"""The last chapter: the atlases, and how to ask them."""

from __future__ import annotations

from phosphene.atlas.reading import Atlas
from phosphene.story.choice import drawn_units
from phosphene.story.findings import Findings
from phosphene.story.section import Section

LARGEST_COPY = 224  # pixels of the longest side; of larger pictures an atlas holds smaller copies
DARKEST = "SELECT layer, unit, share FROM driven_by WHERE cause = 'darkness' ORDER BY share DESC LIMIT 5"


def ask_section(found: Findings) -> Section:
    """Name the files that hold every figure above, and what to type."""
    atlases = found.atlas, found.deep_atlas
    said = (
        "What the networks said to all these pictures is kept in two files beside this page: of every unit its "
        "strongest and typical pictures, its statistics, the units that go with it and what plainly visible things "
        "explain. Ask them in SQL, draw any unit as in figure 2, or write pages for all of them:"
    )
    commands = f'phosphene query {found.atlas.path.name} "{DARKEST}"', _top(found), _export(found.deep_atlas)
    return Section("ask", "Ask for more", (said,), commands=commands, files=tuple(each.path.name for each in atlases))


def _top(found: Findings) -> str:
    atlas, net = found.deep_atlas, found.deep.name
    layer, peaks = list(found.deep_peaks.items())[-1]
    unit = drawn_units(peaks, 1, found.seed) or [0]
    images = " --images PICTURES" if _reduced(atlas) else ""
    return f"phosphene top {atlas.path.name} {layer}:{unit[0]} --network {net}{images} --out top.png"


def _export(atlas: Atlas) -> str:
    return f"phosphene export {atlas.path.name} pages{' --images PICTURES' if _reduced(atlas) else ''}"


def _reduced(atlas: Atlas) -> bool:
    """Whether the atlas holds pictures only smaller than they are."""
    return bool(atlas.query(f"SELECT max(max(width, height)) > {LARGEST_COPY} FROM images").rows[0][0])
