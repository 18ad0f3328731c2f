"""nl, rev, tac, paste, fold, expand, cmp and diff: lines, one by one and compared."""

from __future__ import annotations

import difflib
from posixpath import join

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, Work, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.utilities.base import (
    ENTRY,
    Doing,
    Misuse,
    Options,
    gnu,
    inputs,
    opened,
    options,
    place,
    reason,
    tool,
)

_MOST_COMPARED = 2000  # lines of a file that diff compares: what it costs grows with their square
_CONTEXT = 3  # lines that diff shows around a difference


@tool("nl", usage="[OPTIONS] [FILE]...")
def nl(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "p", "bwsnvi")
    wide, gap = asked.number("w", 6), asked.get("s", "\t")
    number, step = asked.number("v", 1), asked.number("i", 1)
    found, code = yield from inputs("nl", context, asked.words)
    for _, lines in found:
        while (one := (yield from lines.next())) is not None:
            if one.strip(b"\n") or asked.get("b") == "a":
                yield Write(encoded(f"{number:>{min(wide, 100)}}{gap}") + one)
                number += step
            else:
                yield Write(b" " * (min(wide, 100) + len(gap)) + one)
    return code


@tool("rev", usage="[FILE]...")
def rev(argv: list[str], context: Context) -> Steps:
    found, code = yield from inputs("rev", context, options(argv).words)
    for _, lines in found:
        while (one := (yield from lines.next())) is not None:
            text = decoded(one)
            yield Write(encoded(text.rstrip("\n")[::-1] + "\n" * text.endswith("\n")))
    return code


@tool("tac", usage="[FILE]...")
def tac(argv: list[str], context: Context) -> Steps:
    found, code = yield from inputs("tac", context, options(argv).words)
    for _, lines in found:
        for one in reversed((yield from lines.whole())):
            yield Write(one)
    return code


@tool("paste", usage="[-d LIST] [-s] [FILE]...")
def paste(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "s", "d")
    gaps = asked.get("d", "\t").replace("\\n", "\n").replace("\\t", "\t") or "\t"
    found, code = yield from inputs("paste", context, asked.words)
    typed = next((lines for name, lines in found if name == "-"), None)  # one for all of its names
    found = [(name, typed if name == "-" and typed else lines) for name, lines in found]
    if "s" in asked:
        for _, lines in found:
            rows = [decoded(one).rstrip("\n") for one in (yield from lines.whole())]
            yield line(_joined(rows, gaps))
        return code
    while True:
        row = []
        for _, lines in found:
            row.append((yield from lines.next()))
        if all(one is None for one in row):
            return code
        yield line(_joined([decoded(one or b"").rstrip("\n") for one in row], gaps))


def _joined(cells: list[str], gaps: str) -> str:
    text = "".join(cell + gaps[at % len(gaps)] for at, cell in enumerate(cells))
    return text[: -1 if cells else None]


@tool("fold", usage="[-bs] [-w WIDTH] [FILE]...")
def fold(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "bs", "w")
    wide = max(1, asked.number("w", 80))
    found, code = yield from inputs("fold", context, asked.words)
    for _, lines in found:
        while (one := (yield from lines.next())) is not None:
            text, ends = decoded(one).rstrip("\n"), one.endswith(b"\n")
            while len(text) > wide:
                at = text.rfind(" ", 0, wide) + 1 if "s" in asked else 0
                yield line(text[: at or wide])
                text = text[at or wide :]
            yield Write(encoded(text + "\n" * ends))
    return code


@tool("expand", usage="[-i] [-t N] [FILE]...")
def expand(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "i", "t")
    found, code = yield from inputs("expand", context, asked.words)
    for _, lines in found:
        while (one := (yield from lines.next())) is not None:
            yield Write(one.expandtabs(max(1, min(asked.number("t", 8), 100))))
    return code


@tool("dos2unix", "unix2dos", usage="[-ud] [FILE]")
def ends_of_lines(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "ud")
    dos = "unix2dos" in argv[0] or "d" in asked
    for word in asked.words or ["-"]:
        done = b""
        for one in (yield from opened(context, word).whole()):
            text = one.rstrip(b"\r\n")
            done += text + (b"\r\n" if dos else b"\n") if one.endswith(b"\n") else one
        if word == "-":
            yield Write(done)
        else:
            context.fs.write(place(context, word), done)
    return 0


# Comparing


