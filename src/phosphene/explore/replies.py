"""Answers that are one sentence: as JSON for scripts, as a small page for people."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

LIVE = "/live/"
"""What is under here is asked for by scripts, and answered as JSON."""


def sentence(
    scope: Scope, status: int, text: str, headers: Mapping[str, str] | None = None, more: str = ""
) -> Response:
    """Return a sentence as an answer to a request; ``more`` is markup that stands in the head of the page."""
    if scope["path"].startswith(LIVE):
        return JSONResponse({"error": text}, status, headers)
    head = f'<meta charset="utf-8"><title>Phosphene</title><link rel="icon" href="data:,">{more}'
    page = f'<!doctype html><html lang="en"><head>{head}</head>'
    return HTMLResponse(f"{page}<body><p>{escape(text)}</p></body></html>", status, headers)
