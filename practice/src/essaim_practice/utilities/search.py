"""grep: the lines in which a pattern lies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from posixpath import basename, join

from essaim_practice.programs.base import Context
from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.steps import Steps, Work, Write, line
from essaim_practice.store.file_tree import File
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.text.expressions import Match
from essaim_practice.utilities.base import (
    ENTRY,
    MOST,
    Doing,
    Lines,
    Misuse,
    Options,
    opened,
    options,
    out,
    place,
    reason,
    tool,
)
from essaim_practice.utilities.regex import COMPILED, Pattern

_MATCH = 5  # microseconds that one costs
_MOST_HELD = 1000  # lines before a match that are kept for -B
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
def grep(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "HhnlLoqvsrRiwxFEzcua", "emABCf", _LONG)
    words = list(asked.words)
    sources = list(asked.given.get("e", []))
    for name in asked.given.get("f", []):
        sources += decoded(context.fs.read(place(context, name))).splitlines()
    if not {"e", "f"} & asked.given.keys():
        if not words:
            raise Misuse("")
        sources = words.pop(0).split("\n")
    pattern = Pattern(
        *sources,
        extended="E" in asked or basename(argv[0]) == "egrep",
        ignore_case="i" in asked,
        whole="x" in asked,
        words="w" in asked,
        plain="F" in asked or basename(argv[0]) == "fgrep",
        groups=False,
    )
    yield Work(COMPILED + sum(map(len, sources)))
    recursive = bool({"r", "R"} & asked.given.keys())
    names = words or (["."] if recursive else ["-"])
    code, found_any = 0, False
    headed = (len(names) > 1 or recursive or "H" in asked) and "h" not in asked
    for name in names:
        yield ENTRY
        try:
            found = iter([name]) if name == "-" else _files(context, name, recursive)
            for path in found:
                yield ENTRY
                if not path:
                    continue
                lines = opened(context, path)
                found_any |= yield from _searched(path, lines, pattern, asked, headed)
        except OSError as error:
            if "s" not in asked:
                yield line(f"grep: {name}: {reason(error)}", 2)
            code = 2
        if found_any and "q" in asked:
            return 0
    return code or int(not found_any)


def _files(context: Context, name: str, recursive: bool) -> Iterator[str]:
    """The files to be searched, and "" for whatever else there is."""
    path = place(context, name)
    context.fs.entry(path)
    if not recursive or not context.fs.is_folder(path):
        yield name
        return
    root = context.fs.resolve(path)
    start = len(root.rstrip("/")) + 1
    for found in context.fs.walk(root):
        yield join(name, found[start:]) if isinstance(context.fs.at(found), File) else ""


def _searched(
    name: str, lines: Lines, pattern: Pattern, asked: Options, headed: bool
) -> Doing[bool]:
    """Print what is found in one file; returns whether anything was."""
    count = number = 0
    most = asked.number("m", 10**9)
    around = asked.number("C", 0)
    after, before = asked.number("A", around), asked.number("B", around)
    held: deque[tuple[int, bytes]] = deque(maxlen=max(0, min(before, _MOST_HELD)))
    left = printed = kept = 0
    quiet = bool({"q", "c", "l", "L"} & asked.given.keys())
    shown_name = "(standard input)" if name == "-" else name
    tally = Tally()
    while count < most or left:
        one = yield from lines.next()
        if one is None:
            break
        number += 1
        text = one.rstrip(b"\n")
        if tally.add(pattern.effort(len(text))):
            yield tally.told()
        match = pattern.search(text)
        hit = (match is not None) != ("v" in asked) and count < most
        if hit:
            count += 1
            if "q" in asked or "l" in asked:
                break
        if quiet:
            continue
        if hit and "o" in asked:
            if match is not None and "v" not in asked:
                yield from _parts(shown_name, number, text, match, pattern, asked, headed)
        elif hit:
            if (before or after) and printed and number - len(held) > printed + 1:
                yield out("--\n")
            for place_, row in held:
                yield _row(shown_name, place_, row, "-", asked, headed)
            held.clear()
            kept = 0
            yield _row(shown_name, number, text, ":", asked, headed)
            printed, left = number, after
        elif left:
            left -= 1
            printed = number
            yield _row(shown_name, number, text, "-", asked, headed)
        elif before:
            held.append((number, text))
            kept += len(text)
            while kept > MOST:
                kept -= len(held.popleft()[1])
    if "c" in asked:
        yield out((f"{shown_name}:" if headed else "") + f"{count}\n")
    if ("l" in asked and count) or ("L" in asked and not count):
        yield out(f"{shown_name}\n")
    return not count if "L" in asked else bool(count)


def _parts(
    name: str,
    number: int,
    text: bytes,
    match: Match | None,
    pattern: Pattern,
    asked: Options,
    headed: bool,
) -> Doing[None]:
    """With -o: each part of a line that matches, as a line."""
    tally = Tally()
    while match is not None:
        if tally.add(_MATCH + pattern.effort(len(text) - match.end)):
            yield tally.told()
        if match.end > match.start:
            yield _row(name, number, match.group(), ":", asked, headed)
        match = pattern.search(text, max(match.end, match.start + 1))


def _row(name: str, number: int, text: bytes, mark: str, asked: Options, headed: bool) -> Write:
    shown = f"{name}{mark}" if headed else ""
    shown += f"{number}{mark}" if "n" in asked else ""
    return Write(encoded(shown) + text + b"\n")
