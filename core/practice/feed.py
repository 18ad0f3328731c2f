"""One writer, many listeners: what is published reaches every subscription in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """Publishes to its subscriptions; costs nothing while there are none."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription[T], ...] = ()

    def subscribe(self) -> Subscription[T]:
        """Hear everything published from this call on."""
        subscription = Subscription(self)
        self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def publish(self, item: T) -> None:
        for subscription in self._subscriptions:
            subscription.put(item)

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

    def __init__(self, feed: Feed[T]) -> None:
        self._feed = feed
        self._items: asyncio.Queue[T | None] = asyncio.Queue()

    def put(self, item: T | None) -> None:
        self._items.put_nowait(item)

    @property
    def waiting(self) -> int:
        return self._items.qsize()

    async def __anext__(self) -> T:
        item = await self._items.get()
        if item is None:
            raise StopAsyncIteration
        return item

    def end(self) -> None:
        """The iteration comes to its end once it has heard what was published so far."""
        self._feed.leave(self)
        self.put(None)

    async def aclose(self) -> None:
        self._feed.leave(self)
