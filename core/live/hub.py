"""From one collector to any number of browsers: the latest message of each topic, as text.

A content is made once per language, however many viewers there are. Each viewer is sent the
changes since the last content that it was sent. A slow viewer misses overtaken messages and gets
the latest, never a queue.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from core.live.edition import Content, Edition


class Subscription:
    """One viewer's side of the hub, on that viewer's event loop."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._loop = asyncio.get_running_loop()
        self._latest: dict[str, str | Edition] = {}
        self._has: dict[str, int] = {}  # by topic, the number of the content that was sent
        self._begun: dict[str, int] = {}  # by topic, the order of the latest message
        self._news = asyncio.Event()

    def offer(self, topic: str, message: str | Edition, begun: int = 0) -> None:
        """From any thread: the topic's latest message, or the edition that holds it.

        begun: the order in which the making of messages began; an overtaken message is dropped.
        """
        with suppress(RuntimeError):  # its loop has closed: the viewer is gone
            self._loop.call_soon_threadsafe(self._put, topic, message, begun)

    def _put(self, topic: str, message: str | Edition, begun: int) -> None:
        if begun < self._begun.get(topic, 0):
            return
        self._begun[topic] = begun
        self._latest.pop(topic, None)  # it goes behind the topics that changed before
        self._latest[topic] = message
        self._news.set()

    async def messages(self) -> AsyncIterator[str]:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._latest:
                topic = next(iter(self._latest))
                message = self._latest.pop(topic)
                if isinstance(message, Edition):
                    self._has[topic], message = message.since(self._has.get(topic, 0))
                if message:
                    yield message


class Hub:
    """Topics, and the subscriptions that follow all of them.

    A message is made on the publisher's thread, and for a newcomer on a thread of the event loop's.
    """

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._renderers: dict[str, Callable[[str], str | Content]] = {}
        self._editions: dict[tuple[str, str], Edition] = {}
        self._begun = itertools.count(1)

    @property
    def viewers(self) -> int:
        return len(self._subscriptions)

    def topic(self, name: str, render: Callable[[str], str | Content]) -> None:
        """Announce a topic: ``render(language)`` answers its message as of now.

        A text is sent whole, each time. Of a content, which names its topic, only the changes are.
        """
        self._renderers[name] = render

    def publish(self, name: str) -> None:
        """The topic has changed: send every viewer the changes, made once per language."""
        subscriptions = list(self._subscriptions)
        for language in {subscription.language for subscription in subscriptions}:
            message, begun = self._made(name, language)
            for subscription in subscriptions:
                if subscription.language == language:
                    subscription.offer(name, message, begun)

    @asynccontextmanager
    async def follow(self, language: str) -> AsyncIterator[Subscription]:
        """A subscription that starts with the latest of every topic; on the viewer's event loop."""
        subscription = Subscription(language)
        self._subscriptions.add(subscription)
        try:
            await asyncio.to_thread(self._greet, subscription)
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def _greet(self, subscription: Subscription) -> None:
        for name in list(self._renderers):
            subscription.offer(name, *self._made(name, subscription.language))

    def _made(self, name: str, language: str) -> tuple[str | Edition, int]:
        begun = next(self._begun)
        message = self._renderers[name](language)
        if isinstance(message, str):
            return message, begun
        edition = self._editions.setdefault((name, language), Edition())
        edition.put(begun, message)
        return edition, begun
