"""``phosphene explore``: the pages of an atlas, for the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from phosphene.cli.atlas import AtlasFile
from phosphene.cli.common import AsJson, Device, DeviceName, answer, say
from phosphene.cli.network_options import Weights
from phosphene.cli.quick import importing, let_waiting_threads_sleep
from phosphene.explore.ports import PORT

_TOKEN = "PHOSPHENE_TOKEN"


def explore(
    atlas: AtlasFile,
    network: Annotated[
        str | None, typer.Option("--network", help="The network that was scanned, if it is no bundled one.")
    ] = None,
    weights: Weights = None,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="The images that were scanned; needed where the atlas keeps small copies only."),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Where to listen; the next free one, if it is taken.")] = PORT,
    host: Annotated[
        str, typer.Option("--host", help="An address of this machine; others than this one need a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            "--token", envvar=_TOKEN, help="Let in only who comes by the link that has it; 12 letters or more."
        ),
    ] = None,
    show: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the browser; where there is one, unless told.")
    ] = None,
    device: Device = DeviceName.auto,
    as_json: AsJson = False,
) -> None:
    """Look at an atlas in the browser: a page for every unit.

    And your own pictures, if the network's weights are at hand; the rest works without. Prints the link; Ctrl-C ends
    it. The pages are for this machine alone, and ask nothing of any other; from afar, ssh -L 8760:localhost:8760 brings
    them.
    """
    let_waiting_threads_sleep()
    with importing():
        from phosphene.atlas.reading import open_atlas
        from phosphene.explore.scanned_network import scanned_network
        from phosphene.explore.serve import serve
        from phosphene.explore.site import Site
        from phosphene.sources.images import images as open_images

    with open_atlas(atlas) as opened:
        net, without = scanned_network(opened, network, weights, device.value)
        given = open_images(images if len(images) > 1 else images[0]) if images else None
        with serve(Site(opened, net, given, without), host, port, token, show) as explorer:
            if without:
                say(f"note: {without}")
            if explorer.port != port != 0:
                say(f"note: port {port} is taken")
            try:
                answer(explorer.url, {"url": explorer.url}, as_json)
                explorer.wait()
            except KeyboardInterrupt:
                say("stopped")
