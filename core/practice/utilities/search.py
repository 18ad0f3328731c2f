"""grep: the lines in which a pattern lies."""

from __future__ import annotations

import re
from posixpath import basename, join

from core.practice.files.tree import File
from core.practice.programs.base import World
from core.practice.programs.steps import Steps, line
from core.practice.utilities.base import (
    Doing,
    Lines,
    Misuse,
    Options,
    opened,
    options,
    out,
    place,
    reason,
    text_of,
    tool,
)
from core.practice.utilities.regex import Pattern

_LONG = {
    "ignore-case": "i",
    "invert-match": "v",
    "count": "c",
    "line-number": "n",
    "recursive": "r",
    "extended-regexp": "E",
    "quiet": "q",
    "only-matching": "o",
    "color": "u",
    "fixed-strings": "F",
    "word-regexp": "w",
}


@tool(
    "grep",
    "egrep",
    "fgrep",
    usage="[-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] "
    "{ PATTERN | -e PATTERN... | -f FILE... } [FILE]...",
    code=2,
)
def grep(argv: list[str], world: World) -> Steps:
    asked = options(argv, "HhnlLoqvsrRiwxFEzcua", "emABCf", _LONG)
    words = list(asked.words)
    sources = list(asked.given.get("e", []))
    for name in asked.given.get("f", []):
        sources += text_of(world.fs.read(place(world, name))).splitlines()
    if not {"e", "f"} & asked.given.keys():
        if not words:
            raise Misuse("")
        sources = words.pop(0).split("\n")
    patterns = [_pattern(source, asked, basename(argv[0])) for source in sources]
    recursive = bool({"r", "R"} & asked.given.keys())
    names = words or (["."] if recursive else ["-"])
    code, found_any = 0, False
    headed = (len(names) > 1 or recursive or "H" in asked) and "h" not in asked
    for name in names:
        try:
            found = [name] if name == "-" else _files(world, name, recursive)
            for path in found:
                lines = opened(world, path)
                found_any |= yield from _searched(path, lines, patterns, asked, headed)
        except OSError as error:
            if "s" not in asked:
                yield line(f"grep: {name}: {reason(error)}", 2)
            code = 2
        if found_any and "q" in asked:
            return 0
    return code or int(not found_any)


def _pattern(source: str, asked: Options, name: str) -> Pattern:
    extended = "E" in asked or name == "egrep"
    if "F" in asked or name == "fgrep":
        source, extended = re.sub(r"([\\.\[\]*^$+?(){}|])", r"\\\1", source), True
    if "w" in asked:
        source = rf"\b({source})\b" if extended else rf"\b\({source}\)\b"
    if "x" in asked:
        source = f"^({source})$" if extended else rf"^\({source}\)$"
    return Pattern(source, extended, "i" in asked)


def _files(world: World, name: str, recursive: bool) -> list[str]:
    path = place(world, name)
    world.fs.entry(path)
    if not recursive or not world.fs.is_folder(path):
        return [name]
    root = world.fs.resolve(path)
    below = (found for found in world.fs.walk(root))
    files = [f for f in below if isinstance(world.fs.entry(f, follow=False), File)]
    start = len(root.rstrip("/")) + 1
    return [join(name, file[start:]) for file in files]


def _searched(
    name: str, lines: Lines, patterns: list[Pattern], asked: Options, headed: bool
) -> Doing[bool]:
    """Print what is found in one file; returns whether anything was."""
    count = number = 0
    most = asked.number("m", 10**9)
    around = asked.number("C", 0)
    after, before = asked.number("A", around), asked.number("B", around)
    held: list[tuple[int, str]] = []
    left = 0
    printed = 0
    quiet = bool({"q", "c", "l", "L"} & asked.given.keys())
    shown_name = "(standard input)" if name == "-" else name
    while count < most or left:
        one = yield from lines.next()
        if one is None:
            break
        number += 1
        text = text_of(one).rstrip("\n")
        match = next((m for p in patterns if (m := p.search(text))), None)
        hit = (match is not None) != ("v" in asked) and count < most
        if hit:
            count += 1
            if "q" in asked or "l" in asked:
                break
        if quiet:
            continue
        if hit and "o" in asked:
            if match is not None and "v" not in asked:
                for found in _all(patterns, text):
                    yield out(_row(shown_name, number, found, ":", asked, headed))
        elif hit:
            if (before or after) and printed and number - len(held) > printed + 1:
                yield out("--\n")
            for place_, row in held:
                yield out(_row(shown_name, place_, row, "-", asked, headed))
            held = []
            yield out(_row(shown_name, number, text, ":", asked, headed))
            printed, left = number, after
        elif left:
            left -= 1
            printed = number
            yield out(_row(shown_name, number, text, "-", asked, headed))
        elif before:
            held = [*held, (number, text)][-before:]
    if "c" in asked:
        yield out((f"{shown_name}:" if headed else "") + f"{count}\n")
    if ("l" in asked and count) or ("L" in asked and not count):
        yield out(f"{shown_name}\n")
    return not count if "L" in asked else bool(count)


def _all(patterns: list[Pattern], text: str) -> list[str]:
    found, at = [], 0
    while at <= len(text):
        matches = [m for p in patterns if (m := p.search(text, at))]
        if not matches:
            break
        match = min(matches, key=lambda m: (m.start(), -m.end()))
        if match[0]:
            found.append(match[0])
        at = match.end() if match[0] else match.end() + 1
    return found


def _row(name: str, number: int, text: str, mark: str, asked: Options, headed: bool) -> str:
    shown = f"{name}{mark}" if headed else ""
    shown += f"{number}{mark}" if "n" in asked else ""
    return f"{shown}{text}\n"
