"""The line discipline of a terminal: handles keys between the client and the program."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from essaim_practice.programs import signals

_SIGNALS = {0x03: signals.INT, 0x1C: signals.QUIT, 0x1A: signals.TSTP}
_SIGNAL = re.compile(rb"[\x03\x1a\x1c]")
_END, _ERASE, _KILL_LINE, _ERASE_WORD = 0x04, (0x08, 0x7F), 0x15, 0x17
_ENTER = (0x0D, 0x0A)
_MOST_KEYS = 1024  # bytes of keys that are read at once
_TO_ENTER = re.compile(rb"[^\r\n]{0,%d}[\r\n]?" % (_MOST_KEYS - 1))
_SEQUENCE = 16  # bytes of a key's sequence, which is not cut in two
_ESCAPE = re.compile(rb"\x1b(?:[\[O][0-9;]*[~A-Za-z])?")
_HALF_ESCAPE = re.compile(rb"\x1b(?:[\[O][0-9;]*)?\Z")
_BARE = re.compile(rb"(?<!\r)\n")
_ANSWERS = b"Rn"  # the last byte of what a terminal says of itself when it is asked
_LONGEST = 4095  # bytes of a line, as in Linux


class Terminal:
    r"""Cooked input, echo, and output with carriage returns.

    show: where the echo and the output go. interrupt: hears of the signals of Ctrl-C, Ctrl-Z and
    Ctrl-\. entered: hears that there is something to read.
    """

    def __init__(
        self,
        show: Callable[[bytes], None],
        interrupt: Callable[[int], None],
        entered: Callable[[], None],
    ) -> None:
        self.rows, self.columns = 0, 0
        self._raw = False  # the program wants each key as it is
        self._show = show
        self._interrupt = interrupt
        self._entered = entered
        self._echo = bytearray()  # not shown yet
        self._line = bytearray()
        self._escape = b""  # the beginning of a key that sends several bytes
        self._lines: deque[bytes] = deque()  # typed to their end; b"" for Ctrl-D
        self._keys = bytearray()  # typed while keys were read: not shown, no lines yet

    @property
    def pending(self) -> int:
        """Bytes typed that no program has read."""
        return sum(map(len, self._lines)) + len(self._line) + len(self._keys)

    def take(self, raw: bool) -> bytes | None:
        """The next line as typed, b"" at Ctrl-D; raw: the next keys, Enter at most the last.

        None while there is nothing. What was typed ahead is keys or lines, as it is read.
        """
        self.set_mode(raw)
        if not raw:
            while self._keys and not self._lines:
                self._cooked(self._up_to_enter())
            return self._lines.popleft() if self._lines else None
        return self._up_to_enter() if self._keys else None

    def set_mode(self, raw: bool) -> None:
        """Keep keys as they are from now on; or make lines of them, and signals of some."""
        if raw and not self._raw:
            ahead = b"".join(line or bytes((_END,)) for line in self._lines)
            self._keys[:0] = ahead + self._line + self._escape
            self._lines.clear()
            self._line.clear()
            self._escape = b""
        self._raw = raw

    def _up_to_enter(self) -> bytes:
        match = _TO_ENTER.match(self._keys)
        taken = bytes(match[0]) if match else b""
        if len(taken) == _MOST_KEYS - 1 and (cut := taken.rfind(b"\x1b", -_SEQUENCE)) > 0:
            taken = taken[:cut]
        del self._keys[: len(taken)]
        return taken

    def write(self, data: bytes) -> None:
        """Output of the program."""
        if data:
            # What comes from another terminal has its carriage returns.
            ends = _BARE.sub(b"\r\n", data) if self._raw else data.replace(b"\n", b"\r\n")
            self._show(ends)

    def type(self, data: bytes) -> None:
        """Keys, as the client's terminal sends them."""
        if self._raw:
            self._keys += data
            self._entered()
        elif self._keys and not (signal := _SIGNAL.search(data)):
            self._keys += data  # in their order
        elif self._keys and signal:
            self._cooked(data[signal.start() :])
        else:
            self._cooked(data)

    def _cooked(self, data: bytes) -> None:
        data, self._escape = self._escape + data, b""
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                if _HALF_ESCAPE.match(data, at):
                    self._escape = data[at:][:16]
                    break
                match = _ESCAPE.match(data, at)
                assert match is not None
                self._key(match[0])
                at = match.end()
            else:
                self._byte(data[at])
                at += 1
        self._show_echo()

    def _show_echo(self) -> None:
        """Show at once what was typed at once; before a program answers to it."""
        if self._echo:
            echo = bytes(self._echo)
            self._echo.clear()
            self._show(echo)

    def _byte(self, byte: int) -> None:
        if byte in _SIGNALS:
            self._line.clear()
            self._lines.clear()
            self._keys.clear()
            self._echo += _caret(byte)
            self._show_echo()
            self._interrupt(_SIGNALS[byte])
        elif byte in _ENTER:
            self._lines.append(bytes(self._line) + b"\n")
            self._line.clear()
            self._echo += b"\r\n"
            self._show_echo()
            self._entered()
        elif byte == _END:
            self._lines.append(bytes(self._line))
            self._line.clear()
            self._show_echo()
            self._entered()
        elif byte in _ERASE:
            self._erase()
        elif byte == _KILL_LINE:
            self._shorten(b"")
        elif byte == _ERASE_WORD:
            kept = bytes(self._line).rstrip()
            self._shorten(kept[: kept.rfind(b" ") + 1])
        elif len(self._line) < _LONGEST:
            self._line.append(byte)
            self._echo += bytes((byte,)) if byte >= 0x20 or byte == 0x09 else _caret(byte)

    def _key(self, key: bytes) -> None:
        if key[-1:] in _ANSWERS and len(key) > 2:
            return
        if len(self._line) + len(key) <= _LONGEST:
            self._line += key
            self._echo += b"^[" + key[1:]

    def _erase(self) -> None:
        if not self._line:
            return
        last = self._line.pop()
        while self._line and last & 0xC0 == 0x80:  # the rest of a character of several bytes
            last = self._line.pop()
        self._echo += b"\x08 \x08" * (2 if last < 0x20 and last != 0x09 else 1)

    def _shorten(self, line: bytes) -> None:
        """Erase what was typed after this beginning of the line."""
        while len(self._line) > len(line):
            self._erase()


def _caret(byte: int) -> bytes:
    return b"^" + bytes((byte ^ 0x40,))
