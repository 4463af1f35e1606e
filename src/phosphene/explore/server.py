"""An application behind a socket, in a thread of its own, so that a notebook or a command goes on."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from phosphene.errors import PhospheneError

_CONNECTIONS = 256
_TICK = 0.5


class Server:
    """Runs from the moment it is made until `stop`, or the end of the process; a context manager."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        settings = uvicorn.Config(
            app,
            http="h11",
            loop="asyncio",
            ws="none",
            log_config=None,
            log_level="critical",  # the application says itself what went wrong
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="phosphene", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise PhospheneError("the server did not start; run it again with another --port")
            time.sleep(0.005)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait(self) -> None:
        """Return when it has ended; Ctrl-C raises KeyboardInterrupt, as everywhere."""
        while self._thread.is_alive():
            self._thread.join(_TICK)

    def stop(self) -> None:
        """End it: what is being answered has a second to come to its end."""
        self._server.should_exit = True
        self.wait()
