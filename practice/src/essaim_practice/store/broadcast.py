"""One writer, many listeners: what is published reaches every subscription in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 4 * 2**20  # bytes that wait for one listener; then the oldest go, as from a log that turns
_ITEM = 100  # bytes that an item counts for besides what its publisher says
TOGETHER = 1000  # items that are heard at once


class Broadcast(Generic[T]):
    """Publishes to its subscriptions; costs nothing while there are none."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription[T], ...] = ()

    def subscribe(self) -> Subscription[T]:
        """Hear everything published from this call on."""
        subscription = Subscription(self)
        self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def publish(self, item: T, size: int = 0) -> None:
        """Let everybody hear it. size: the bytes that it holds, where they may be many."""
        for subscription in self._subscriptions:
            subscription.put(item, size)

    def end(self) -> None:
        """Every iteration comes to its end once it has heard what was published so far."""
        for subscription in self._subscriptions:
            subscription.put(None)
        self._subscriptions = ()

    def leave(self, subscription: Subscription[T]) -> None:
        self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)

    def __bool__(self) -> bool:
        return bool(self._subscriptions)

    @property
    def lag(self) -> int:
        """How many items the slowest subscription has still to hear."""
        if not self._subscriptions:
            return 0
        return max(subscription.waiting for subscription in self._subscriptions)


class Subscription(AsyncIterator[T]):
    """An iteration over what a feed publishes; ``aclose`` leaves it."""

    def __init__(self, feed: Broadcast[T]) -> None:
        self._feed = feed
        self._items: asyncio.Queue[tuple[T | None, int]] = asyncio.Queue()
        self._size = 0

    def put(self, item: T | None, size: int = 0) -> None:
        self._items.put_nowait((item, size + _ITEM))
        self._size += size + _ITEM
        while self._size > _MOST and self.waiting > 1:
            self._size -= self._items.get_nowait()[1]

    @property
    def waiting(self) -> int:
        return self._items.qsize()

    async def __anext__(self) -> T:
        item, size = await self._items.get()
        self._size -= size
        if item is None:
            raise StopAsyncIteration
        return item

    async def several(self) -> AsyncIterator[list[T]]:
        """As the iteration itself, but all that is there at once, if it is not too much."""
        async for first in self:
            found = [first]
            while self.waiting and len(found) < TOGETHER:
                try:
                    found.append(await anext(self))
                except StopAsyncIteration:
                    yield found
                    return
            yield found

    def end(self) -> None:
        """The iteration comes to its end once it has heard what was published so far."""
        self._feed.leave(self)
        self.put(None)

    async def aclose(self) -> None:
        self._feed.leave(self)
