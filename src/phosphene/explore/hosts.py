"""The names that a server answers to.

A page of a stranger's can have its own name lead to 127.0.0.1 (DNS rebinding) and then read what is served there.
The browser still says in `Host` which name was asked for, so whoever asks for another name gets nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address


@dataclass(frozen=True)
class Hosts:
    """What may stand in a request's `Host`.

    Attributes:
        names: with their port, such as ``localhost:8760`` or ``[::1]:8760``, in lower case.
        arrival: whether the address at which a request arrived is one too: for servers at all of a machine's addresses.
    """

    names: frozenset[str]
    arrival: bool = False

    def own(self, host: str, server: tuple[str, int | None] | None) -> bool:
        """Tell whether a `Host` is this server's; ``server`` is the address at which the request arrived."""
        if host.lower() in self.names:
            return True
        return self.arrival and server is not None and host.lower() in _with_port(server[0], server[1] or 0)


def hosts_of(host: str, port: int) -> Hosts:
    """Return the names of a server that listens at ``host``."""
    names = ["127.0.0.1", "localhost", "::1"]
    if not is_loopback(host):
        names += [socket.gethostname(), f"{socket.gethostname()}.local"]
    if not is_everywhere(host):
        names.append(host)
    return Hosts(frozenset(each for name in names for each in _with_port(name, port)), is_everywhere(host))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server at ``host``."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def is_everywhere(host: str) -> bool:
    """Tell whether ``host`` stands for all addresses of this machine."""
    address = _address(host)
    return address is not None and address.is_unspecified


def link(host: str, port: int) -> str:
    """Return the address of the first page, for people to open."""
    shown = _outward(host) if is_everywhere(host) else host
    return f"http://{_bracketed(shown)}:{port}/"


def _with_port(name: str, port: int) -> set[str]:
    """Return how browsers write a name in `Host`: without the port if it is that of HTTP."""
    shown = _bracketed(name).lower()
    return {f"{shown}:{port}", *({shown} if port == 80 else ())}


def _bracketed(name: str) -> str:
    address = _address(name)
    if isinstance(address, IPv6Address):
        return f"[{address.compressed}]" if address.ipv4_mapped is None else str(address.ipv4_mapped)
    return name


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _outward(host: str) -> str:
    """Return the address by which other machines are reached; nothing is sent for that."""
    family, elsewhere = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))  # of a datagram socket: only looks up the route
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()
