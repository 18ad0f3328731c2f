"""A program at a terminal that a test types at: process, streams and screen, without a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.base import Context, Files, Program, Running, program
from essaim_practice.programs.process import Process
from essaim_practice.programs.stdio import Streams
from essaim_practice.store.clock import ManualClock

from .playing import Playing, context, disk
from .screen import Screen


class Box(Files):
    """Files, and what was left by a shell that has ended."""

    def __init__(self, files: FileSystem, terminal: Terminal) -> None:
        super().__init__(files)
        self._terminal = terminal
        self._pids = count(8)
        self.adopted: list[Process] = []

    def window(self) -> tuple[int, int]:
        return self._terminal.streams.window

    def processes(self) -> Sequence[Running]:
        jobs = self._terminal.program.jobs
        return [replace(each, user="root") for each in jobs.running()] if jobs else ()

    def adopt(self, program: Program) -> None:
        process = Process(program, Streams(False, False), self._terminal.clock, lambda code: None)
        self.adopted.append(process)
        process.go_on()


class Terminal:
    """A program at a terminal. ``screen`` is what one sees, ``out`` all that was written."""

    def __init__(
        self,
        *argv: str,
        behaviour: str = "alpine",
        files: FileSystem | None = None,
        rows: int = 24,
        columns: int = 80,
        **more: Any,
    ) -> None:
        self.clock = ManualClock()
        self.out = b""
        self.code: int | None = None
        self.screen = Screen(rows, columns)
        self.streams = Streams(True, is_open=True, log=self._heard)
        self.streams.resize(rows, columns)
        self.files = files or disk(behaviour, Playing())
        self.box = Box(self.files, self)
        settings: dict[str, Any] = {
            "tty": True, "interactive": True, "pid": 7, "cwd": "/root",
            "inside": self.box, "now": self.clock.now,
        }  # fmt: skip
        self.context: Context = context(behaviour, **(settings | more))
        self.program = program(list(argv or ("ash",)), self.context)
        self.process = Process(self.program, self.streams, self.clock, self._ended, 7)
        self.process.go_on()

    def _heard(self, data: bytes, stream: int) -> None:
        self.out += data
        self.screen.write(data)

    def _ended(self, code: int) -> None:
        self.code = code

    def type(self, data: bytes | str, seconds: float = 0.1) -> list[str]:
        """Type these keys, and let some time pass; returns the rows of the screen."""
        given = data.encode() if isinstance(data, str) else data
        with pytest.raises(StopIteration):
            self.streams.type(given).send(None)
        self.clock.advance(seconds)
        return self.screen.lines

    def run(self, line: str, seconds: float = 0.1) -> list[str]:
        """Type a line on an empty screen; returns what it said, and the prompt after it."""
        self.type(b"\x0c")
        return self.type(line + "\r", seconds)[1:]

    def resize(self, rows: int, columns: int) -> None:
        self.streams.resize(rows, columns)
        self.process.resized()
