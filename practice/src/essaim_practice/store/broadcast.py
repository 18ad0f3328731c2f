"""One publisher, many subscriptions: each receives every item in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from essaim_practice.store.memory import UNBOUNDED, Budget

T = TypeVar("T")

_MOST = 2**20  # bytes that wait for one subscription; beyond it the oldest items are dropped
_ITEM = 100  # bytes that an item counts for besides what its publisher says
TOGETHER = 1000  # most items of one list of ``several``


class Broadcast(Generic[T]):
    """Publishes items to its subscriptions; costs nothing without any.

    memory: counts what waits for them.
    """

    def __init__(self, memory: Budget = UNBOUNDED) -> None:
        self.memory = memory
        self._subscriptions: tuple[Subscription[T], ...] = ()

    def subscribe(self) -> Subscription[T]:
        """Receive everything published from this call on."""
        subscription = Subscription(self)
        self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def publish(self, item: T, size: int = 0) -> None:
        """Send an item to every subscription. size: its bytes, where they may be many."""
        for subscription in self._subscriptions:
            subscription.put(item, size)

    def end(self) -> None:
        """End every iteration after the items published so far."""
        for subscription in self._subscriptions:
            subscription.put(None)
        self._subscriptions = ()

    def leave(self, subscription: Subscription[T]) -> None:
        self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)

    def __bool__(self) -> bool:
        return bool(self._subscriptions)

    @property
    def lag(self) -> int:
        """The number of items that the slowest subscription has not received yet."""
        if not self._subscriptions:
            return 0
        return max(subscription.waiting for subscription in self._subscriptions)


class Subscription(AsyncIterator[T]):
    """An iteration over the items of a broadcast; ``aclose`` ends it."""

    def __init__(self, feed: Broadcast[T]) -> None:
        self._feed = feed
        self._items: asyncio.Queue[tuple[T | None, int]] = asyncio.Queue()
        self.weight = 0  # bytes that wait
        feed.memory.join(self)

    def put(self, item: T | None, size: int = 0) -> None:
        most = _MOST if self._feed.memory.take(size + _ITEM) else self.weight
        self._items.put_nowait((item, size + _ITEM))
        self.weight += size + _ITEM
        while self.weight > most and self.waiting > 1:
            self.weight -= self._items.get_nowait()[1]

    @property
    def waiting(self) -> int:
        return self._items.qsize()

    async def __anext__(self) -> T:
        item, size = await self._items.get()
        self.weight -= size
        if item is None:
            raise StopAsyncIteration
        return item

    async def several(self) -> AsyncIterator[list[T]]:
        """Iterate over lists of the items that are ready, at most TOGETHER in each."""
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
        """End the iteration after the items published so far."""
        self._feed.leave(self)
        self.put(None)

    async def aclose(self) -> None:
        self._feed.leave(self)
