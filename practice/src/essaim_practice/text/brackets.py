"""Bracket expressions of patterns (``[a-z[:digit:]]``): where they end and what they contain."""

from __future__ import annotations

from essaim_practice.text.expressions import Malformed


def bracket_end(text: str, at: int) -> int:
    """The index of the ``]`` that closes the bracket; -1 without one. at: its first item."""
    start = at
    while at < len(text):
        if text[at] == "]" and at > start:
            return at
        if text[at] == "[" and text[at + 1 : at + 2] in (":", ".", "="):
            closed = text.find(text[at + 1] + "]", at + 2)
            if closed < 0:
                return -1
            at = closed + 1
        at += 1
    return -1


def bracket_items(text: str) -> list[str | tuple[int, int]]:
    """The items between brackets: characters, ranges, and names of classes as ``:alpha:``.

    Raises Malformed.
    """
    items: list[str | tuple[int, int]] = []
    signs: list[str] = []
    at = 0
    while at < len(text):
        kind = text[at + 1 : at + 2]
        if text[at] == "[" and kind in (":", ".", "=") and (text.find(kind + "]", at + 2) > 0):
            closed = text.find(kind + "]", at + 2)
            inside = text[at + 2 : closed]
            if kind != ":" and len(inside) != 1:
                raise Malformed
            signs.append(f":{inside}:" if kind == ":" else inside)
            at = closed + 2
        else:
            signs.append("--" if text[at] == "-" else text[at])  # marked: it may mean a range
            at += 1
    at = 0
    while at < len(signs):
        first, dash, last = (*signs[at : at + 3], "", "")[:3]
        if dash == "--" and last and len(first.replace("--", "-")) == 1:
            last = last.replace("--", "-")
            first = first.replace("--", "-")
            if len(last) != 1 or ord(last) < ord(first):
                raise Malformed
            items.append((ord(first), ord(last)))
            at += 3
        else:
            items.append(first.replace("--", "-"))
            at += 1
    return items
