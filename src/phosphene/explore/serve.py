"""`explore`: the pages of an atlas, for the browser."""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import quote

from phosphene.atlas.reading import Atlas
from phosphene.errors import UsageError
from phosphene.evidence.pictures import image_set
from phosphene.explore import browser
from phosphene.explore.app import make_app
from phosphene.explore.documents import Documents
from phosphene.explore.gate import Gate
from phosphene.explore.hosts import hosts_of, is_loopback, link
from phosphene.explore.live import Live
from phosphene.explore.ports import PORT, listening
from phosphene.explore.scanned_network import scanned_network
from phosphene.explore.server import Server
from phosphene.explore.site import Site
from phosphene.explore.uploads import Uploads
from phosphene.network import Network
from phosphene.scan.identity import same_network

LOOPBACK = "127.0.0.1"


class Explorer(Server):
    """A running explorer, a context manager; in a notebook it shows its link. In a script, go on with ``.wait()``.

    Attributes:
        url: the link to its first page.
        port: where it listens: another than was wanted if that is taken.
        site: what it shows.
    """

    def __init__(self, site: Site, host: str = LOOPBACK, port: int = PORT, token: str | None = None) -> None:
        gate = _gate(host, token)
        self.site = site
        opened = listening(host, port)
        self.port = int(opened.getsockname()[1])
        self.url = link(host, self.port) + (f"?token={quote(token, safe='')}" if token else "")
        uploads = Uploads()
        app = make_app(
            Documents(site),
            Live(site, uploads),
            uploads,
            secrets.token_urlsafe(24),
            hosts_of(host, self.port),
            gate,
        )
        super().__init__(app, opened)

    def __repr__(self) -> str:
        return f"Explorer({self.url!r})"

    def _repr_html_(self) -> str:
        return f'<a href="{escape(self.url)}" target="_blank" rel="noopener">{escape(self.url)}</a>'


def explore(
    atlas: Atlas,
    net: Network | None = None,
    images: object = None,
    *,
    host: str = LOOPBACK,
    port: int = PORT,
    token: str | None = None,
    show: bool | None = None,
) -> Explorer:
    """Serve the pages of a scan from a thread of this process, and open them in the browser.

    Args:
        atlas: the scan.
        net: the network that was scanned, for what is computed live. None: the bundled one, if the atlas is of it.
        images: the image set that was scanned, or what `images` takes; None for the atlas's own copies.
        host: where to listen. The usual is reached from this machine only; anything else needs a ``token``.
        port: where to listen; the next free one is taken if it is not free.
        token: who has not come by a link with ``?token=`` is refused.
        show: whether to open the browser; None: where there is one.

    Raises:
        UsageError: another network than was scanned; a host that other machines reach, and no token, or a short one.
        PhospheneError: this machine has no such address.
    """
    if net is None:
        net, without = scanned_network(atlas)
    else:
        same_network(net, atlas.manifest)
        without = ""
    return serve(Site(atlas, net, image_set(images), without), host, port, token, show)


def serve(site: Site, host: str, port: int, token: str | None, show: bool | None) -> Explorer:
    """Serve a site; see `explore`."""
    explorer = Explorer(site, host, port, token)
    if browser.is_there() if show is None else show:
        browser.show(explorer.url)
    return explorer


def _gate(host: str, token: str | None) -> Gate | None:
    if token:
        return Gate(token)
    if is_loopback(host):
        return None
    raise UsageError(
        f"other machines can reach {host}, so a token is needed; add one to type with it, such as "
        f"--token {secrets.token_urlsafe(12)}"
    )
