"""Reads a shell's words: quotes, ``$`` and backquotes, and the marks between words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from essaim_practice.shell.dialect import SyntaxProblem
from essaim_practice.shell.tree import (
    Arithmetic,
    Command,
    Parameter,
    Part,
    Substitution,
    Text,
    Word,
)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_SHORT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_OPERATOR = re.compile(r":?[-=+?]|##?|%%?|//?|:")
_ENDS = frozenset(" \t\n;&|<>()")
_ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
T = TypeVar("T")
DEEPEST = 40  # how deep commands and expansions may be nested

END = "end of file"


class Scanner:
    """A position in a text, and what can be read there. ``commands`` reads what ``$(`` holds."""

    def __init__(self, text: str, depth: int = 0) -> None:
        self.text = text
        self.at = 0
        self.depth = depth

    def commands(self) -> Command | None:
        """The commands up to a closing parenthesis; the parser knows how."""
        raise NotImplementedError

    def inner(self, text: str) -> Command | None:
        """The commands of a whole text; the parser knows how."""
        raise NotImplementedError

    def go_deeper(self) -> None:
        """Raises SyntaxProblem where that is too deep."""
        if self.depth >= DEEPEST:
            raise SyntaxProblem(words="nested too deeply for the practice engine")
        self.depth += 1

    def ahead(self, sign: str) -> bool:
        return self.text.startswith(sign, self.at)

    def blanks(self) -> None:
        """Skip to the next token: blanks, continued lines and a comment."""
        while self.at < len(self.text):
            if self.text[self.at] in " \t":
                self.at += 1
            elif self.ahead("\\\n"):
                self.at += 2
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    # Words

    def word(self) -> Word:
        """The word that stands here; an empty tuple where there is none."""
        return self._parts(lambda: self.text[self.at] in _ENDS, quoted=False)

    def _parts(self, ends: Callable[[], bool], quoted: bool, lax: bool = False) -> Word:
        """Parts up to an end; inside double quotes when ``quoted`` (a here-document when lax)."""
        parts: list[Part] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                parts.append(Text("".join(plain), quoted))
                plain.clear()

        while self.at < len(self.text) and not ends():
            sign = self.text[self.at]
            if sign == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                self.at += 2
                if following == "\n":
                    continue
                if not quoted:
                    flush()
                    parts.append(Text(following or "\\", True))
                elif following and following in ('$`\\"' if not lax else "$`\\"):
                    plain.append(following)
                else:
                    plain.append("\\" + following)
            elif sign == "'" and not quoted:
                flush()
                parts.append(Text(self._to("'"), True))
            elif sign == '"' and not (quoted and lax):
                flush()
                self.at += 1
                parts += self._double()
            elif sign in "$`":
                flush()
                parts.append(self._dollar(quoted) if sign == "$" else self._backquotes(quoted))
            else:
                plain.append(sign)
                self.at += 1
        flush()
        return tuple(parts)

    def _to(self, quote: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            raise SyntaxProblem(words="unterminated quoted string", incomplete=True)
        found = self.text[self.at + 1 : end]
        self.at = end + 1
        return found

    def _double(self) -> Word:
        parts = self._parts(lambda: self.ahead('"'), quoted=True)
        if not self.ahead('"'):
            raise SyntaxProblem(words="unterminated quoted string", incomplete=True)
        self.at += 1
        return parts or (Text("", True),)

    def here_text(self) -> Word:
        """The whole text as the body of a here-document."""
        return self._parts(lambda: False, quoted=True, lax=True)

    def _dollar(self, quoted: bool) -> Part:
        self.at += 1
        if self.ahead("(("):
            return self._arithmetic(quoted)
        if self.ahead("("):
            self.at += 1
            body = self._nested(self.commands)
            return Substitution(body, quoted)
        if self.ahead("{"):
            self.at += 1
            return self._nested(lambda: self._braced(quoted))
        if self.ahead("'") and not quoted:
            return Text(self._ansi(), True)
        match = _SHORT.match(self.text, self.at)
        if match is None:
            return Text("$", quoted)
        self.at = match.end()
        return Parameter(match[0], quoted)

    def _nested(self, read: Callable[[], T]) -> T:
        return deeper(self, read)

    def _ansi(self) -> str:
        """``$'…'``: C's escapes."""
        match = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self.text, self.at)
        if match is None:
            raise SyntaxProblem(words="unterminated quoted string", incomplete=True)
        self.at = match.end()
        return unescaped(match[1])

    def _arithmetic(self, quoted: bool) -> Part:
        self.at += 2
        open_ones = 0

        def ends() -> bool:
            nonlocal open_ones
            sign = self.text[self.at]
            if sign == ")" and not open_ones:
                return True
            open_ones += {"(": 1, ")": -1}.get(sign, 0)
            return False

        expression = self._nested(lambda: self._parts(ends, quoted=True))
        if not self.ahead("))"):
            raise SyntaxProblem(words="missing '))'", incomplete=self.at >= len(self.text))
        self.at += 2
        return Arithmetic(expression, quoted)

    def _braced(self, quoted: bool) -> Part:
        length = self.ahead("#") and _NAMED.match(self.text, self.at + 1)
        if length and self.text.startswith("}", length.end()):
            self.at = length.end() + 1
            return Parameter(length[0], quoted, "length")
        match = _NAMED.match(self.text, self.at)
        if match is None:
            missing = self.at >= len(self.text)
            raise SyntaxProblem(words="missing '}'" if missing else "bad substitution")
        self.at = match.end()
        operator = _OPERATOR.match(self.text, self.at)
        self.at = operator.end() if operator else self.at
        pattern = operator is not None and operator[0][0] in "#%/"
        word = self._parts(lambda: self.ahead("}"), quoted=quoted and not pattern)
        if not self.ahead("}"):
            raise SyntaxProblem(words="missing '}'", incomplete=True)
        self.at += 1
        if operator is None and word:
            raise SyntaxProblem(words="bad substitution")
        return Parameter(match[0], quoted, operator[0] if operator else "", word)

    def _backquotes(self, quoted: bool) -> Part:
        match = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL).match(self.text, self.at)
        if match is None:
            raise SyntaxProblem(words="EOF in backquote substitution", incomplete=True)
        self.at = match.end()
        escaped = r'\\([`$\\"])' if quoted else r"\\([`$\\])"
        source = re.sub(escaped, r"\1", match[1])
        return Substitution(self._nested(lambda: self.inner(source)), quoted)


def deeper(scanner: Scanner, read: Callable[[], T]) -> T:
    """Read one level down. Raises SyntaxProblem where that is too deep."""
    scanner.go_deeper()
    try:
        return read()
    finally:
        scanner.depth -= 1


def unescaped(text: str) -> str:
    """A text with C's backslash escapes put in."""

    def meant(match: re.Match[str]) -> str:
        octal, hexadecimal, letter = match.groups()
        if octal or hexadecimal:
            number = int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)
            return bytes([number]).decode(errors="surrogateescape")
        return {**_ESCAPES, "v": "\v", "\\": "\\", "'": "'", '"': '"'}.get(letter, match[0])

    return _ESCAPE.sub(meant, text)
