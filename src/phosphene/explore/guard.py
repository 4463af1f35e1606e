"""What every request has to pass, and what every answer says to the browser."""

from __future__ import annotations

import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phosphene.explore.gate import Gate, same
from phosphene.explore.hosts import Hosts
from phosphene.explore.replies import sentence

LOG = logging.getLogger(__name__)

TOKEN = "X-Phosphene-Token"
"""The header in which our own pages' scripts send the page's token."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Answers only to its own names, and to those whom the gate lets in; sets the headers of every answer."""

    def __init__(self, app: ASGIApp, hosts: Hosts, gate: Gate | None = None) -> None:
        self._app = app
        self._hosts = hosts
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._stranger(scope) or self._stopped(scope) or self._app
        begun, sending = False, _with_headers(send)

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await sending(message)

        try:
            await answer(scope, receive, noting)
        except Exception as error:
            LOG.exception("%s %s", scope["method"], scope["path"])
            if begun:
                raise
            await sentence(scope, 500, f"This should not have happened ({type(error).__name__}).")(
                scope, receive, sending
            )

    def _stopped(self, scope: Scope) -> Response | None:
        return None if self._gate is None else self._gate.stop(scope)

    def _stranger(self, scope: Scope) -> Response | None:
        named = Headers(scope=scope).getlist("host")
        if len(named) != 1:
            return sentence(scope, 400, "The request does not name one host.")
        if self._hosts.own(named[0], scope.get("server")):
            return None
        return sentence(
            scope, 403, "This explorer does not go by that name; open the link that it printed, with the same port."
        )


class OwnPages:
    """Answers only to scripts of this server's own pages: they know the page's token, and come from nowhere else.

    Browsers let no other site read a page, nor send this header with a request, nor change what says where the request
    comes from. What is no browser needs the token only.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        headers = Headers(scope=scope)
        if not same(headers.get(TOKEN, ""), self._token):
            await sentence(scope, 403, "The page is of an earlier start; load it again.")(scope, receive, send)
        elif not _same_origin(headers):
            await sentence(scope, 403, "Only the explorer's own pages may ask for this.")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _same_origin(headers: Headers) -> bool:
    origin, site = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    return origin in ([], [f"http://{headers.get('host')}"]) and site in ([], ["same-origin"])


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
