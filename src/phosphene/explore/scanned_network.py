"""The network that an atlas is of: named by the user, or one that comes along."""

from __future__ import annotations

from phosphene import bundled
from phosphene.atlas.reading import Atlas
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.scan.identity import same_network
from phosphene.sources.networks import load


def scanned_network(
    atlas: Atlas, name: str | None = None, weights: str | None = None, device: str = "cpu"
) -> tuple[Network | None, str]:
    """Return the network, or None and in one sentence why there is none.

    Args:
        atlas: what it was scanned into.
        name: what `load` takes. None: the one that the atlas names if weights are given or it is a bundled one; an
            atlas is a stranger's, and nothing else is loaded for its word.
        weights: as in `load`.
        device: as in `load`.

    Raises:
        UsageError: what was named is no network, or another than was scanned.
    """
    scanned = atlas.manifest.network
    if name is not None or weights is not None:
        channels, height, width = atlas.manifest.input_size
        net = load(name or scanned, weights, input_size=(channels, height, width), device=device)
        same_network(net, atlas.manifest)
        return net, ""
    if scanned not in bundled.names():
        return (
            None,
            f"{scanned} is not loaded, so nothing new is computed; start with --network {scanned} --weights FILE",
        )
    net = load(scanned, device=device)
    try:
        same_network(net, atlas.manifest)
    except UsageError:
        return None, f"the atlas is of {scanned} with other weights than the bundled ones; start with --weights FILE"
    return net, ""
