"""The whole of a gallery: one pass over the photographs, then a picture after the other."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from phosphene.draw.sheet import Sheet
from phosphene.errors import PhospheneError
from phosphene.files import writing
from phosphene.network import Network, Unit
from phosphene.project.patches import patches_of
from phosphene.scan.run import Finishing, scan
from phosphene.scan.run import Progress as Scanning
from phosphene.sources.images import ImageSet
from phosphene.story.material import Material
from phosphene.story.peaks import Peaks
from phosphene.story.scanned import Progress
from scripts.gallery.alike import Alike, alike
from scripts.gallery.places import Place, Way, place_of
from scripts.gallery.sheets import figure_2, neighbours_sheet, ways_sheet
from scripts.gallery.units import Nine, chosen_units, nine, shown_units

SEED = 1  # of every draw by lot
QUALITY = 85

POSITIONS = (Way(),)
UNPOOLS = (Way("by switches"), Way("by fill", unpool="fill"))
RULES = (Way("deconvnet"), Way("guided", "guided"), Way("gradient", "gradient"))


def make(net: Network, images: ImageSet, layers: Sequence[str], out: Path, progress: Progress) -> list[Alike]:
    """Write all pictures into a folder; returns what was measured of each layer."""
    with TemporaryDirectory() as folder:
        material, peaks = look(net, images, layers, Path(folder) / "photographs.atlas", progress)
    measured = []
    for layer in layers:
        progress(f"figure 2 of {layer}")
        found = nines(net, layer, peaks[layer], material)
        save(figure_2(net, layer, peaks[layer], found), out / f"gallery-{layer.removesuffix('.cat').replace('.', '-')}")
        progress(f"measuring {layer}")
        measured.append(alike(net, layer, peaks[layer], found, material, SEED))
    progress("setting ways beside each other")
    compare(net, material, heroes(net, peaks), out)
    return measured


def look(
    net: Network, images: ImageSet, layers: Sequence[str], path: Path, progress: Progress
) -> tuple[Material, dict[str, Peaks]]:
    """Scan all photographs into an atlas at ``path``; returns them, and the peaks of every layer on every one."""

    def tell(event: Scanning | Finishing) -> None:
        if isinstance(event, Scanning):
            progress(f"showing {images.name} to {net.name}", event.done, event.total)

    with scan(net, images, path, layers, sample=len(images), keep_images=False, tell=tell) as atlas:
        if not atlas.progress.scanned:
            raise PhospheneError(f"none of the {len(images)} pictures of {images.name} can be read; give another set")
        return Material.of(images, images, atlas), {layer: Peaks.of(atlas, layer) for layer in layers}


def nines(net: Network, layer: str, peaks: Peaks, material: Material) -> list[Nine]:
    """Return the units of a layer that are shown, with their strongest photographs where they answer."""
    found = []
    for chosen in shown_units(peaks, SEED):
        rows = [row for row in nine(peaks, chosen.unit) if peaks.value[row, chosen.unit] > 0]
        pictures = material.pictures(peaks.image[rows].tolist())
        found.append(Nine(chosen, patches_of(net, Unit(layer, chosen.unit), pictures)))
    return found


def heroes(net: Network, peaks: dict[str, Peaks]) -> list[Place]:
    """Return, for each layer that has one, the first chosen unit's peak in its strongest photograph."""
    first = {layer: chosen_units(each, 1) for layer, each in peaks.items()}
    return [
        place_of(net, layer, peaks[layer], nine(peaks[layer], chosen.unit)[0], chosen.unit)
        for layer, units in first.items()
        for chosen in units
    ]


def compare(net: Network, material: Material, places: Sequence[Place], out: Path) -> None:
    """Write the sheets that set ways, and units, beside each other."""
    sheets = {
        "positions": ways_sheet(net, material, places, POSITIONS, "the whole map and its peak alone"),
        "unpools": ways_sheet(net, material, places, UNPOOLS, "un-pooled by switches and by fill"),
        "rules": ways_sheet(net, material, places, RULES, "three rules"),
        "neighbours": neighbours_sheet(net, material, places, SEED),
    }
    for name, sheet in sheets.items():
        save(sheet, out / f"gallery-{name}")


def save(sheet: Sheet, stem: Path) -> Path:
    """Write a sheet as JPEG or as PNG, whichever is smaller; returns the file. One of the other kind goes."""
    jpeg = BytesIO()
    sheet.image().save(jpeg, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    contents = {".jpg": jpeg.getvalue(), ".png": sheet.encoded(".png")}
    kind = min(contents, key=lambda ending: len(contents[ending]))
    for ending in contents:
        stem.with_name(stem.name + ending).unlink(missing_ok=True)
    path = stem.with_name(stem.name + kind)
    with writing(path) as beside:
        beside.write_bytes(contents[kind])
    return path
