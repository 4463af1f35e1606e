"""The explorer as a plain application: an explicit list of routes, and nothing else that is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Protocol

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from phosphene.errors import PhospheneError, UsageError
from phosphene.explore.computing import Busy, Cancelled, Computing, Left
from phosphene.explore.delivery import Delivery, Documents
from phosphene.explore.gate import Gate
from phosphene.explore.guard import Guard, OwnPages
from phosphene.explore.hosts import Hosts
from phosphene.explore.replies import LIVE, sentence
from phosphene.explore.uploads import TooLarge, Uploads, received

PAGES = (
    "/",
    "/index.html",
    "/search.html",
    "/search.js",
    "/yours.html",
    "/parts.html",
    "/layers/{layer}/{file}",
    "/media/{layer}/{file}",
    "/images/{file}",
    "/over/{layer}/{file}",
    "/assets/{file}",
)
RECEIVING = 4
"""Pictures that may be on their way at the same time, 20 MB each."""
SECONDS = 60.0
"""That a picture may be on its way."""

Work = Callable[[Cancelled], Response]


class Answers(Protocol):
    """Whatever computes for pages; see `phosphene.explore.live`."""

    def answer(self, name: str, asked: Mapping[str, str], cancelled: Cancelled) -> Mapping[str, object]:
        """Return an answer for JSON; raises UsageError where it is asked wrongly."""
        ...


def make_app(
    documents: Documents,
    live: Answers,
    uploads: Uploads,
    token: str,
    hosts: Hosts,
    gate: Gate | None = None,
    computing: Computing | None = None,
) -> Starlette:
    """Return the application.

    Args:
        documents: pages and pictures by path.
        live: what computes for pages.
        uploads: where dropped pictures are kept; ``live`` reads them.
        token: what a page's scripts have to bring to have something computed.
        hosts: the names the server answers to.
        gate: whom it answers; None: everybody on this machine.
        computing: where computations wait; None: one of its own.
    """
    queue = computing or Computing()
    delivery, work = Delivery(documents, token), _Live(live, uploads, queue)
    own = [Middleware(OwnPages, token=token)]

    class Pictures(HTTPEndpoint):
        """Takes dropped pictures, and has none to give."""

        async def post(self, request: Request) -> Response:
            return await work.picture(request)

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        yield
        queue.close()

    app = Starlette(
        routes=[
            *(Route(path, delivery.page, methods=["GET"]) for path in PAGES),
            Route(f"{LIVE}pictures", Pictures, middleware=own),
            Route(f"{LIVE}{{name}}", work.answer, methods=["GET"], middleware=own),
        ],
        middleware=[Middleware(Guard, hosts=hosts, gate=gate)],
        exception_handlers=dict.fromkeys(_KNOWN, partial(_told, delivery)),
        lifespan=running,
    )
    app.router.redirect_slashes = False
    return app


class _Live:
    """The endpoints that compute."""

    def __init__(self, live: Answers, uploads: Uploads, computing: Computing) -> None:
        self._live = live
        self._uploads = uploads
        self._computing = computing
        self._receiving = 0

    async def answer(self, request: Request) -> Response:
        """Compute what a page asks for."""
        name, asked = request.path_params["name"], dict(request.query_params)
        return await self._computed(request, lambda cancelled: _json(self._live.answer(name, asked, cancelled)))

    async def picture(self, request: Request) -> Response:
        """Take a picture."""
        if self._receiving >= RECEIVING:
            raise Busy
        self._receiving += 1
        try:
            async with asyncio.timeout(SECONDS):
                body = await received(request.stream(), request.headers.get("content-length"))
        finally:
            self._receiving -= 1
        return await self._computed(request, lambda cancelled: _json(asdict(self._uploads.add(body))))

    async def _computed(self, request: Request, work: Work) -> Response:
        return await self._computing.run(work, partial(_gone, request))


def _json(answer: Mapping[str, object]) -> Response:
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def _gone(request: Request) -> None:
    """Come to an end when whoever asked has gone; for requests whose body has been read, or that have none."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


# -- what goes wrong ---------------------------------------------------------------------------------------------------

_KNOWN = (HTTPException, PhospheneError, Busy, Left, ClientDisconnect, TimeoutError)
_CLOSED = 499  # what servers note for a client that left; it is not sent


async def _told(delivery: Delivery, request: Request, error: Exception) -> Response:
    """Say in one sentence what was wrong: to scripts as JSON, to people as a page."""
    status, text, headers = _told_as(error)
    if request.scope["path"].startswith(LIVE):
        return sentence(request.scope, status, text, headers)
    page = delivery.missing(404 if status == 400 else status, text)
    page.headers.update(headers)
    return page


def _told_as(error: Exception) -> tuple[int, str, dict[str, str]]:
    match error:
        case HTTPException(status_code=405):
            return 405, "This is not asked for in that way.", dict(error.headers or {})
        case HTTPException():
            return error.status_code, "There is nothing here; start again at the network's page.", {}
        case Busy():
            return 503, "The explorer is busy with what was asked before; try again in a moment.", {"Retry-After": "2"}
        case TooLarge():
            return 413, str(error), {"Connection": "close"}
        case UsageError():
            return 400, str(error), {}
        case PhospheneError():
            return 422, str(error), {}
        case TimeoutError():
            return 408, "The picture took too long to arrive; try again.", {"Connection": "close"}
    return _CLOSED, "Nobody is there any more.", {}
