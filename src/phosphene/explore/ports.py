"""A port to listen at: the one that is wanted, or the next free one."""

from __future__ import annotations

import errno
import os
import socket

from phosphene.errors import PhospheneError, UsageError

PORT = 8760
"""Wanted unless another is named."""
_TRIED = 20


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at ``port``, or at the next free one; 0 takes any.

    Raises:
        UsageError: there is no such port, or it is not for everybody to take.
        PhospheneError: this machine has no such address.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"there is no port {port}; take one from 1024 to 65535, or 0 for any that is free")
    wanted = range(port, min(port + _TRIED, 65_536)) if port else ()
    for tried in (*wanted, 0):
        if (taken := _listen(host, tried)) is not None:
            return taken
    raise PhospheneError(f"no port is free at {host}; stop another server")


def _listen(host: str, port: int) -> socket.socket | None:
    """Return None where the port is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PhospheneError(
            f"there is no address {host!r} to listen at; use 127.0.0.1, or one of this machine"
        ) from error
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(128)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise _refusal(error, host, port) from error
    return opened


def _refusal(error: OSError, host: str, port: int) -> PhospheneError:
    if error.errno == errno.EACCES:
        return UsageError(f"port {port} is not for everybody to take; use one from 1024 up")
    said = error.strerror or str(error)
    return PhospheneError(f"cannot listen at {host} ({said}); use 127.0.0.1, or an address of this machine")
