"""Regular expressions in linear time and bounded memory: whatever a learner types is matched here.

RE2 does the work. Python's own ``re`` tries every way that a pattern may lie in a text, and a line
as short as ``a?a?a?…aaa`` keeps it busy for ever; it is for patterns that we write ourselves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from essaim_practice.text.encoding import encoded

_MEMORY = 512 * 1024  # bytes that a pattern may take, compiled and at work
_LONGEST = 64 * 1024  # bytes of a pattern
# Instructions of a pattern times bytes of a text: what RE2 tries at worst, some 5 ns each.
_MOST_TRIES = 2**20
_TRIES = 200  # that cost a microsecond

Span = tuple[int, int]


class Malformed(Exception):
    """The pattern is no regular expression, or none that RE2 supports."""


class TooLarge(Exception):
    """The pattern, or its use on so long a text, exceeds the limits of memory or time."""


class Match:
    """One match of a pattern: spans of bytes in the text."""

    __slots__ = ("_text", "spans")

    def __init__(self, text: bytes, spans: list[Span]) -> None:
        self._text = text
        self.spans = spans  # the whole first, then the groups; (-1, -1) for one that took no part

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[0][1]

    def group(self, number: int = 0) -> bytes:
        """The bytes that a group matched; b"" if it took no part or does not exist."""
        start, end = self.spans[number] if number < len(self.spans) else (0, 0)
        return self._text[start:end] if start >= 0 else b""


class Expression:
    """A compiled pattern, in RE2's syntax. Texts are bytes in UTF-8; a dot matches any character.

    fold: ignore case. longest: of the matches that begin first take the longest, as POSIX does;
    else the one that the pattern prefers. groups: whether spans of groups are wanted.
    Raises Malformed and TooLarge.
    """

    def __init__(
        self, source: bytes, fold: bool = False, longest: bool = True, groups: bool = True
    ) -> None:
        if len(source) > _LONGEST:
            raise TooLarge
        options = re2.Options()
        options.case_sensitive = not fold
        options.longest_match = longest
        options.never_capture = not groups
        options.max_mem = _MEMORY
        options.dot_nl = True
        options.log_errors = False
        try:
            self._compiled: Any = re2.compile(source, options)
        except re2.error as error:
            words = bytes(error.args[0]) if error.args else b""
            raise (TooLarge if _is_of_size(words) else Malformed) from None
        self._size = int(self._compiled.programsize)
        self.groups = int(self._compiled.groups)

    def effort(self, size: int) -> int:
        """Microseconds that a search in so many bytes takes at worst."""
        return self._size * size // _TRIES

    def search(self, text: bytes, at: int = 0) -> Match | None:
        """The first match from a position on. Raises TooLarge."""
        self._check(len(text) - at)
        return _match(text, self._compiled.search(text, at))

    def beginning(self, text: bytes, at: int = 0) -> Match | None:
        """The match at a position. Raises TooLarge."""
        self._check(len(text) - at)
        return _match(text, self._compiled.match(text, at))

    def is_whole(self, text: bytes) -> bool:
        """Whether the pattern matches the whole text. Raises TooLarge."""
        self._check(len(text))
        return self._compiled.fullmatch(text) is not None

    def _check(self, size: int) -> None:
        if self._size * size > _MOST_TRIES:
            raise TooLarge


def _match(text: bytes, found: Any) -> Match | None:
    return None if found is None else Match(text, [found.span(n) for n in _groups(found)])


def _groups(found: Any) -> range:
    return range(int(found.re.groups) + 1)


def _is_of_size(words: bytes) -> bool:
    return b"too large" in words or b"repetition size" in words or b"too complex" in words


@lru_cache(maxsize=128)
def compiled(source: bytes, fold: bool = False, longest: bool = True) -> Expression:
    """A cached Expression without groups, for patterns in repeated use."""
    return Expression(source, fold, longest, groups=False)


def literal(text: str) -> bytes:
    """The expression that matches exactly this text."""
    if text.isalnum() and text.isascii():
        return text.encode()
    return bytes(re2.escape(encoded(text)))


# What stands in brackets


CLASSES = frozenset(
    ("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space")
) | {"upper", "xdigit"}


def bracket(items: list[str | Span], inverted: bool) -> bytes:
    """``[…]`` of POSIX: names of classes (``:alpha:``), characters, and ranges of code points.

    Raises Malformed for an unknown class.
    """
    parts = [b"[^" if inverted else b"["]
    for item in items:
        if isinstance(item, tuple):
            parts += [_point(item[0]), b"-", _point(item[1])]
        elif len(item) > 1:
            if item[1:-1] not in CLASSES:
                raise Malformed
            parts.append(f"[{item}]".encode())
        else:
            parts.append(_point(ord(item)))
    return b"".join([*parts, b"]"])


def _point(number: int) -> bytes:
    return b"\\x{%x}" % number
