"""SQL as tokens: words, names, texts, numbers, signs; and statements out of a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>[eE]?'(?:[^']|'')*'|\$\$.*?\$\$)
    |(?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<parameter>\$\d+|\?)
    |(?P<sign>::|\|\||<=|>=|<>|!=|!~\*|!~|~\*|->>|->|:=|@@|.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: text, quoted, number, word, parameter, sign."""

    kind: str
    text: str
    at: int  # where it begins

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def name(self) -> str:
        """A word or a quoted name, as a name."""
        if self.kind == "quoted":
            mark = self.text[0]
            return self.text[1:-1].replace(mark * 2, mark)
        return self.text

    @property
    def value(self) -> str:
        """The text between quotes."""
        if self.text.startswith("$$"):
            return self.text[2:-2]
        return self.text[self.text.index("'") + 1 : -1].replace("''", "'")


def tokens(sql: str, hashes: bool = False, escapes: bool = False) -> list[Token]:
    """hashes: a remark may begin with #. escapes: a backslash in a text means what follows it."""
    found, at = [], 0
    while at < len(sql):
        if hashes and sql[at] == "#":
            at = (sql.find("\n", at) + 1) or len(sql)
            continue
        if escapes and sql[at] in "'\"":
            text, end = _escaped(sql, at)
            found.append(Token("text", text, at))
            at = end
            continue
        match = _TOKEN.match(sql, at)
        assert match is not None
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return found


_BACKSLASHED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


def _escaped(sql: str, at: int) -> tuple[str, int]:
    """A text of MySQL's as one of SQLite's, and where it ends."""
    mark, made, place = sql[at], "", at + 1
    while place < len(sql):
        sign = sql[place]
        if sign == "\\" and place + 1 < len(sql):
            following = sql[place + 1]
            made += following if following in "%_" else _BACKSLASHED.get(following, following)
            place += 2
        elif sign == mark and sql[place + 1 : place + 2] == mark:
            made += mark
            place += 2
        elif sign == mark:
            break
        else:
            made += sign
            place += 1
    return "'" + made.replace("'", "''") + "'", place + 1


def statements(found: list[Token]) -> Iterator[list[Token]]:
    """The statements of a script, each without its semicolon; empty ones are left out."""
    begun: list[Token] = []
    for token in found:
        if token.text == ";" and token.kind == "sign":
            if begun:
                yield begun
            begun = []
        else:
            begun.append(token)
    if begun:
        yield begun


def complete(sql: str, hashes: bool = False, escapes: bool = False) -> bool:
    """Whether typed text ends with a semicolon that is no part of a text or remark."""
    found = tokens(sql, hashes, escapes)
    return bool(found) and found[-1].text == ";"


def joined(found: list[Token]) -> str:
    """Tokens as text again, with a space where one is needed or does no harm."""
    made = ""
    for token in found:
        tight = token.text in (",", ")", ".", "(") or made.endswith((".", "(")) or not made
        word_before_bracket = token.text == "(" and made[-1:].isspace()
        made += token.text if tight and not word_before_bracket else f" {token.text}"
    return made
