"""Reads a shell's tokens: words, operators, reserved words, here-documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from essaim_practice.shell.dialect import SyntaxProblem
from essaim_practice.shell.scanner import END, Scanner
from essaim_practice.shell.tree import Redirection, Text, Word

KEYWORDS = frozenset(
    ("!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until")
) | {"while", "{", "}"}
_LONGEST_HERE = 8 * 1024  # characters of a here-document that has expansions
_MOST_WORDS = 10_000  # of commands that are read at once
_OPERATORS = ("&&", "||", ";;", ";", "&", "|", "(", ")", "\n")
_REDIRECTION = re.compile(r"([0-9]?)(<<-|<<|<&|<>|<|>>|>&|>\||>)|(&>>?)")


@dataclass(slots=True)
class _Pending:
    """A here-document whose text begins after this line."""

    redirection: Redirection
    delimiter: str
    literal: bool
    tabs: bool  # <<-: leading tabs do not count


class Tokens(Scanner):
    """What stands at a position of a text. ``whole``: no more lines can come after it."""

    def __init__(
        self,
        text: str,
        whole: bool = True,
        aliases: Mapping[str, str] | None = None,
        depth: int = 0,
        line: int = 1,
    ) -> None:
        super().__init__(text, depth)
        self.whole = whole
        self._aliases = aliases or {}
        self._put_in = 0
        self._first = line
        self._pending: list[_Pending] = []
        self._words = 0  # that were read
        self._counted = (0, line)  # a position, and its line

    @property
    def line(self) -> int:
        at, line = self._counted
        if at > self.at:
            at, line = 0, self._first
        self._counted = self.at, line + self.text.count("\n", at, self.at)
        return self._counted[1]

    # Tokens

    def _peek(self) -> str:
        """The operator that stands here, "end of file", or "" before a word."""
        self.blanks()
        if self.at >= len(self.text):
            return END
        if self._redirects():
            return ""
        return next((sign for sign in _OPERATORS if self.ahead(sign)), "")

    def _redirects(self) -> re.Match[str] | None:
        return _REDIRECTION.match(self.text, self.at)

    def _accept(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self.at += len(sign)
        return True

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise self._unexpected(f'"{sign}"')

    def _keyword(self) -> str:
        """The reserved word that stands here, or nothing."""
        if self._peek():
            return ""
        match = re.compile(r"[^\s;&|<>()]+").match(self.text, self.at)
        return match[0] if match and match[0] in KEYWORDS else ""

    def _take(self, keyword: str) -> None:
        if self._keyword() != keyword:
            raise self._unexpected(f'"{keyword}"')
        self.at += len(keyword)

    def _unexpected(self, expecting: str = "") -> SyntaxProblem:
        sign = self._peek()
        if sign == END:
            return SyntaxProblem(END, expecting, incomplete=True)
        if sign:
            return SyntaxProblem("newline" if sign == "\n" else f'"{sign}"', expecting)
        if self._redirects():
            return SyntaxProblem("redirection", expecting)
        keyword = self._keyword()
        return SyntaxProblem(f'"{keyword}"' if keyword else "word", expecting)

    def _newlines(self, most: int = -1) -> None:
        while most and self._peek() == "\n":
            self.at += 1
            most -= 1
            if self._pending:
                self._here_documents()

    def _here_documents(self) -> None:
        for here in self._pending:
            lines: list[str] = []
            while True:
                if self.at >= len(self.text):
                    if not self.whole:
                        raise SyntaxProblem(END, incomplete=True)
                    break
                end = self.text.find("\n", self.at)
                line = self.text[self.at : end if end >= 0 else len(self.text)]
                self.at = min(self.at + len(line) + 1, len(self.text))
                line = line.lstrip("\t") if here.tabs else line
                if line == here.delimiter:
                    break
                lines.append(line + "\n")
            body = "".join(lines)
            if len(body) > _LONGEST_HERE and not here.literal:
                raise SyntaxProblem(words="out of memory: too long for the practice engine")
            if here.literal:
                here.redirection.target = (Text(body, True),)
            else:
                here.redirection.target = type(self)(body, depth=self.depth).here_text()
        self._pending = []

    def _any_word(self) -> Word:
        word = self.word()
        if not word:
            raise self._unexpected()
        self._words += 1
        if self._words > _MOST_WORDS:
            raise SyntaxProblem(words="out of memory: too long for the practice engine")
        return word

    def _raw(self, word: Word) -> str:
        """A word that is plain text, or nothing."""
        plain = all(isinstance(part, Text) and not part.quoted for part in word)
        return "".join(part.text for part in word if isinstance(part, Text)) if plain else ""

    def _redirection(self) -> Redirection:
        match = self._redirects()
        assert match is not None
        self.at = match.end()
        digit, operator, both = match.groups()
        self.blanks()
        start = self.at
        target = self.word()
        if not target:
            raise self._unexpected()
        if both:
            return Redirection(1, both, target)
        descriptor = int(digit) if digit else int(operator.startswith(">"))
        if operator in ("<<", "<<-"):
            redirection = Redirection(descriptor, "<<", ())
            literal = any(isinstance(part, Text) and part.quoted for part in target)
            delimiter = re.sub(r"[\\'\"]", "", self.text[start : self.at])
            here = _Pending(redirection, delimiter, literal, operator == "<<-")
            self._pending.append(here)
            return redirection
        operator = {"<&": "&", ">&": "&", ">|": ">"}.get(operator, operator)
        return Redirection(descriptor, operator, target)
