"""Ports at which programs that the tests start may listen."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, suppress
from itertools import chain


def free_ports(count: int) -> int:
    """The first of so many free ports in a row. Raises OSError where there are none.

    All lie below 32768. From there on, Linux takes ports for connections to elsewhere: on a busy
    machine one of those may be gone before a program listens at it.
    """
    start = 20_000 + os.getpid() * count % 10_000  # not where another run of the tests begins
    for port in chain(range(start, 30_000, count), range(20_000, start, count)):
        with suppress(OSError), ExitStack() as probes:
            for number in range(port, port + count):
                probes.enter_context(socket.create_server(("127.0.0.1", number)))
            return port
    raise OSError(f"there are no {count} free ports in a row")
