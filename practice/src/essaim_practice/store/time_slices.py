"""Long work of a request, cut into time slices so that other requests are served in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

Sliced = Generator[None, None, T]
"""Work that yields after each small piece, and returns its result at the end."""

LONGEST = 0.005  # real seconds of one slice

_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def finished(work: Sliced[T]) -> T:
    """The result of work that is done at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_sliced(work: Sliced[T]) -> T:
    """Do all of the work, a slice at a time; the loop does its other duties in between.

    Only one such work has a slice at a time, so twenty builds delay a request no longer than one.
    """
    loop = asyncio.get_running_loop()
    lock = _LOCKS.setdefault(loop, asyncio.Lock())
    while True:
        async with lock:
            until = loop.time() + LONGEST
            while loop.time() < until:
                try:
                    next(work)
                except StopIteration as end:
                    result: T = end.value
                    return result
        await asyncio.sleep(0)


async def iterate_sliced(pieces: Iterable[T]) -> AsyncIterator[T]:
    """Yield the pieces as they are made; the loop does its other duties between two slices."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST
    for piece in pieces:
        yield piece
        if loop.time() >= until:
            await asyncio.sleep(0)
            until = loop.time() + LONGEST
