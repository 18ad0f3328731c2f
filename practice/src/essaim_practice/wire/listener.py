"""Closes a listener and leaves no accepted connection unserved."""

from __future__ import annotations

import asyncio

_TURNS = 5  # of the loop, from the acceptance of a connection to its handler


async def close(listener: asyncio.Server) -> None:
    """Stop accepting, let the handlers of accepted connections begin, then close.

    asyncio drops a connection whose handler has not begun when its server closes, and never closes
    its socket. (Python 3.11 to 3.13 at least.)
    """
    loop = asyncio.get_running_loop()
    for socket in listener.sockets:
        loop.remove_reader(socket.fileno())
    try:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
    finally:
        listener.close()
