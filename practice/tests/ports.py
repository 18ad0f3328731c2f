"""Ports: those at which programs that the tests start may listen, and whether one answers."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import cycle

#: All lie below 32768. From there on, Linux takes ports for connections to elsewhere: on a busy
#: machine one of those may be gone before a program listens at it.
_FIRST, _COUNT = 20_000, 10_000
#: Not where another run of the tests begins, nor another process of this one.
_OFFSET = (os.getpid() * 7 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) * 1000) % _COUNT
_candidates: Iterator[int] = cycle(_FIRST + (_OFFSET + each) % _COUNT for each in range(_COUNT))


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, which no call before was given.

    Raises OSError where there are none.
    """
    for _ in range(_COUNT):
        ports = [next(_candidates) for _ in range(count)]
        with suppress(OSError), ExitStack() as probes:
            for port in range(ports[0], ports[0] + count):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
            return ports[0]
    raise OSError(f"there are no {count} free ports in a row")


def answers(host: str, port: int, timeout: float = 5) -> bool:
    """Whether a page is there. timeout: seconds for each step of the connection."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
