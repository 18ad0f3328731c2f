"""The words of Go's text/template: texts and actions, and the tokens within an action."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import TemplateError

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<raw>`[^`]*`)
  | (?P<char>'(?:[^'\\\n]|\\.)+')
  | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+))
  | (?P<field>\.[^\W\d]\w*)
  | (?P<dot>\.)
  | (?P<variable>\$\w*)
  | (?P<word>[^\W\d]\w*)
  | (?P<declare>:=)
  | (?P<sign>[=|(),])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an action, and its offset in the text."""

    kind: str  # the name of its group in _TOKEN; "end" after the last one of an action
    text: str
    at: int


def pieces(text: str) -> Iterator[tuple[str, str, int]]:
    """("text" or "action", what it holds, where that begins), with comments left out."""
    at, trim = 0, False
    while True:
        opened = text.find("{{", at)
        words = text[at:] if opened < 0 else text[at:opened]
        words = words.lstrip(" \t\r\n") if trim else words
        if opened < 0:
            yield "text", words, at
            return
        at = opened + 2
        if re.match(r"-[ \t\r\n]", text[at:]):
            words = words.rstrip(" \t\r\n")
            at += 1
        yield "text", words, opened
        if comment := re.match(r"\s*/\*(.*?)\*/(\s-)?}}", text[at:], re.DOTALL):
            at, trim = at + comment.end(), bool(comment[2])
            continue
        closed = _closed(text, at)
        inside = text[at:closed]
        trim = bool(re.search(r"[ \t\r\n]-$", inside))
        yield "action", inside[:-1] if trim else inside, at
        at = closed + 2


def _closed(text: str, at: int) -> int:
    """Where the action that begins here is closed."""
    begin = at
    while at < len(text) and not text.startswith("}}", at):
        if text[at] in "\"'`":
            token = _TOKEN.match(text, at)
            if token is None:
                kinds = {'"': "unterminated quoted string", "`": "unterminated raw quoted string"}
                raise refused(text, at, kinds.get(text[at], "unterminated character constant"))
            at = token.end()
        else:
            at += 1
    if at >= len(text):
        raise refused(text, len(text) if "\n" in text[begin:] else begin, "unclosed action")
    return at


def refused(text: str, at: int, why: str) -> TemplateError:
    """Go's sentence, with the line that it is about. at: an offset in the text."""
    return TemplateError(f"template: :{1 + text.count(chr(10), 0, at)}: {why}")


def tokens(text: str, words: str, begin: int) -> Iterator[Token]:
    """Those of an action, and one more for its end. begin: where it stands in the text."""
    at = 0
    while at < len(words):
        found = _TOKEN.match(words, at)
        if found is None:
            raise refused(text, begin + at, f"unexpected {quoted(words[at])} in command")
        yield Token(found.lastgroup or "", found[0], begin + at)
        at = found.end()
    yield Token("end", "", begin + at)


def quoted(text: str) -> str:
    return f'"{text}"'
