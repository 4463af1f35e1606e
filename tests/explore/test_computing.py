"""One computation at a time, few waiting, none for somebody who has gone: here, and over a real connection."""

import asyncio
import socket
import threading
import time

import pytest

from phosphene.explore.computing import Busy, Computing, Left
from tests.explore.served import OWN, TOKEN, Echo, app_of, get, listening_to, read


async def forever():
    await asyncio.Event().wait()


def run(scenario):
    asyncio.run(asyncio.wait_for(scenario, 60))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.002)


def test_a_result_and_an_error_come_back():
    async def scenario():
        computing = Computing()
        assert await computing.run(lambda cancelled: 7, forever) == 7
        with pytest.raises(ZeroDivisionError):
            await computing.run(lambda cancelled: 1 // 0, forever)
        computing.close()

    run(scenario())


def test_one_at_a_time_in_turn_and_in_one_thread():
    running, most, order, threads = 0, 0, [], set()

    def work(number):
        def compute(cancelled):
            nonlocal running, most
            running += 1
            most = max(most, running)
            time.sleep(0.003)
            threads.add(threading.get_ident())
            order.append(number)
            running -= 1

        return compute

    async def scenario():
        computing = Computing(20)
        await asyncio.gather(*(computing.run(work(number), forever) for number in range(20)))

    run(scenario())
    assert (most, order, len(threads)) == (1, list(range(20)), 1)
    assert threads != {threading.get_ident()}


def test_as_many_wait_as_may_and_no_more():
    async def scenario():
        computing, go_on = Computing(waiting=2), threading.Event()
        asked = [asyncio.create_task(computing.run(lambda cancelled: go_on.wait(10), forever)) for _ in range(3)]
        await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await computing.run(lambda cancelled: 7, forever)
        go_on.set()
        assert await asyncio.gather(*asked) == [True] * 3
        assert await computing.run(lambda cancelled: 7, forever) == 7

    run(scenario())


def test_who_leaves_while_waiting_is_never_computed_for():
    async def scenario():
        computing, go_on, leaves, computed = Computing(waiting=1), threading.Event(), asyncio.Event(), []
        first = asyncio.create_task(computing.run(lambda cancelled: go_on.wait(10), forever))
        second = asyncio.create_task(computing.run(lambda cancelled: computed.append(1), leaves.wait))
        await asyncio.sleep(0.01)
        leaves.set()
        with pytest.raises(Left):
            await second
        third = asyncio.create_task(computing.run(lambda cancelled: 3, forever))  # the place is free again
        await asyncio.sleep(0.01)
        assert not third.done()
        go_on.set()
        assert (await first, await third, computed) == (True, 3, [])

    run(scenario())


@pytest.mark.parametrize("how", ["leaves", "is cancelled"])
def test_who_leaves_while_it_runs_has_it_stopped(how):
    async def scenario():
        computing, leaves, seen = Computing(waiting=0), asyncio.Event(), []

        def compute(cancelled):
            seen.append("begun")
            while not cancelled():
                time.sleep(0.002)
            seen.append("stopped")
            raise RuntimeError("not wanted")

        task = asyncio.create_task(computing.run(compute, leaves.wait))
        await until(lambda: seen)
        if how == "leaves":
            leaves.set()
        else:
            task.cancel()
        with pytest.raises((Left, asyncio.CancelledError)):
            await task
        await until(lambda: len(seen) == 2)
        assert await asyncio.wait_for(_when_free(computing), 30) == 7

    run(scenario())


async def _when_free(computing):
    while True:
        try:
            return await computing.run(lambda cancelled: 7, forever)
        except Busy:
            await asyncio.sleep(0.002)


def test_closing_drops_what_waits():
    async def scenario():
        computing, go_on, computed = Computing(), threading.Event(), []
        first = asyncio.create_task(computing.run(lambda cancelled: go_on.wait(10), forever))
        second = asyncio.create_task(computing.run(lambda cancelled: computed.append(1), forever))
        await asyncio.sleep(0.01)
        computing.close()
        go_on.set()
        assert await first
        with pytest.raises((Left, asyncio.CancelledError)):
            await second
        assert not computed

    run(scenario())


# -- over a connection ------------------------------------------------------------------------------------------------


def asked(port, number):
    """Return a connection on which something is asked for and not yet answered."""
    connection = socket.create_connection(("127.0.0.1", port), 60)
    lines = (f"GET /live/wait?n={number} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"X-Phosphene-Token: {TOKEN}")
    connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    return connection


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def full(computing):
    return computing._free._value == 0


@pytest.mark.slow
def test_a_client_that_leaves_stops_its_computation_and_its_place_in_the_queue_is_free():
    live = Echo()
    computing = Computing(waiting=2)
    with listening_to(lambda hosts: app_of(live=live, hosts=hosts, computing=computing)) as port:
        first, second = asked(port, 1), asked(port, 2)
        assert live.begun.acquire(timeout=60)
        third = asked(port, 3)
        wait_for(lambda: full(computing))
        assert get(port, "/live/echo", **OWN).status == 503
        second.close()
        first.close()
        assert live.begun.acquire(timeout=60)
        wait_for(lambda: live.ended == [("1", "cancelled")])
        live.go_on.set()
        assert read(third).body == b'{"n":"3"}'
        third.close()
        assert live.ended == [("1", "cancelled"), ("3", "done")]


@pytest.mark.slow
def test_a_full_queue_says_so_and_pages_go_on():
    live = Echo()
    computing = Computing(waiting=3)
    with listening_to(lambda hosts: app_of(live=live, hosts=hosts, computing=computing)) as port:
        waiting = [asked(port, number) for number in range(4)]
        wait_for(lambda: full(computing))
        refused = get(port, "/live/wait", **OWN)
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        assert "busy" in refused.error
        assert get(port, "/index.html").status == 200
        live.go_on.set()
        assert sorted(read(connection).body for connection in waiting) == [b'{"n":"%d"}' % n for n in range(4)]
        for connection in waiting:
            connection.close()
        assert get(port, "/live/echo", **OWN).status == 200


@pytest.mark.slow
def test_the_server_ends_while_something_is_computed():
    live = Echo()
    with listening_to(lambda hosts: app_of(live=live, hosts=hosts)) as port:
        connections = [asked(port, number) for number in range(3)]
        assert live.begun.acquire(timeout=60)
        begun = time.monotonic()
    assert time.monotonic() - begun < 15
    wait_for(lambda: live.ended == [("0", "cancelled")])
    for connection in connections:
        connection.close()
