"""The line discipline of a terminal: handles keys between the client and the program."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from essaim_practice.programs import signals

_INTERRUPTS = {0x03: signals.INT, 0x1C: signals.QUIT}
_END, _ERASE, _KILL_LINE, _ERASE_WORD, _CLEAR = 0x04, (0x08, 0x7F), 0x15, 0x17, 0x0C
_ENTER = (0x0D, 0x0A)
_ESCAPE = re.compile(rb"\x1b(?:[\[O][0-9;]*[~A-Za-z])?")
_HALF_ESCAPE = re.compile(rb"\x1b(?:[\[O][0-9;]*)?\Z")
_BARE = re.compile(rb"(?<!\r)\n")
_UP, _DOWN = b"A", b"B"
_ANSWERS = b"Rn"  # the last byte of what a terminal says of itself when it is asked
_QUESTION = b"\x1b[6n"
_REMEMBERED = 100  # lines of history
_LONGEST = 4095  # bytes of a line, as in Linux


class Terminal:
    r"""Cooked input, echo, and output with carriage returns.

    show: where the echo and the output go. interrupt: hears of the signals of Ctrl-C and Ctrl-\.
    entered: hears that there is something to read.
    ``editing`` is on while a program that edits its lines reads: then there is a history.
    ``raw`` is on while one reads that wants each key as it is.
    """

    def __init__(
        self,
        show: Callable[[bytes], None],
        interrupt: Callable[[int], None],
        entered: Callable[[], None],
    ) -> None:
        self.rows, self.columns = 0, 0
        self.editing = self.raw = False
        self._show = show
        self._interrupt = interrupt
        self._entered = entered
        self._line = bytearray()
        self._escape = b""  # the beginning of a key that sends several bytes
        self._lines: deque[bytes] = deque()  # typed to their end; b"" for Ctrl-D
        self._prompt = b""  # what stands on the line before what is typed
        self._history: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._back = 0  # how far up in the history

    @property
    def pending(self) -> int:
        """Bytes typed that no program has read."""
        return sum(map(len, self._lines)) + len(self._line)

    def take(self) -> bytes | None:
        """The next line as typed, b"" at Ctrl-D; None while there is none."""
        return self._lines.popleft() if self._lines else None

    def write(self, data: bytes) -> None:
        """Output of the program."""
        if data:
            self._prompt = (self._prompt + data).rpartition(b"\n")[2][-_LONGEST:]
            # What comes from another terminal has its carriage returns.
            ends = _BARE.sub(b"\r\n", data) if self.raw else data.replace(b"\n", b"\r\n")
            self._show(ends)

    def type(self, data: bytes) -> None:
        """Keys, as the client's terminal sends them."""
        if self.raw:
            self._lines.append(data)
            self._entered()
            return
        data, self._escape = self._escape + data, b""
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                if _HALF_ESCAPE.match(data, at):
                    self._escape = data[at:][:16]
                    return
                match = _ESCAPE.match(data, at)
                assert match is not None
                self._key(match[0])
                at = match.end()
            else:
                self._byte(data[at])
                at += 1

    def _byte(self, byte: int) -> None:
        if byte in _INTERRUPTS:
            self._line.clear()
            self._back = 0
            self._lines.clear()
            self._show(b"^C" if byte == 0x03 else b"^\\")
            self._interrupt(_INTERRUPTS[byte])
        elif byte in _ENTER:
            self._enter()
        elif byte == _END:
            if self.editing and self._line:
                return
            self._lines.append(bytes(self._line))
            self._line.clear()
            self._entered()
        elif byte in _ERASE:
            self._erase()
        elif byte == _KILL_LINE:
            self._replace(b"")
        elif byte == _ERASE_WORD:
            kept = bytes(self._line).rstrip()
            self._replace(kept[: kept.rfind(b" ") + 1])
        elif byte == _CLEAR and self.editing:
            self._show(b"\x1b[H" + b"\x1b[J" + self._before() + self._line)
        elif self.editing and byte < 0x20:
            pass  # a key of the editor that does nothing here
        elif len(self._line) < _LONGEST:
            self._line.append(byte)
            self._show(bytes((byte,)) if byte >= 0x20 or byte == 0x09 else _caret(byte))

    def _key(self, key: bytes) -> None:
        if key[-1:] in _ANSWERS and len(key) > 2:
            return
        if not self.editing:
            if len(self._line) + len(key) <= _LONGEST:
                self._line += key
                self._show(b"^[" + key[1:])
            return
        step = {_UP: 1, _DOWN: -1}.get(key[-1:], 0) if len(key) == 3 else 0
        if step and 0 <= self._back + step <= len(self._history):
            self._back += step
            self._replace(self._history[-self._back] if self._back else b"")

    def _enter(self) -> None:
        line = bytes(self._line)
        if self.editing and line.strip() and not (self._history and self._history[-1] == line):
            self._history.append(line)
        self._back = 0
        self._lines.append(bytes(self._line) + b"\n")
        self._line.clear()
        self._prompt = b""
        self._show(b"\r\n")
        self._entered()

    def _erase(self) -> None:
        if not self._line:
            return
        last = self._line.pop()
        while self._line and last & 0xC0 == 0x80:  # the rest of a character of several bytes
            last = self._line.pop()
        if self.editing:
            self._show(b"\x08\x1b[J")
        else:
            self._show(b"\x08 \x08" * (2 if last < 0x20 and last != 0x09 else 1))

    def _replace(self, line: bytes) -> None:
        """Replace the line typed so far, on the screen too."""
        if self.editing:
            self._line = bytearray(line)
            self._show(b"\r" + self._before() + line + b"\x1b[J")
            return
        while len(self._line) > len(line):
            self._erase()

    def _before(self) -> bytes:
        return self._prompt.replace(_QUESTION, b"")


def _caret(byte: int) -> bytes:
    return b"^" + bytes((byte ^ 0x40,))
