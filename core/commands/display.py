"""Progress as docker prints it: on a terminal each thing keeps its line, else a line a change."""

from __future__ import annotations

from core.commands.streams import Streams


class Display:
    """Progress as docker prints it: on a terminal each id keeps its line, else a line a change.

    (moby, client/pkg/jsonmessage.) Bars are for terminals wider than 110 columns.
    """

    def __init__(self, streams: Streams, silent: bool = False) -> None:
        self._streams, self._lines = streams, list[str]()
        self._silent = silent
        self._wide = streams.size[1] > 110

    def say(self, id: str, words: str, current: int = 0, total: int = 0) -> None:
        """Print how far one thing is."""
        if self._silent:
            return
        bar = self._bar(current, total)
        if not self._streams.out_is_terminal:
            if not total:
                self._streams.print(f"{id}: {words}")
            return
        new = "" if id in self._lines else "\n"
        if new:
            self._lines.append(id)
        up = len(self._lines) - self._lines.index(id)
        self._streams.write(f"{new}\x1b[{up}A\x1b[2K\r{id}: {words} {bar}\r\x1b[{up}B".encode())

    def tell(self, words: str) -> None:
        """Print a line that stays."""
        self._lines.clear()
        if not self._silent:
            self._streams.print(words)

    def _bar(self, current: int, total: int) -> str:
        if not total or not self._wide:
            return ""
        done = min(current * 100 // total // 2, 50)
        return f"[{'=' * done}>{' ' * (50 - done)}] "
