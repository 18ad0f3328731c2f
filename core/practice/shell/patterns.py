"""A shell's patterns (* ? […]): matching a text, and finding the files that a word means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from posixpath import join

from core.practice.files.filesystem import FileSystem
from core.practice.utilities.regex import CLASSES

Fragments = Sequence[tuple[str, bool]]  # text, and whether it stands for itself

MOST = 10_000  # files that a word may mean
_LONGEST = 4096  # characters of a text whose beginnings or ends are tried one by one
_SPECIAL = re.compile(r"[*?\[]")


def has_pattern(fragments: Fragments) -> bool:
    return any(not quoted and _SPECIAL.search(text) for text, quoted in fragments)


@lru_cache(maxsize=256)
def _compiled(signs: tuple[tuple[str, bool], ...]) -> re.Pattern[str]:
    """The pattern as a regular expression that never tries a star twice."""
    parts: list[str] = []
    starred = False
    at = 0
    while at < len(signs):
        sign, quoted = signs[at]
        at += 1
        if quoted or sign not in "*?[":
            parts.append(re.escape(sign))
        elif sign == "?":
            parts.append(".")
        elif sign == "*":
            if starred:  # what stands between two stars is found where it first occurs
                start = len(parts) - 1 - parts[::-1].index("*")
                parts[start:] = ["(?>.*?" + "".join(parts[start + 1 :]) + ")"]
            parts.append("*")
            starred = True
        else:
            found, at = _bracket(signs, at)
            parts.append(found)
    if starred:
        start = len(parts) - 1 - parts[::-1].index("*")
        parts[start] = ".*"
    return re.compile("".join(parts), re.DOTALL)


def _bracket(signs: tuple[tuple[str, bool], ...], at: int) -> tuple[str, int]:
    """A bracket expression and where it ends; a bracket alone where there is no end."""
    text = "".join(sign if sign != "]" or not quoted else "\0" for sign, quoted in signs[at:])
    match = re.match(r"([!^]?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]", text)
    if match is None:
        return re.escape("["), at
    inner = re.sub(r"[\\&~|\[]|--", lambda m: "\\" + m[0], match[2].replace("\0", "]"))
    inner = re.sub(r"\\\[:([a-z]+):\]", lambda m: CLASSES.get(m[1], ""), inner)
    inner = inner.replace("]", "\\]").replace("^", "\\^")
    inner = re.sub(r"\\\\\]", r"\\]", inner)
    source = f"[{'^' if match[1] else ''}{inner}]"
    try:
        re.compile(source)
    except re.error:
        return re.escape("["), at
    return source, at + match.end()


def _signs(fragments: Fragments) -> tuple[tuple[str, bool], ...]:
    return tuple((sign, quoted) for text, quoted in fragments for sign in text)


def matches(fragments: Fragments, text: str) -> bool:
    return _compiled(_signs(fragments)).fullmatch(text) is not None


def without(text: str, fragments: Fragments, operator: str) -> str:
    """``${x#p}`` and its kin: the text without the beginning or end that the pattern matches.

    Raises ValueError where the text is too long for it.
    """
    pattern = _compiled(_signs(fragments))
    if not has_pattern(fragments):
        plain = "".join(fragment for fragment, _ in fragments)
        return text.removeprefix(plain) if operator[0] == "#" else text.removesuffix(plain)
    if len(text) > _LONGEST:
        raise ValueError("too long")
    cuts: Sequence[int] = range(len(text) + 1)
    if operator in ("##", "%"):
        cuts = cuts[::-1]
    for cut in cuts:
        if operator[0] == "#" and pattern.fullmatch(text, 0, cut):
            return text[cut:]
        if operator[0] == "%" and pattern.fullmatch(text, cut):
            return text[:cut]
    return text


def replaced(text: str, fragments: Fragments, by: str, everywhere: bool) -> str:
    """``${x/p/y}``. Raises ValueError where the text is too long for it."""
    if not fragments:
        return text
    if len(text) > _LONGEST:
        raise ValueError("too long")
    pattern = _compiled(_signs(fragments))
    parts, at, done = [], 0, False
    while at < len(text):
        longest = 0
        if not done or everywhere:
            ends = range(len(text), at, -1) if has_pattern(fragments) else (len(text),)
            if not has_pattern(fragments):
                found = pattern.match(text, at)
                longest = found.end() - at if found else 0
            else:
                longest = next((e - at for e in ends if pattern.fullmatch(text, at, e)), 0)
        parts.append(by if longest else text[at])
        done = done or bool(longest)
        at += longest or 1
    return "".join(parts)


def files(fragments: Fragments, fs: FileSystem, cwd: str) -> list[str]:
    """The paths that a word with a pattern means, sorted; at most MOST."""
    parts: list[list[tuple[str, bool]]] = [[]]
    for text, quoted in fragments:
        first, *others = text.split("/")
        parts[-1].append((first, quoted))
        parts += [[(other, quoted)] for other in others]
    found: list[str] = []
    for path in _found(fs, cwd, "", parts):
        found.append(path)
        if len(found) >= MOST:
            break
    return sorted(found)


def _found(
    fs: FileSystem, cwd: str, before: str, parts: list[list[tuple[str, bool]]]
) -> Iterator[str]:
    here, rest = parts[0], parts[1:]
    if not has_pattern(here):
        path = before + "".join(text for text, _ in here)
        if rest:
            yield from _found(fs, cwd, path + "/", rest)
        elif _there(fs, join(cwd, path)):
            yield path
        return
    try:
        names = fs.listing(join(cwd, before or "."))
    except OSError:
        return
    hidden = here[0][0].startswith(".") or (here[0][0] == "" and here[1][0].startswith("."))
    pattern = _compiled(_signs(here))
    for name in [".", "..", *names] if hidden else names:
        if (name.startswith(".") and not hidden) or not pattern.fullmatch(name):
            continue
        if not rest:
            yield before + name
        elif fs.is_folder(join(cwd, before + name)):
            yield from _found(fs, cwd, f"{before}{name}/", rest)


def _there(fs: FileSystem, path: str) -> bool:
    try:
        fs.entry(path, follow=False)
    except OSError:
        return False
    return True
