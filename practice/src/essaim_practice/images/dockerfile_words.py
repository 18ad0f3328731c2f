"""The words of a Dockerfile's instructions: how a line is split, and what quotes and $NAME become.

The rules are those of buildkit, frontend/dockerfile/shell/lex.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from essaim_practice.programs.base import LONGEST_STRING
from essaim_practice.store.errors import ApiError
from essaim_practice.text import globs

_DEEPEST = 50  # of a value within a value within a value
_LONGEST_TRIMMED = 1000  # characters; longer values are left as they are
_SHOWN = 80  # characters of a word that an error repeats
_UNENDED = "unexpected end of statement while looking for matching"
_PARTS = r"""'[^']*'|"[^"\\]*(?:\\.[^"\\]*)*"|(?:\\.)+"""
_WORD = re.compile(rf"(?:[^\s'\"\\]+|{_PARTS})+", re.DOTALL)
_WORDS = re.compile(rf"(?:\s+|[^\s'\"\\]+|{_PARTS})*+", re.DOTALL)
_PLAIN = re.compile(r"[^'\"\\$]+")
_NAME = re.compile(r"[0-9]+|\w+|[@*#?$!-]", re.ASCII)
_OPERATOR = re.compile(r":?[-+?]|##?|%%?")


def split(text: str) -> list[str]:
    """The words, with their quotes and backslashes; split at spaces where a quote has no end."""
    return _WORD.findall(text) if _WORDS.fullmatch(text) else text.split()


def expand(text: str, values: Mapping[str, str]) -> str:
    """A word without quotes and backslashes, with the values of ``$NAME`` and ``${NAME:-else}``.

    Raises ApiError 400 for a word without its end, or longer than Linux allows for one argument.
    """
    return _Reader(text, values).word()


class _Reader:
    """Reads one word. Its pieces together are never longer than LONGEST_STRING."""

    def __init__(self, text: str, values: Mapping[str, str]) -> None:
        self._text = text
        self._values = values
        self._at = 0
        self._size = 0
        self._depth = 0

    def word(self) -> str:
        return "".join(self._pieces(""))

    def _pieces(self, stop: str) -> Iterator[str]:
        while self._at < len(self._text) and (sign := self._text[self._at]) != stop:
            if sign == "'":
                end = self._text.find("'", self._at + 1)
                if end < 0:
                    raise self._error(f"{_UNENDED} single-quote")
                piece = self._text[self._at + 1 : end]
                self._at = end + 1
            elif sign == '"':
                self._at += 1
                piece = "".join(self._quoted())
            elif sign == "$":
                piece = self._value()
            elif sign == "\\":
                piece = self._text[self._at + 1 : self._at + 2]
                self._at += 2
            elif stop and (sign not in "'\"\\$"):
                piece = sign
                self._at += 1
            else:
                piece = self._plain()
            yield self._counted(piece)

    def _quoted(self) -> Iterator[str]:
        while self._at < len(self._text):
            sign = self._text[self._at]
            if sign == '"':
                self._at += 1
                return
            if sign == "$":
                yield self._counted(self._value())
            elif sign == "\\" and self._text[self._at + 1 : self._at + 2] in ('"', "$", "\\"):
                yield self._text[self._at + 1]
                self._at += 2
            elif sign in "\\'":
                yield sign
                self._at += 1
            else:
                yield self._plain()
        raise self._error(f"{_UNENDED} double-quote")

    def _plain(self) -> str:
        found = _PLAIN.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        return found[0]

    def _value(self) -> str:
        """What a dollar sign and the name after it stand for."""
        self._at += 1
        braced = self._text[self._at : self._at + 1] == "{"
        self._at += braced
        name = _NAME.match(self._text, self._at)
        if name is None:
            if braced:
                raise self._error("syntax error: bad substitution")
            return "$"
        self._at = name.end()
        found = self._values.get(name[0])
        if not braced:
            return found or ""
        operator = _OPERATOR.match(self._text, self._at)
        if operator is not None:
            self._at = operator.end()
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self._error("the practice engine reads no value that deep")
            argument = "".join(self._pieces("}"))
            self._depth -= 1
            found = self._modified(name[0], found, operator[0], argument)
        if self._text[self._at : self._at + 1] != "}":
            raise self._error("syntax error: missing '}'")
        self._at += 1
        return found or ""

    def _modified(self, name: str, found: str | None, operator: str, argument: str) -> str:
        given = bool(found) if operator.startswith(":") else found is not None
        match operator[-1]:
            case "-":
                return found or "" if given else argument
            case "+":
                return argument if given else ""
            case "?":
                if not given:
                    text = argument or "is not allowed to be unset"
                    raise self._error(f"{name}: {text}")
                return found or ""
        return _trimmed(found or "", operator, argument)

    def _counted(self, piece: str) -> str:
        self._size += len(piece)
        if self._size > LONGEST_STRING:
            raise ApiError(400, f"argument list too long: {self._text[:_SHOWN]}")
        return piece

    def _error(self, problem: str) -> ApiError:
        shown = self._text[:_SHOWN].replace("\\", "\\\\").replace('"', '\\"')
        return ApiError(400, f'failed to process "{shown}": {problem}')


def _trimmed(text: str, operator: str, pattern: str) -> str:
    """``${NAME#pattern}``, ``##``, ``%`` and ``%%``: without the start or the end that matches."""
    if len(text) > _LONGEST_TRIMMED:
        return text
    pattern, whole = pattern.replace("*", "**"), range(len(text) + 1)
    longest = len(operator) == 2
    if operator[0] == "#":
        ends = reversed(whole) if longest else whole
        return next((text[n:] for n in ends if globs.matches(pattern, text[:n])), text)
    starts = whole if longest else reversed(whole)
    return next((text[:n] for n in starts if globs.matches(pattern, text[n:])), text)
