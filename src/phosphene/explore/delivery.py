"""Pages and pictures as answers: compressed, marked, and with the page's token in its place."""

from __future__ import annotations

import gzip
import hashlib
import re
from html import escape
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from phosphene.explore.paths import HOME

PLACE = b"<!--token-->"
"""Where the server puts the token into a page."""

_PACKED = re.compile(r"(^|[\s,])gzip\s*($|,|;\s*q=(1|0\.0*[1-9]))", re.IGNORECASE)
_TEXT = ("text/", "application/json", "image/svg")
_SMALL = 1000


class Document(Protocol):
    """What is at a path."""

    @property
    def body(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def kind(self) -> str:
        """Their content type."""
        ...


class Documents(Protocol):
    """Whatever has pages by path; see `phosphene.explore.documents`."""

    def get(self, path: str) -> Document | None:
        """Return what is at a path such as ``layers/relu1/7.html``; None if nothing is."""
        ...

    def missing(self, sentence: str) -> Document:
        """Return the page that says why there is nothing."""
        ...


class Delivery:
    """Answers with documents.

    Nothing is kept by a browser without asking again, as another atlas may be shown at the same address tomorrow; but
    what has not changed is not sent again, and pictures, the same as long as this server runs, are not even made again.
    """

    def __init__(self, documents: Documents, token: str) -> None:
        self._documents = documents
        self._token = token
        self._meta = f'<meta name="phosphene-token" content="{escape(token)}">'.encode()

    async def page(self, request: Request) -> Response:
        """Answer with what is at the request's path."""
        path = request.scope["path"].removeprefix("/") or HOME
        known, packed = request.headers.get("if-none-match", ""), request.headers.get("accept-encoding", "")
        return await run_in_threadpool(self._answer, path, known, _PACKED.search(packed) is not None)

    def missing(self, status: int, sentence: str) -> Response:
        """Answer with a page that says why there is nothing."""
        return self._packed(self._documents.missing(sentence), status, {"Cache-Control": "no-store"}, False)

    def _answer(self, path: str, known: str, packed: bool) -> Response:
        mark = _mark(f"{self._token} {path}".encode()) if path.startswith("media/") else None
        if mark is not None and mark in known:
            return Response(status_code=304, headers=_kept(mark))
        found = self._documents.get(path)
        if found is None:
            raise HTTPException(404)
        mark = mark or _mark(self._with_token(found))
        if mark in known:
            return Response(status_code=304, headers=_kept(mark))
        return self._packed(found, 200, _kept(mark), packed)

    def _packed(self, found: Document, status: int, headers: dict[str, str], packed: bool) -> Response:
        body = self._with_token(found)
        if found.kind.startswith(_TEXT):
            headers["Vary"] = "Accept-Encoding"
            if packed and len(body) > _SMALL:
                body = gzip.compress(body, 5, mtime=0)
                headers["Content-Encoding"] = "gzip"
        return Response(body, status, {**headers, "Content-Type": found.kind})

    def _with_token(self, found: Document) -> bytes:
        return found.body.replace(PLACE, self._meta, 1) if found.kind.startswith("text/html") else found.body


def _kept(mark: str) -> dict[str, str]:
    return {"Cache-Control": "private, no-cache", "ETag": mark}


def _mark(content: bytes) -> str:
    """Return a weak mark, as the packed and the plain body share it (RFC 9110, 8.8.1)."""
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
