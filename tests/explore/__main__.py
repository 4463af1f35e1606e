"""A server in a process of its own, so that its memory can be measured: prints its port, runs until killed."""

import sys

from phosphene.explore.hosts import hosts_of
from phosphene.explore.ports import listening
from phosphene.explore.server import Server
from tests.explore.served import app_of

if __name__ == "__main__":
    opened = listening("127.0.0.1", 0)
    port = opened.getsockname()[1]
    with Server(app_of(hosts=hosts_of("127.0.0.1", port)), opened) as server:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        server.wait()
