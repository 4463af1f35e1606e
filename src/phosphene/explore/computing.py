"""Computations for pages: one at a time, few waiting, and none for somebody who has gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

Cancelled = Callable[[], bool]
"""Tells whether a computation is no longer wanted; it should be asked between two pieces of work."""

WAITING = 8
"""Computations that may wait for the one that runs."""


class Busy(Exception):  # noqa: N818
    """As many computations wait already as may."""


class Left(Exception):  # noqa: N818
    """Whoever asked has gone."""


class Computing:
    """Runs computations in one thread of its own: PyTorch keeps helpers for each thread that computes.

    Args:
        waiting: how many may wait.
    """

    def __init__(self, waiting: int = WAITING) -> None:
        self._thread = ThreadPoolExecutor(1, "phosphene-computing")
        self._free = threading.BoundedSemaphore(waiting + 1)

    async def run(self, work: Callable[[Cancelled], T], gone: Callable[[], Coroutine[object, object, object]]) -> T:
        """Return what ``work`` returns, when its turn has come.

        Args:
            work: is given a function that tells whether it is still wanted.
            gone: waits until whoever asked has gone: then work that waits is dropped, and work that runs is told; its
                place is free when it has stopped.

        Raises:
            Busy: too many wait already.
            Left: whoever asked has gone.
        """
        if not self._free.acquire(blocking=False):
            raise Busy
        unwanted = threading.Event()
        begun: Future[T] = self._thread.submit(work, unwanted.is_set)
        begun.add_done_callback(lambda _: self._free.release())
        answer, leaving = asyncio.wrap_future(begun), asyncio.create_task(gone())
        try:
            await asyncio.wait((answer, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise Left
            return answer.result()
        finally:
            unwanted.set()
            answer.cancel()
            leaving.cancel()

    def close(self) -> None:
        """Drop what waits; what runs was told by those who asked for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)
