"""Who may see an explorer that other machines can reach: those who came by its whole link once."""

from __future__ import annotations

import hmac
from hashlib import sha256
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import Response
from starlette.types import Scope

from phosphene.errors import UsageError
from phosphene.explore.replies import sentence

SHORTEST = 12
"""Letters that a token has at least: it is tried over the network."""


class Gate:
    """Lets in who brings the token, or the cookie that is given for it.

    Args:
        token: what the link has as ``?token=``.

    Raises:
        UsageError: it is too short.
    """

    def __init__(self, token: str) -> None:
        if len(token) < SHORTEST:
            raise UsageError(
                f"the token has {len(token)} letters; give at least {SHORTEST}, and none that can be guessed"
            )
        self._token = token
        self._cookie = hmac.new(token.encode(), b"cookie", sha256).hexdigest()
        # Browsers send a cookie to every port of a machine, so explorers with other tokens have others beside it.
        self._name = f"phosphene-{hmac.new(token.encode(), b'name', sha256).hexdigest()[:12]}"

    def stop(self, scope: Scope) -> Response | None:
        """Return what a request gets instead of an answer; None lets it in."""
        asked = parse_qsl(scope["query_string"].decode("latin-1"))
        brought = dict(asked).get("token")
        if brought is not None and scope["method"] in ("GET", "HEAD"):
            if same(brought, self._token):
                return self._first_visit(scope, [each for each in asked if each[0] != "token"])
            return _refused(scope)
        return None if same(self._kept(scope), self._cookie) else _refused(scope)

    def _kept(self, scope: Scope) -> str:
        brought = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
        try:
            cookies = SimpleCookie("; ".join(brought))
        except CookieError:
            return ""
        return cookies[self._name].value if self._name in cookies else ""

    def _first_visit(self, scope: Scope, asked: list[tuple[str, str]]) -> Response:
        """Give the cookie, and lead on to the address without the token.

        By a page, not by a redirect: where a link in another site's page was followed, browsers keep a strict cookie
        back along all redirects.
        """
        on = "/" + quote(scope["path"].lstrip("/")) + ("?" + urlencode(asked) if asked else "")
        refresh = f'<meta http-equiv="refresh" content="0; url={escape(on)}">'
        reply = sentence(scope, 200, "One moment.", {"Cache-Control": "no-store"}, refresh)
        reply.set_cookie(self._name, self._cookie, httponly=True, samesite="strict", path="/")
        return reply


def same(one: str, other: str) -> bool:
    """Compare secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _refused(scope: Scope) -> Response:
    return sentence(scope, 403, "This explorer opens by its whole link, with ?token= at its end; ask who started it.")
