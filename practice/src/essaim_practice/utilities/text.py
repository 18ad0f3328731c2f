"""cat, head, tail, wc, tee, less and more."""

from __future__ import annotations

import re
from collections import deque
from posixpath import basename

from essaim_practice.programs.base import Context
from essaim_practice.programs.signals import ENDING
from essaim_practice.programs.steps import READ, Steps, Wait, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import (
    ENTRY,
    MOST,
    Doing,
    Lines,
    Options,
    gnu,
    inputs,
    opened,
    options,
    out,
    place,
    reason,
    tool,
)

_PIECE = 4096  # bytes of a line that are shown at once
_COUNTED = 16 * 1024  # bytes of a line whose words are counted at once
_WITHIN = [bytes([byte]) for byte in range(0x80, 0xC0)]  # bytes within a character of several


@tool("cat", usage="[-nbvteA] [FILE]...")
def cat(argv: list[str], context: Context) -> Steps:
    asked, code, number = options(argv, "nbvteAsuET", "", {"number": "n"}), 0, 0
    shown = {"n", "b", "v", "t", "e", "A", "E", "T"} & asked.given.keys()
    for name in asked.words or ["-"]:
        yield ENTRY
        try:
            lines = opened(context, name)
        except OSError as error:
            said = f"can't open '{name}'"
            said = "read error" if error.errno == 21 else said
            yield line(f"cat: {name if gnu(context) else said}: {reason(error)}", 2)
            code = 1
            continue
        while not shown and (some := (yield from lines.chunk())) is not None:
            yield Write(some)
        while (one := (yield from lines.next())) is not None:
            if ("b" in asked and one.strip(b"\n")) or ("n" in asked and "b" not in asked):
                number += 1
                one = b"%6d\t" % number + one
            if not shown - {"n", "b"}:
                yield Write(one)
                continue
            for at in range(0, len(one), _PIECE):
                yield Write(_visible(one[at : at + _PIECE], asked))
    return code


def _visible(data: bytes, asked: Options) -> bytes:
    everything = "A" in asked
    newline = data.endswith(b"\n")
    shown = bytearray()
    for byte in data.rstrip(b"\n") if newline else data:
        high = b"M-" if byte >= 128 else b""
        low = byte & 127
        if low == 9 and not high:
            tabs = everything or "t" in asked or "T" in asked
            shown += b"^I" if tabs else b"\t"
        elif low < 32 or low == 127:
            shown += high + b"^" + bytes([low ^ 64])
        else:
            shown += high + bytes([low])
    ends = b"$" if everything or "e" in asked or "E" in asked else b""
    return bytes(shown) + (ends + b"\n" if newline else b"")


def _count(argv: list[str]) -> list[str]:
    """``-5`` as ``-n 5``."""
    short = len(argv) > 1 and re.fullmatch(r"-[0-9]+", argv[1])
    return [argv[0], f"-n{argv[1][1:]}", *argv[2:]] if short else argv


@tool("head", usage="[OPTIONS] [FILE]...")
def head(argv: list[str], context: Context) -> Steps:
    asked = options(_count(argv), "qv", "nc", {"lines": "n", "bytes": "c", "quiet": "q"})
    count = asked.number("c" if "c" in asked else "n", 10)
    headed = (len(asked.words) > 1 and "q" not in asked) or "v" in asked
    code, first = 0, True
    for name in asked.words or ["-"]:
        yield ENTRY
        try:
            lines = opened(context, name)
        except OSError as error:
            said = f"cannot open '{name}' for reading" if gnu(context) else name
            yield line(f"head: {said}: {reason(error)}", 2)
            code = 1
            continue
        if headed:
            yield line(f"{'' if first else chr(10)}==> {name} <==")
        first = False
        if "c" in asked:
            left = count
            while left > 0 and (one := (yield from lines.chunk())) is not None:
                yield Write(one[:left])
                left -= len(one)
        elif count >= 0:
            for _ in range(count):
                one = yield from lines.next()
                if one is None:
                    break
                yield Write(one)
        else:
            whole = yield from lines.whole()
            yield Write(b"".join(whole[:count]))
    return code


@tool("tail", usage="[OPTIONS] [FILE]...")
def tail(argv: list[str], context: Context) -> Steps:
    asked = options(_count(argv), "fFqv", "ncs", {"lines": "n", "bytes": "c", "follow": "f"})
    letter = "c" if "c" in asked else "n"
    count, fromstart = asked.number(letter, 10), asked.get(letter).startswith("+")
    found, code = [], 0
    for name in asked.words or ["-"]:
        yield ENTRY
        try:
            found.append((name, opened(context, name)))
        except OSError as error:
            said = f"cannot open '{name}' for reading" if gnu(context) else f"can't open '{name}'"
            yield line(f"tail: {said}: {reason(error)}", 2)
            code = 1
    if not found and asked.words:
        yield line("tail: no files" + (" remaining" if gnu(context) and "f" in asked else ""), 2)
        return 1
    headed = (len(asked.words) > 1 and "q" not in asked) or "v" in asked
    for number, (name, lines) in enumerate(found):
        if headed:
            yield line(f"{chr(10) if number else ''}==> {name} <==")
        yield from _end_of(lines, letter, abs(count), fromstart)
    if {"f", "F"} & asked.given.keys():
        yield from _follow(context, [name for name, _ in found if name != "-"])
    return code


