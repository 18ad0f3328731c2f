"""Long work of a request, cut into time slices so that other requests are served in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable
from typing import TypeVar

from essaim_practice.store.turns import SLICE

T = TypeVar("T")

Sliced = Generator[None, None, T]
"""Work that yields after each small piece, and returns its result at the end."""


def finished(work: Sliced[T]) -> T:
    """The result of work that is done at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_sliced(work: Sliced[T]) -> T:
    """Do all of the work, a slice at a time; the clusters have their turns in between."""
    loop = asyncio.get_running_loop()
    while True:
        until = loop.time() + SLICE
        while loop.time() < until:
            try:
                next(work)
            except StopIteration as end:
                result: T = end.value
                return result
        await asyncio.sleep(0)


async def iterate_sliced(pieces: Iterable[T]) -> AsyncIterator[T]:
    """Yield the pieces as they are made; the clusters have their turns between two slices."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SLICE
    for piece in pieces:
        yield piece
        if loop.time() >= until:
            await asyncio.sleep(0)
            until = loop.time() + SLICE
