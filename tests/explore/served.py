"""What the tests of the server serve, and how they ask for it: byte by byte where a client would tidy up."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.testclient import TestClient

from phosphene.errors import PhospheneError, UsageError
from phosphene.explore.app import make_app
from phosphene.explore.hosts import Hosts, hosts_of
from phosphene.explore.ports import listening
from phosphene.explore.server import Server
from phosphene.explore.uploads import Uploads

TOKEN = "the page's own"
HOST = "localhost:8760"
OWN = {"X-Phosphene-Token": TOKEN}
PATHS = (
    "index.html",
    "search.html",
    "search.js",
    "yours.html",
    "layers/relu1/index.html",
    "layers/relu1/7.html",
    "media/relu1/7.webp",
    "images/3.html",
    "over/relu1/7.html",
    "assets/explorer.css",
)
KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css",
    "webp": "image/webp",
}


@dataclass(frozen=True)
class Page:
    body: bytes
    kind: str


class Shelf:
    """Documents that say their path; it counts how often each was made."""

    def __init__(self):
        self.made = []

    def get(self, path):
        self.made.append(path)
        if path == "images/13.html":
            raise PhospheneError("the scan has not come to its end")
        if path == "images/14.html":
            raise ZeroDivisionError("a bug")
        if path not in PATHS:
            return None
        kind = KINDS[path.rpartition(".")[2]]
        return Page(f"<head><!--token--></head>{path}".encode() + b"." * 2000, kind)

    def missing(self, sentence):
        return Page(f"<p>{sentence}".encode(), "text/html; charset=utf-8")


class Echo:
    """Live answers that say what was asked; ``wait`` works until it is told to go on, or is no longer wanted."""

    def __init__(self):
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.ended = []

    def answer(self, name: str, asked: Mapping[str, str], cancelled=lambda: False):
        if name == "wait":
            return self._wait(asked, cancelled)
        if name == "broken":
            raise ZeroDivisionError("a bug")
        if name != "echo":
            raise UsageError(f"there is no answer {name!r}")
        return {"asked": dict(asked)}

    def _wait(self, asked, cancelled):
        self.begun.release()
        while not self.go_on.wait(0.005):
            if cancelled():
                self.ended.append((asked.get("n"), "cancelled"))
                raise RuntimeError("not wanted")
        self.ended.append((asked.get("n"), "done"))
        return {"n": asked.get("n")}


def app_of(documents=None, live=None, uploads=None, hosts=None, **more):
    return make_app(
        Shelf() if documents is None else documents,
        live or Echo(),
        Uploads() if uploads is None else uploads,
        TOKEN,
        hosts or Hosts(frozenset([HOST])),
        **more,
    )


def client_of(app, **headers) -> TestClient:
    return TestClient(app, base_url=f"http://{HOST}", headers=headers)


@contextmanager
def listening_to(make):
    """Yield the port of a real server; ``make`` returns its application for the names it goes by."""
    opened = listening("127.0.0.1", 0)
    port = opened.getsockname()[1]
    with Server(make(hosts_of("127.0.0.1", port)), opened):
        yield port


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self):
        return json.loads(self.body)["error"]


def ask(port, request: bytes, patience: float = 60) -> Reply:
    """Send bytes as they are, and read what comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        connection.sendall(request)
        return read(connection)


def read(connection: socket.socket) -> Reply:
    received = bytearray()
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Reply(int(first.split()[1]) if first else 0, headers, body)


def get(port, target: str | bytes, **headers) -> Reply:
    target = target.encode() if isinstance(target, str) else target
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close", **headers}
    written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return ask(port, b"GET " + target + b" HTTP/1.1\r\n" + written.encode() + b"\r\n")
