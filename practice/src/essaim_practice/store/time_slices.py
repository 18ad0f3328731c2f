"""What a request has to do that may take long, done piece by piece, others having their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

Toil = Generator[None, None, T]
"""Work that yields after each small piece of it, and returns what came of it."""

LONGEST = 0.005  # real seconds after which others have their turn

_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def by_turns(toil: Toil[T]) -> T:
    """Do it all, with the loop's other duties between.

    Of all that is done so one goes on at a time: twenty builds keep a request waiting as one does.
    """
    loop = asyncio.get_running_loop()
    lock = _LOCKS.setdefault(loop, asyncio.Lock())
    while True:
        async with lock:
            until = loop.time() + LONGEST
            while loop.time() < until:
                try:
                    next(toil)
                except StopIteration as end:
                    result: T = end.value
                    return result
        await asyncio.sleep(0)


async def in_turns(pieces: Iterable[T]) -> AsyncIterator[T]:
    """The pieces as they are made, with the loop's other duties between."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST
    for piece in pieces:
        yield piece
        if loop.time() >= until:
            await asyncio.sleep(0)
            until = loop.time() + LONGEST


def at_once(toil: Toil[T]) -> T:
    """Do it all, for one who has nobody else to think of."""
    while True:
        try:
            next(toil)
        except StopIteration as end:
            result: T = end.value
            return result
