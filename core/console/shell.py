"""The console's share of a shell's grammar: lines, comments, && and ; and the rest is refused.

No text reaches a shell: a line is docker's, or it is answered with a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

#: Signs that a shell acts on, and the console refuses.
REDIRECTIONS = ("|", "<", ">")


@dataclass(frozen=True, slots=True)
class Piece:
    """One docker line of a typed text."""

    text: str
    after_success: bool = False  # && stands before it
    foreign: str = ""  # the first sign in it that only a shell would understand
    goes_on: bool = False  # it stands on one line with the piece before it


def pieces(typed: str) -> Iterator[Piece]:
    """The lines to run, in order; comments, empty lines and pasted prompts are left out."""
    for line in typed.replace("\r", "").replace("\\\n", " ").split("\n"):
        for at, piece in enumerate(_pieces(line.strip().removeprefix("$ "))):
            yield replace(piece, goes_on=at > 0)


def _pieces(line: str) -> Iterator[Piece]:
    text, foreign, quote, after_success = "", "", "", False
    at = 0
    while at < len(line):
        char, two = line[at], line[at : at + 2]
        step = char
        if char == "\\" and quote != "'":
            step = two
        elif quote:
            if char == quote:
                quote = ""
            elif quote == '"':
                foreign = foreign or _expanded(line, at)
        elif char in "'\"":
            quote = char
        elif char == "#" and not text[-1:].strip():
            break
        elif two == "&&" or char == ";":
            yield from _piece(text, after_success, foreign)
            text, foreign, after_success = "", "", two == "&&"
            at += len(two) if after_success else 1
            continue
        elif char in REDIRECTIONS or char == "&":
            foreign = foreign or char
        else:
            foreign = foreign or _expanded(line, at)
        text += step
        at += len(step)
    yield from _piece(text, after_success, foreign)


def _piece(text: str, after_success: bool, foreign: str) -> Iterator[Piece]:
    if text.strip():
        yield Piece(text.strip(), after_success, foreign)


def _expanded(line: str, at: int) -> str:
    """The sign of an expansion that begins here, or ''."""
    if line[at] == "`":
        return "`"
    if line[at] != "$" or not (following := line[at + 1 : at + 2]):
        return ""
    if following in "({":
        return f"${following}"
    return "$" if following.isalpha() or following in "_?$" else ""
