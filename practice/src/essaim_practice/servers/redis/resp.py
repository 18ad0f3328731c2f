"""RESP, the protocol of Redis: requests and answers as bytes, and back.

An answer is None, an int, a float, bytes, a Simple, a Failure, a Push, a list or dict of answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Answer = Any

_LONGEST = 512 * 1024  # bytes of one value
_MOST = 4096  # values of one request
_LONGEST_INLINE = 64 * 1024


class Simple(str):
    """A status, such as OK."""

    __slots__ = ()


class Failure(str):
    """An error, its code first: ``ERR unknown command``."""

    __slots__ = ()


class Push(list[Any]):
    """What the server says unasked, such as a message of a channel."""


class Malformed(Exception):
    """It is no RESP."""


OK = Simple("OK")
PONG = Simple("PONG")


def number_text(value: float) -> bytes:
    """A float as Redis writes it: 3, 3.5."""
    if value in (float("inf"), float("-inf")):
        return b"inf" if value > 0 else b"-inf"
    return b"%d" % int(value) if value == int(value) and abs(value) < 1e17 else b"%.17g" % value


def encoded(answer: Answer, protocol: int = 2) -> bytes:
    """An answer of the server, in RESP 2 or 3."""
    match answer:
        case None:
            return b"$-1\r\n" if protocol == 2 else b"_\r\n"
        case bool() | int():
            return b":%d\r\n" % answer
        case Simple():
            return b"+%s\r\n" % answer.encode()
        case Failure():
            return b"-%s\r\n" % answer.encode(errors="replace")
        case float():
            text = shortest(answer)
            return b"$%d\r\n%s\r\n" % (len(text), text) if protocol == 2 else b",%s\r\n" % text
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(answer), answer)
        case dict():
            head = b"*%d\r\n" % (2 * len(answer)) if protocol == 2 else b"%%%d\r\n" % len(answer)
            flat = (part for pair in answer.items() for part in pair)
            return head + b"".join(encoded(part, protocol) for part in flat)
        case _:
            mark = b">" if protocol == 3 and isinstance(answer, Push) else b"*"
            parts = (encoded(part, protocol) for part in answer)
            return mark + b"%d\r\n" % len(answer) + b"".join(parts)


def shortest(value: float) -> bytes:
    """A float in as few digits as tell it."""
    if abs(value) < 1e17 and value == int(value):
        return b"%d" % int(value)
    return repr(value).encode()


def request(words: Sequence[bytes]) -> bytes:
    """A command as clients send it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Requests:
    """Commands out of the bytes that a client sends."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def size(self) -> int:
        """Bytes that wait for the rest of their command."""
        return len(self._data)

    def feed(self, data: bytes) -> None:
        self._data += data

    def next(self) -> list[bytes] | None:
        """The next command; None until it is whole. Raises Malformed."""
        if not self._data:
            return None
        if self._data[0] != ord("*"):
            return self._inline()
        found = self._number(0)
        if found is None:
            return None
        count, at = found
        if count > _MOST:
            raise Malformed("invalid multibulk length")
        words = []
        for _ in range(max(count, 0)):
            if len(self._data) > at and self._data[at] != ord("$"):
                raise Malformed(f"expected '$', got '{chr(self._data[at])}'")
            found = self._number(at)
            if found is None:
                return None
            size, at = found
            if not 0 <= size <= _LONGEST:
                raise Malformed("invalid bulk length")
            if len(self._data) < at + size + 2:
                return None
            words.append(bytes(self._data[at : at + size]))
            at += size + 2
        del self._data[:at]
        return words

    def _number(self, at: int) -> tuple[int, int] | None:
        """The number after the mark at a place, and where its line ends."""
        end = self._data.find(b"\r\n", at)
        if end < 0:
            if len(self._data) - at > _LONGEST_INLINE:
                raise Malformed("too big mbulk count string")
            return None
        text = bytes(self._data[at + 1 : end])
        if not text.removeprefix(b"-").isdigit() or len(text) > 10:
            raise Malformed("invalid multibulk length" if at == 0 else "invalid bulk length")
        return int(text), end + 2

    def _inline(self) -> list[bytes] | None:
        end = self._data.find(b"\n")
        if end < 0:
            if len(self._data) > _LONGEST_INLINE:
                raise Malformed("too big inline request")
            return None
        text = bytes(self._data[:end]).strip()
        del self._data[: end + 1]
        words = split(text.decode(errors="surrogateescape"))
        if words is None:
            raise Malformed("unbalanced quotes in request")
        return words


class Answers:
    """Answers out of the bytes that a server sends."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> None:
        self._data += data

    def next(self) -> tuple[Answer] | None:
        """The next answer, in a tuple; None until it is whole."""
        found = self._read(0)
        if found is None:
            return None
        self._data = self._data[found[1] :]
        return (found[0],)

    def _read(self, at: int) -> tuple[Answer, int] | None:
        end = self._data.find(b"\r\n", at)
        if end < 0:
            return None
        mark, text, at = self._data[at : at + 1], self._data[at + 1 : end], end + 2
        match mark:
            case b"+":
                return Simple(text.decode(errors="replace")), at
            case b"-":
                return Failure(text.decode(errors="replace")), at
            case b":":
                return int(text), at
            case b"$":
                size = int(text)
                if size < 0:
                    return None if size < -1 else (None, at)
                if len(self._data) < at + size + 2:
                    return None
                return self._data[at : at + size], at + size + 2
        parts = []
        for _ in range(int(text)):
            found = self._read(at)
            if found is None:
                return None
            part, at = found
            parts.append(part)
        return parts, at


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}


def split(text: str) -> list[bytes] | None:
    """A typed line as words, as redis-cli splits it; None where quotes are not balanced."""
    words: list[bytes] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return words
        word, quote = "", ""
        while at < len(text):
            sign = text[at]
            if quote:
                if sign == "\\" and quote == '"' and at + 1 < len(text):
                    at += 1
                    word += _ESCAPES.get(text[at], text[at])
                elif sign == "\\" and text[at : at + 2] == "\\'":
                    at += 1
                    word += "'"
                elif sign == quote:
                    quote = ""
                    if at + 1 < len(text) and not text[at + 1].isspace():
                        return None
                else:
                    word += sign
            elif sign.isspace():
                break
            elif sign in "\"'":
                quote = sign
            else:
                word += sign
            at += 1
        if quote:
            return None
        words.append(word.encode(errors="surrogateescape"))
