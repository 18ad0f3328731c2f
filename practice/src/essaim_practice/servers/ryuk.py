"""Ryuk, the reaper of Testcontainers: it takes filters and acknowledges them, and reaps nothing.

It ends some seconds after its last caller has gone. The real one also ends after a minute without
any; but a caller's minute may be an hour here, where simulated time goes faster.
"""

from __future__ import annotations

import time
from math import inf

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.steps import Interrupted, Steps
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.daemon import Daemon

_PORT = 8080
_PATIENCE = 10.0  # seconds from its last caller until it ends
_LONGEST = 4096  # bytes of one line


class _Reaper(Daemon):
    stream = 2

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._open = 0
        self._due = inf
        for text in ("Pinging Docker...", "Docker daemon is available!"):
            self.say(text)
        self.say(f"Starting on port {_PORT}...")
        self.say("Started!")

    def say(self, text: str) -> None:
        stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(self._context.now()))
        self.log(f"{stamp} {text}")

    def come(self, source: str) -> _Filters:
        self._open, self._due = self._open + 1, inf
        self.say(f"New client connected: {source}")
        talk = _Filters(self)
        self.connections.add(talk)
        return talk

    def go(self) -> None:
        self._open -= 1
        self.say("Client disconnected")
        if not self._open:
            self._due = self._context.now() + _PATIENCE
        self.wake()

    def patience(self) -> float:
        return max(0.0, self._due - self._context.now())

    def on_time(self) -> None:
        if self._context.now() >= self._due and not self.stopping:
            self.say("(simulated) the practice engine's Ryuk removes nothing")
            self.stopping = True


class _Filters(Talk):
    """One caller: each line holds filters, and is answered with ACK."""

    def __init__(self, reaper: _Reaper) -> None:
        self._reaper = reaper
        self._begun = b""

    def hear(self, data: bytes) -> bytes:
        *lines, self._begun = (self._begun + data).split(b"\n")
        self._begun = self._begun[-_LONGEST:]
        for each in lines:
            self._reaper.say(f"Adding {each.strip()[:_LONGEST].decode(errors='replace')}")
        return b"ACK\n" * len(lines)

    def end(self) -> None:
        if not self.closed:
            self.closed = True
            self._reaper.go()


@executable(("ryuk",), "ryuk")
def ryuk(argv: list[str], context: Context) -> Program:
    reaper = _Reaper(context)

    def steps() -> Steps:
        try:
            return (yield from reaper.serve())
        except Interrupted:
            return 0
        finally:
            reaper.hang_up()

    return Program(
        steps(),
        term_code=0,
        talks={_PORT: reaper.come},
        processes=("/bin/ryuk",),
        hears=frozenset({signals.INT, signals.TERM}),
    )
