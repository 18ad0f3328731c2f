"""Patterns of ``.dockerignore``: which files of a folder a build does not get.

The rules are those of moby/patternmatcher, in time that grows with the product of the lengths of a
pattern and a path: learners write the patterns.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable


def excluded(path: str, patterns: Iterable[tuple[str, bool]]) -> bool:
    """Whether the last pattern that fits a path, or a folder above it, leaves it out.

    patterns: as ``read`` gives them.
    """
    parts = path.split("/")
    heads = [parts[:length] for length in range(1, len(parts) + 1)]
    out = False
    for pattern, keeps in patterns:
        if keeps == out and any(_fits(head, pattern.split("/")) for head in heads):
            out = not keeps
    return out


def read(text: str) -> list[tuple[str, bool]]:
    """The patterns of a file, each with whether it takes files in again: ``!important``."""
    found = []
    for line in text.removeprefix("\ufeff").splitlines():
        word = line.strip()
        if not word or line.startswith("#"):
            continue
        keeps = word.startswith("!")
        clean = posixpath.normpath(word.removeprefix("!").strip()).lstrip("/")
        if clean and clean != ".":
            found.append((clean, keeps))
    return found


def _fits(path: list[str], pattern: list[str]) -> bool:
    """Whether a whole path fits; ``**`` stands for any number of folders, none as well."""
    reached = {0}  # numbers of the pattern's parts that may come next
    for number, part in enumerate(pattern):  # leading ** fit nothing, too
        if number in reached and part == "**":
            reached.add(number + 1)
    for each in path:
        after: set[int] = set()
        for number in reached:
            if number == len(pattern):
                continue
            if pattern[number] == "**":
                after.add(number)
            elif _part_fits(each, pattern[number]):
                after.add(number + 1)
        for number, part in enumerate(pattern):
            if number in after and part == "**":
                after.add(number + 1)
        reached = after
    return len(pattern) in reached


def _part_fits(name: str, pattern: str) -> bool:
    """Whether one part fits, with ``*``, ``?``, ``[a-z]`` and a backslash before a sign."""
    reached = {0}
    signs = list(_signs(pattern))
    for letter in [*name, ""]:
        for number, sign in enumerate(signs):
            if number in reached and sign == "*":
                reached.add(number + 1)
        if not letter:
            break
        after: set[int] = set()
        for number in reached:
            if number < len(signs):
                sign = signs[number]
                if sign == "*":
                    after.add(number)
                elif sign in ("?", f"\\{letter}") or (
                    isinstance(sign, tuple) and _in(letter, *sign)
                ):
                    after.add(number + 1)
        reached = after
    return len(signs) in reached


def _signs(pattern: str) -> Iterable[str | tuple[str, bool]]:
    """``*`` and ``?``; a backslash and a letter; or a set of letters and whether it is negated."""
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        end = pattern.find("]", at + 2) if letter == "[" else -1
        if end > 0:
            inside = pattern[at + 1 : end]
            yield inside.lstrip("^!"), inside[:1] in ("^", "!")
            at = end
        elif letter == "\\" and at + 1 < len(pattern):
            at += 1
            yield f"\\{pattern[at]}"
        else:
            yield letter if letter in "*?" else f"\\{letter}"
        at += 1


def _in(letter: str, inside: str, negated: bool) -> bool:
    at, found = 0, False
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            found |= inside[at] <= letter <= inside[at + 2]
            at += 3
        else:
            found |= inside[at] == letter
            at += 1
    return found is not negated
