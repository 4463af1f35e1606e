"""``phosphene export``: the pages of an atlas as files, or its tables for other tools."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phosphene.cli.atlas import AtlasFile
from phosphene.cli.common import AsJson, Device, DeviceName, answer, say, warnings_said
from phosphene.cli.network_options import Weights
from phosphene.cli.quick import importing, let_waiting_threads_sleep
from phosphene.cli.steps import Steps
from phosphene.errors import UsageError

if TYPE_CHECKING:
    from phosphene.atlas.reading import Atlas
    from phosphene.explore.export import Exported


def export(
    atlas: AtlasFile,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="The folder for the pages; new, empty, or an earlier export's."),
    ] = None,
    network: Annotated[
        str | None, typer.Option("--network", help="The network that was scanned, if it is no bundled one.")
    ] = None,
    weights: Weights = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="The images that were scanned; needed where the atlas keeps small copies only."),
    ] = None,
    units: Annotated[
        int | None, typer.Option("--units", min=1, help="Of each layer the first so many units; otherwise all.")
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help="Each unit as SVG too, for papers; most of the room.")
    ] = True,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", metavar="DIR", help="Write each table there as TABLE.parquet; needs an extra."),
    ] = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Write the pages of an atlas as files: they open without a server, and can be put on any.

    With the network each unit's projections are among them. With --parquet the tables are written, as other tools
    read them.
    """
    let_waiting_threads_sleep()
    with importing():
        from phosphene.atlas.export import export_parquet
        from phosphene.atlas.reading import open_atlas

    if folder is None and parquet is None:
        raise UsageError(f"say where to: phosphene export {atlas} DIR, or --parquet DIR for the tables")
    lines: list[str] = []
    data: dict[str, object] = {}
    with open_atlas(atlas) as opened, warnings_said():
        if folder is not None:
            found = _pages(opened, folder, Given(network, weights, images, device.value), units, figures)
            lines += _said(found)
            data |= {"page": found.page, "units": found.units, "total": found.total, "kinds": found.kinds}
            data["without"] = found.without or None
        if parquet is not None:
            tables = export_parquet(opened, parquet)
            lines += [f"{each.file}  {each.rows:,} rows" for each in tables]
            data["files"] = tables
    answer("\n".join(lines), data, as_json)


@dataclass(frozen=True)
class Given:
    """What the user gave beside the atlas."""

    network: str | None
    weights: str | None
    images: list[str] | None
    device: str


def _pages(atlas: Atlas, folder: Path, given: Given, units: int | None, figures: bool) -> Exported:
    from phosphene.explore.export import export as write
    from phosphene.explore.export import projecting
    from phosphene.explore.scanned_network import scanned_network
    from phosphene.explore.site import Site
    from phosphene.memory import keep_freed_memory
    from phosphene.sources.images import images as open_images

    keep_freed_memory()
    net, without = scanned_network(atlas, given.network, given.weights, given.device)
    spec = given.images if given.images is None or len(given.images) > 1 else given.images[0]
    pictures = None if spec is None else open_images(spec)
    site = projecting(Site(atlas, net, pictures, without, units, drawn=figures))
    if site.without:
        say(f"note: {site.without}")
    return write(site, folder, Steps())


def _said(found: Exported) -> list[str]:
    kinds = ", ".join(f"{name} {_megabytes(size.bytes)}" for name, size in found.kinds.items() if size.files)
    total = f"{found.units:,} units, {found.total.files:,} files, {_megabytes(found.total.bytes)}"
    return [f"Open {found.page}", f"{total}: {kinds}"]


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 50_000 else f"{count / 1e3:.0f} kB"
