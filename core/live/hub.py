"""From one collector to any number of browsers: the latest message of each topic, as text.

A message is made once per language, however many viewers there are. A slow viewer misses what was
overtaken and gets the latest: what it shows is late, never a queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress


class Feed:
    """One viewer's side of the hub; lives on that viewer's event loop."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._loop = asyncio.get_running_loop()
        self._latest: dict[str, str] = {}
        self._news = asyncio.Event()

    def offer(self, topic: str, message: str) -> None:
        """From any thread: this is now the topic's latest message."""
        with suppress(RuntimeError):  # its loop has closed: the viewer is gone
            self._loop.call_soon_threadsafe(self._put, topic, message)

    def _put(self, topic: str, message: str) -> None:
        self._latest.pop(topic, None)  # so that it is sent in the order of its news
        self._latest[topic] = message
        self._news.set()

    async def messages(self) -> AsyncIterator[str]:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._latest:
                topic = next(iter(self._latest))
                yield self._latest.pop(topic)


class Hub:
    """Topics, and the feeds that follow all of them.

    A topic's message is made on the publisher's thread, and for a newcomer on the newcomer's.
    """

    def __init__(self) -> None:
        self._feeds: set[Feed] = set()
        self._renderers: dict[str, Callable[[str], str]] = {}

    @property
    def viewers(self) -> int:
        return len(self._feeds)

    def topic(self, name: str, render: Callable[[str], str]) -> None:
        """Announce a topic: ``render(language)`` answers its message as of now."""
        self._renderers[name] = render

    def publish(self, name: str) -> None:
        """The topic has changed: send everybody its message, made once per language."""
        feeds = list(self._feeds)
        render = self._renderers[name]
        for language in {feed.language for feed in feeds}:
            message = render(language)
            for feed in feeds:
                if feed.language == language:
                    feed.offer(name, message)

    @contextmanager
    def follow(self, language: str) -> Iterator[Feed]:
        """A feed that starts with the latest of every topic. Call on the viewer's event loop."""
        feed = Feed(language)
        self._feeds.add(feed)
        try:
            for name, render in self._renderers.items():
                feed.offer(name, render(language))
            yield feed
        finally:
            self._feeds.discard(feed)
