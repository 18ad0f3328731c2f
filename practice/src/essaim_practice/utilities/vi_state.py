"""The state of a vi: its text, its mode, what it says, and what was cut out last."""

from __future__ import annotations

from essaim_practice.utilities.full_screen import TextFile


class ViState:
    """A vi, as its keys and its commands change it."""

    def __init__(self, file: TextFile) -> None:
        self.code: int | None = None
        self.file: TextFile = file
        self.mode = "normal"  # insert, replace, or line: a command of the last row
        self.said = f"'{file.name}' [New File]" if file.new and file.name else ""
        self.bad = False  # what is said is a complaint
        self.page = 20  # rows
        self.line = ""  # what is typed at the last row, with its : or /
        self.register, self.linewise = "", False
        self.count = ""  # what is typed before a command

    def say(self, text: str, bad: bool = False) -> None:
        self.said, self.bad = text, bad

    def insert(self, column: int) -> None:
        self.mode, self.count = "insert", ""
        self.file.buffer.column = column
        self.file.buffer.keep_inside(past_end=True)

    def cut_signs(self, start: int, end: int) -> None:
        buffer = self.file.buffer
        start, end = max(0, start), min(end, len(buffer.line))
        if start < end:
            self.linewise = False
            self.register = buffer.cut((buffer.row, start), (buffer.row, end))
