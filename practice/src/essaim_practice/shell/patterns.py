"""A shell's patterns (* ? […]): match texts, and find the files that match a word."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from functools import lru_cache
from posixpath import join

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.steps import Work
from essaim_practice.text.brackets import bracket_end, bracket_items
from essaim_practice.text.encoding import encoded
from essaim_practice.text.expressions import (
    Expression,
    Malformed,
    TooLarge,
    bracket,
    compiled,
    literal,
)

Fragments = Sequence[tuple[str, bool]]  # text, and whether it stands for itself

MOST = 10_000  # files that a word may mean
_LONGEST = 8 * 1024  # characters of a pattern
_LOOK = Work(20)  # what it costs to look at a name
_SUBSTITUTION = 5  # microseconds that one costs, besides the search for it
_SPECIAL = re.compile(r"[*?\[]")


def has_pattern(fragments: Fragments) -> bool:
    return any(not quoted and _SPECIAL.search(text) for text, quoted in fragments)


def plain(text: str) -> Fragments:
    """A pattern as fnmatch takes it: a backslash protects what follows."""
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        quoted = text[at] == "\\" and at + 1 < len(text)
        at += quoted
        found.append((text[at], quoted))
        at += 1
    return found


@lru_cache(maxsize=256)
def _atoms(fragments: tuple[tuple[str, bool], ...]) -> tuple[bytes, ...]:
    """The pattern sign by sign, each as an expression. Raises TooLarge."""
    signs = [(sign, quoted) for text, quoted in fragments for sign in text]
    if len(signs) > _LONGEST:
        raise TooLarge
    parts: list[bytes] = []
    at = 0
    while at < len(signs):
        sign, quoted = signs[at]
        at += 1
        if quoted or sign not in "*?[":
            parts.append(literal(sign))
        elif sign == "?":
            parts.append(b".")
        elif sign == "*":
            if parts[-1:] != [b".*"]:
                parts.append(b".*")
        else:
            found, at = _bracket(signs, at)
            parts.append(found)
    return tuple(parts)


def _bracket(signs: list[tuple[str, bool]], at: int) -> tuple[bytes, int]:
    """A bracket expression and where it ends; a bracket alone where there is no end."""
    text = "".join(sign if not quoted else _QUOTED.get(sign, sign) for sign, quoted in signs[at:])
    inverted = text[:1] in ("!", "^")
    end = bracket_end(text, int(inverted))
    if end < 0:
        return literal("["), at
    try:
        items = bracket_items(text[inverted:end])
        meant = [_MEANT.get(item, item) if isinstance(item, str) else item for item in items]
        return bracket(meant, inverted), at + end + 1
    except Malformed:
        return literal("["), at


#: Signs that quotes protect, while brackets are read; from the private use area.
_QUOTED = {"]": "\ue000", "-": "\ue001", "[": "\ue002", "!": "\ue003", "^": "\ue004"}
_MEANT = {mark: sign for sign, mark in _QUOTED.items()}


def _expression(
    fragments: Fragments, shortest: bool = False, backwards: bool = False
) -> Expression:
    atoms = _atoms(tuple(fragments))
    if shortest:
        atoms = tuple(atom + b"?" if atom == b".*" else atom for atom in atoms)
    return compiled(b"".join(atoms[::-1] if backwards else atoms), longest=not shortest)


def matches(fragments: Fragments, text: str) -> bool:
    """Whether the pattern matches a whole text. Raises TooLarge."""
    return _expression(fragments).is_whole(encoded(text))


def without(text: str, fragments: Fragments, operator: str) -> str:
    """``${x#p}`` and its kin: the text without the beginning or end that the pattern matches.

    Raises TooLarge.
    """
    whole = "".join(fragment for fragment, _ in fragments)
    if not has_pattern(fragments):
        return text.removeprefix(whole) if operator[0] == "#" else text.removesuffix(whole)
    shortest, backwards = len(operator) == 1, operator[0] == "%"
    data = encoded(text[::-1] if backwards else text)
    match = _expression(fragments, shortest, backwards).beginning(data)
    rest = data[match.end :].decode(errors="surrogateescape") if match else ""
    if match is None:
        return text
    return rest[::-1] if backwards else rest


def replaced(
    text: str, fragments: Fragments, by: str, everywhere: bool, most: int
) -> Generator[Work, None, str]:
    """``${x/p/y}``. Raises TooLarge, also where more than ``most`` characters come of it."""
    if not fragments:
        return text
    expression, data, put_in = _expression(fragments), encoded(text), encoded(by)
    made = bytearray()
    at = size = 0
    while at < len(data):
        yield Work(_SUBSTITUTION + expression.effort(len(data) - at))
        if (match := expression.search(data, at)) is None:
            break
        end = match.end if match.end > match.start else match.start + 1  # nothing is no match
        made += data[at : match.start]
        made += put_in if match.end > match.start else data[match.start : end]
        size += len(put_in)
        if size > most:
            raise TooLarge
        at = end
        if match.end > match.start and not everywhere:
            break
    made += data[at:]
    return made.decode(errors="surrogateescape")


def files(fragments: Fragments, fs: FileSystem, cwd: str) -> Generator[Work, None, list[str]]:
    """The paths that a word with a pattern means, sorted; at most MOST. Raises TooLarge."""
    parts: list[list[tuple[str, bool]]] = [[]]
    for text, quoted in fragments:
        first, *others = text.split("/")
        parts[-1].append((first, quoted))
        parts += [[(other, quoted)] for other in others]
    found: list[str] = []
    left = [("", 0)]  # paths that match so far, and how many parts they match
    while left and len(found) < MOST:
        before, number = left.pop()
        while number < len(parts) and not has_pattern(parts[number]):
            before += "".join(text for text, _ in parts[number])
            number += 1
            before += "/" * (number < len(parts))
        yield _LOOK
        if number == len(parts):
            if _there(fs, join(cwd, before)):
                found.append(before)
            continue
        names = yield from _names(fs, join(cwd, before or "."), parts[number])
        for name in names:
            yield _LOOK
            if number + 1 == len(parts):
                found.append(before + name)
            elif fs.is_folder(join(cwd, before + name)):
                left.append((f"{before}{name}/", number + 1))
    return sorted(found)[:MOST]


def _names(fs: FileSystem, folder: str, part: Fragments) -> Generator[Work, None, list[str]]:
    """The names in a folder that a part of a path matches, sorted the other way round."""
    try:
        names = fs.listing(folder)
    except OSError:
        return []
    hidden = part[0][0].startswith(".") or (part[0][0] == "" and part[1][0].startswith("."))
    found: list[str] = []
    for name in reversed([".", "..", *names] if hidden else names):
        yield _LOOK
        if (hidden or not name.startswith(".")) and matches(part, name):
            found.append(name)
    return found


def _there(fs: FileSystem, path: str) -> bool:
    try:
        fs.entry(path, follow=False)
    except OSError:
        return False
    return True
