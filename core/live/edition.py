"""One topic in one language: its latest content, and the changes since earlier ones."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from core.live.changes import changes

Content = Mapping[str, Any]

#: Contents that are kept: a viewer whose content is older gets the whole latest one.
KEPT = 6


class Edition:
    """The latest content, with a number. Any thread may read it and put another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept = deque[tuple[int, Content]](maxlen=KEPT)
        self._number = self._begun = 0
        self._texts: dict[int, str] = {}  # by the number of the reader's content

    def put(self, begun: int, content: Content) -> None:
        """begun: the order in which the making of contents began; an overtaken one is dropped."""
        with self._lock:
            if begun < self._begun:
                return
            self._begun = begun
            if self._kept and self._kept[-1][1] == content:
                return
            before = self._number
            self._number += 1
            self._kept.append((self._number, content))
            self._texts.clear()
            if before:  # most viewers will ask for it: not on their event loop
                self._made(before)

    def since(self, number: int) -> tuple[int, str]:
        """The latest content's number, and a text for a reader of content ``number``, 0 for none.

        The text is '' where nothing has changed.
        """
        with self._lock:
            if number == self._number:
                return number, ""
            return self._number, self._texts.get(number) or self._made(number)

    def _made(self, number: int) -> str:
        known = dict(self._kept)
        latest = known[self._number]
        told: dict[str, Any] = {**latest, "number": self._number}
        if number in known:
            patch = changes(known[number], latest) or {}
            told = {
                "topic": latest["topic"],
                "number": self._number,
                "since": number,
                "patch": patch,
            }
        text = self._texts[number] = json.dumps(told, separators=(",", ":"))
        return text