@tool("cmp", usage="[-ls] [-n NUM] FILE1 [FILE2]", code=2)
def cmp(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "ls", "n")
    if not 1 <= len(asked.words) <= 2:
        raise Misuse("missing operand" if gnu(context) else "")
    names = [*asked.words, "-"][:2]
    found, code = yield from inputs("cmp", context, names, 2)
    if code:
        return code
    texts = []
    for _, lines in found:
        texts.append(b"".join((yield from lines.whole())))
    one, other = texts
    yield Work(min(len(one), len(other)) // 100)
    if one == other:
        return 0
    at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1)
    if "s" in asked:
        return 1
    if at < 0:
        short = names[0] if len(one) < len(other) else names[1]
        yield line(f"cmp: EOF on {short}", 2)
    else:
        word = "byte" if gnu(context) else "char"
        row = one[:at].count(b"\n") + 1
        yield line(f"{names[0]} {names[1]} differ: {word} {at + 1}, line {row}")
    return 1


@tool("diff", usage="[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2", code=2)
def diff(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "abBdiNqrTstwu", "LSU", {"brief": "q", "recursive": "r", "unified": "u"})
    if len(asked.words) != 2:
        raise Misuse("missing operand" if gnu(context) else "")
    first, second = asked.words
    folders = [
        name != "-" and context.fs.is_folder(place(context, name)) for name in (first, second)
    ]
    if all(folders):
        return (yield from _folders(first, second, asked, context))
    if folders[0]:
        first = join(first, second.rpartition("/")[2])
    elif folders[1]:
        second = join(second, first.rpartition("/")[2])
    return (yield from _files(first, second, asked, context))


def _files(first: str, second: str, asked: Options, context: Context) -> Doing[int]:
    texts = []
    for name in (first, second):
        yield ENTRY
        try:
            texts.append([decoded(one) for one in (yield from opened(context, name).whole())])
        except OSError as error:
            said = name if gnu(context) else f"can't stat '{name}'"
            yield line(f"diff: {said}: {reason(error)}", 2)
            return 2
    one, other = texts
    if one == other:
        if "s" in asked:
            yield line(f"Files {first} and {second} are identical")
        return 0
    if "q" in asked:
        yield line(f"Files {first} and {second} differ")
        return 1
    if len(one) > _MOST_COMPARED or len(other) > _MOST_COMPARED:
        raise Complaint("too many lines for the practice engine", 2)
    yield Work(len(one) + len(other) + len(one) * len(other) // 50)
    around = asked.number("U", _CONTEXT)
    if gnu(context) and not {"u", "U"} & asked.given.keys():
        rows = _plain(one, other)
    else:
        rows = _unified(one, other, first, second, around)
    for row in rows:
        yield Write(
            encoded(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n")
        )
    return 1


def _unified(one: list[str], other: list[str], first: str, second: str, around: int) -> list[str]:
    return [
        row if not row.startswith(("--- ", "+++ ")) or at > 1 else row.rstrip("\n ") + "\n"
        for at, row in enumerate(difflib.unified_diff(one, other, first, second, n=around))
    ]


def _plain(one: list[str], other: list[str]) -> list[str]:
    """As GNU's diff shows it: ``2c2``, then the lines of both."""
    rows = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other, False).get_opcodes():
        if kind == "equal":
            continue
        left = f"{a + 1},{b}" if b - a > 1 else str(a + 1 if b > a else a)
        right = f"{c + 1},{d}" if d - c > 1 else str(c + 1 if d > c else c)
        rows.append(f"{left}{kind[0].replace('r', 'c').replace('i', 'a')}{right}\n")
        rows += [f"< {row}" for row in one[a:b]]
        rows += ["---\n"] * (kind == "replace") + [f"> {row}" for row in other[c:d]]
    return rows


def _folders(first: str, second: str, asked: Options, context: Context) -> Doing[int]:
    names = [set(context.fs.listing(place(context, name))) for name in (first, second)]
    code = 0
    for name in sorted(names[0] | names[1]):
        yield ENTRY
        missing = next(
            (f for f, held in zip((second, first), names[::-1], strict=True) if name not in held),
            "",
        )
        if missing:
            there = first if missing == second else second
            yield line(f"Only in {there}: {name}")
            code = 1
            continue
        paths = [join(folder, name) for folder in (first, second)]
        inner = [context.fs.is_folder(place(context, path)) for path in paths]
        if all(inner):
            if "r" in asked:
                code = max(code, (yield from _folders(paths[0], paths[1], asked, context)))
            else:
                yield line(f"Common subdirectories: {paths[0]} and {paths[1]}")
        elif not any(inner):
            code = max(code, (yield from _files(paths[0], paths[1], asked, context)))
    return code
