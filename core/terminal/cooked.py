"""A terminal's cooked mode, for a program without one: echo, whole lines, joined streams."""

from __future__ import annotations

from dataclasses import dataclass

#: Characters of a line, as in Linux: of a longer one, the rest is not taken.
MOST_TYPED = 4095
_HEAD = 8  # bytes before each frame: stream, three zeros, length


class Frames:
    """Joins the frames of an engine's multiplexed stream (stdout and stderr) to one text."""

    def __init__(self) -> None:
        self._held = b""

    def take(self, data: bytes) -> bytes:
        """The text of the frames that are complete, with line ends for a screen."""
        self._held += data
        text = b""
        while len(self._held) >= _HEAD:
            end = _HEAD + int.from_bytes(self._held[4:_HEAD], "big")
            if len(self._held) < end:
                break
            text += self._held[_HEAD:end]
            self._held = self._held[end:]
        return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True)
class Typed:
    """The result of some keys."""

    echo: bytes = b""  # for the screen
    line: bytes = b""  # for the program
    interrupted: bool = False


class Cooked:
    """The keyboard in cooked mode: the program gets whole lines."""

    def __init__(self) -> None:
        self.ended = False  # by Ctrl-D: no more will come
        self._line = ""

    def take(self, data: bytes) -> Typed:
        echo, sent, interrupted = list[str](), list[str](), False
        for key in data.decode(errors="replace"):
            if self.ended:
                break
            if key in "\r\n":
                echo.append("\r\n")
                sent.append(f"{self._line}\n")
                self._line = ""
            elif key == "\x03":
                echo.append("^C\r\n")
                self._line, interrupted = "", True
            elif key == "\x04":
                sent.append(self._line)
                self.ended, self._line = not self._line, ""
            elif key in "\x7f\b":
                echo.append("\b \b" if self._line else "")
                self._line = self._line[:-1]
            elif key >= " " and len(self._line) < MOST_TYPED:
                echo.append(key)
                self._line += key
        return Typed("".join(echo).encode(), "".join(sent).encode(), interrupted)