def _end_of(lines: Lines, letter: str, count: int, fromstart: bool) -> Doing[None]:
    if fromstart:
        data = b"".join((yield from lines.whole()))
        parts = data.splitlines(keepends=True)
        start = max(0, count - 1)
        yield Write(data[start:] if letter == "c" else b"".join(parts[start:]))
        return
    if letter == "c":
        end, kept = bytearray(), min(count, MOST)
        while (one := (yield from lines.chunk())) is not None:
            end += one
            if len(end) > 2 * kept + MOST // 16:
                del end[: len(end) - kept]
        yield Write(bytes(end[max(0, len(end) - kept) :]))
        return
    last: deque[bytes] = deque()
    size = 0
    while (one := (yield from lines.next())) is not None:
        last.append(one)
        size += len(one) + 50
        if len(last) > count:
            size -= len(last.popleft()) + 50
        if size > MOST:
            raise Complaint("out of memory", 1)
    if last:
        yield Write(b"".join(last))


def _follow(context: Context, names: list[str]) -> Doing[None]:
    """Wait for what is added to files, without end."""
    paths = {place(context, name): 0 for name in names}
    for path in paths:
        paths[path] = len(context.fs.read(path)) if context.fs.exists(path) else 0
    while True:
        yield Wait(1.0 if paths else float("inf"))
        for path, seen in paths.items():
            data = context.fs.read(path) if context.fs.exists(path) else b""
            if len(data) > seen:
                yield Write(data[seen:])
            paths[path] = len(data)


@tool("wc", usage="[-cmlwL] [FILE]...")
def wc(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "cmlwL", "", {"lines": "l", "words": "w", "bytes": "c", "chars": "m"})
    kinds = [kind for kind in "lwmcL" if kind in asked] or ["l", "w", "c"]
    code, totals, shown = 0, dict.fromkeys(kinds, 0), []
    alone = kinds == ["c"]  # bytes are counted without lines
    for name in asked.words or ["-"]:
        yield ENTRY
        try:
            lines = opened(context, name)
        except OSError as error:
            yield line(f"wc: {name}: {reason(error)}", 2)
            code = 1
            continue
        counts = dict.fromkeys("lwmcL", 0)
        while alone and (one := (yield from lines.chunk())) is not None:
            counts["c"] += len(one)
        while not alone and (one := (yield from lines.next())) is not None:
            counts["l"] += one.endswith(b"\n")
            counts["c"] += len(one)
            wide = inside = 0
            for at in range(0, len(one), _COUNTED):
                if at:
                    yield ENTRY
                piece = one[at : at + _COUNTED]
                # A word, or a character of several bytes, may go on from the piece before.
                counts["w"] += len(piece.split()) - (inside and not piece[:1].isspace())
                inside = not piece[-1:].isspace()
                wide += (
                    len(piece) - sum(map(piece.count, _WITHIN))
                    if not piece.isascii()
                    else len(piece)
                )
            counts["m"] += wide if gnu(context) else len(one)
            counts["L"] = max(counts["L"], wide - one.endswith(b"\n"))
        shown.append((name, counts))
        for kind in kinds:
            totals[kind] += counts[kind]
    rows = [(name, [counts[kind] for kind in kinds]) for name, counts in shown]
    if len(asked.words) > 1:
        rows.append(("total", [totals[kind] for kind in kinds]))
    wide = 1 if len(kinds) == 1 and len(asked.words) < 2 else 7
    if gnu(context) and asked.words:
        wide = max((len(str(n)) for _, row in rows for n in row), default=1)
    for name, row in rows:
        if gnu(context):
            text = " ".join(f"{number:{wide}}" for number in row)
        else:
            bare = len(kinds) == 1 and len(rows) == 1
            text = str(row[0]) if bare else " ".join(f"{n:9}" for n in row)
        yield line(text + (f" {name}" if asked.words else ""))
    return code


@tool("tee", usage="[-ai] [FILE]...")
def tee(argv: list[str], context: Context) -> Steps:
    asked, code = options(argv, "ai", "", {"append": "a"}), 0
    paths = []
    for name in asked.words:
        yield ENTRY
        try:
            path = place(context, name)
            context.fs.write(path, b"", append="a" in asked)
            paths.append(context.fs.resolve(path))
        except OSError as error:
            yield line(f"tee: {name}: {reason(error)}", 2)
            code = 1
    while data := (yield READ):
        yield Write(data)
        for path in paths:
            context.fs.append(path, data)
            yield ENTRY
    return code


@tool("less", "more", usage="[FILE]...", hears=ENDING)
def page(argv: list[str], context: Context) -> Steps:
    """Show everything, as pagers do without a terminal."""
    found, code = yield from inputs(basename(argv[0]), context, options(argv, "s", "dwtn").words)
    for _, source in found:
        while (one := (yield from source.next())) is not None:
            yield out(decoded(one).rstrip("\n") + "\n")
    return code
