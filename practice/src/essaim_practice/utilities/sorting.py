"""sort, uniq, cut and tr: lines ordered, and taken apart."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable
from typing import Any

from essaim_practice.programs.base import Context
from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.steps import READ, Steps, Work, Write
from essaim_practice.shell.simple_utilities import Complaint, meant
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import (
    MOST,
    Doing,
    Misuse,
    Options,
    Rows,
    gnu,
    inputs,
    opened,
    options,
    out,
    place,
    tool,
)

_NO_END = 10**9  # the last field of a range without an end
_MOST_FIELDS = 20_000  # of a line
_PIECE = 4096  # bytes that tr looks at in one go
_RUN = 200  # lines that are put in order at once


@tool(
    "sort",
    usage="[-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] "
    "[-t CHAR] [FILE]...",
    code=2,
)
def sort(argv: list[str], context: Context) -> Steps:
    asked = options(
        argv, "nrughMcszbdfi", "okt", {"numeric-sort": "n", "reverse": "r", "unique": "u"}
    )
    found, code = yield from inputs("sort", context, asked.words, 2)
    if code:
        return code
    lines = Rows()
    tally = Tally()
    for _, source in found:
        while (one := (yield from source.next())) is not None:
            lines.add(one.rstrip(b"\n"))
            if lines.size > MOST:
                raise Complaint("out of memory", 2)
    keys = [_Key(text, asked) for text in asked.given.get("k", [])] or [_Key("", asked)]

    def order(row: bytes) -> list[tuple[float, bytes]]:
        return [key.of(row) for key in keys]

    def fully(row: bytes) -> tuple[object, bytes]:
        return order(row), b"" if "s" in asked or "u" in asked else row

    reverse = "r" in asked
    whole = fully if len(keys) == 1 or not reverse else lambda row: (order(row), b"")
    ordered = yield from _ordered(lines, whole, reverse)
    kept: list[bytes] = []
    last: object = None
    for row in ordered:
        if tally.add(3):
            yield tally.told()
        if "u" in asked:
            if (key := order(row)) == last:
                continue
            last = key
        kept.append(row + b"\n")
    data = b"".join(kept)
    if "o" in asked:
        context.fs.write(place(context, asked.get("o")), data)
    else:
        yield Write(data)
    return 0


def _ordered(lines: list[bytes], key: Callable[[bytes], Any], reverse: bool) -> Doing[list[bytes]]:
    """The lines in order; those that are equal stay in theirs. With others between."""
    runs = []
    for at in range(0, len(lines), _RUN):
        runs.append(sorted(lines[at : at + _RUN], key=key, reverse=reverse))
        yield Work(5 * _RUN)
    if len(runs) == 1:
        return runs[0]
    made: list[bytes] = []
    for row in heapq.merge(*runs, key=key, reverse=reverse):
        made.append(row)
        if len(made) % _RUN == 0:
            yield Work(10 * _RUN)
    return made


class _Key:
    """One -k of sort: which fields, and how they compare."""

    def __init__(self, text: str, asked: Options) -> None:
        match = re.fullmatch(
            r"(?:([0-9]{1,6})(?:\.[0-9]+)?([a-zA-Z]*)(?:,([0-9]{1,6})(?:\.[0-9]+)?([a-zA-Z]*))?)?",
            text,
        )
        if match is None:
            raise Complaint(f"bad field specification '{text}'", 2)
        self._first = int(match[1] or 0)
        self._last = int(match[3]) if match[3] else 10**6
        letters = (match[2] or "") + (match[4] or "")
        self._numeric = bool({"n", "g", "h"} & (asked.given.keys() | set(letters)))
        self._fold = "f" in asked or "f" in letters
        self._separator = asked.get("t").encode()[:1] or None

    def of(self, row: bytes) -> tuple[float, bytes]:
        if self._first:
            fields = row.split(self._separator)
            chosen = fields[self._first - 1 : self._last]
            row = (self._separator or b" ").join(chosen)
        if not self._numeric:
            return 0.0, row.upper() if self._fold else row
        match = re.match(rb"\s*(-?[0-9]*\.?[0-9]*)([KMGT]?)", row)
        number = match[1] if match else b""
        scale = 1024 ** (b" KMGT".index(match[2]) if match and match[2] else 0)
        return (float(number) * scale if re.search(rb"[0-9]", number) else 0.0), b""


@tool("uniq", usage="[-cduiz] [-f,s,w N] [FILE [OUTFILE]]")
def uniq(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "cduiz", "fsw")
    source = opened(context, (asked.words or ["-"])[0])
    before: bytes | None = None
    count = 0
    while True:
        one = yield from source.next()
        one = one.rstrip(b"\n") if one is not None else None
        same = (
            one is not None
            and before is not None
            and (one.lower() == before.lower() if "i" in asked else one == before)
        )
        if same:
            count += 1
            continue
        if (
            before is not None
            and ("d" not in asked or count > 1)
            and ("u" not in asked or count == 1)
        ):
            yield Write((b"%7d " % count if "c" in asked else b"") + before + b"\n")
        if one is None:
            return 0
        before, count = one, 1


@tool("cut", usage="[OPTIONS] [FILE]...")
def cut(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "sn", "bcfd", {"fields": "f", "delimiter": "d", "characters": "c"})
    kind = next((letter for letter in "bcf" if letter in asked), "")
    if not kind:
        if gnu(context):
            raise Misuse("you must specify a list of bytes, characters, or fields")
        raise Complaint("expected a list of bytes, characters, or fields", 1)
    ranges = _ranges(asked.get(kind))
    separator = asked.get("d", "\t")
    # Where the last of the fields that are chosen by their numbers is, nothing more is taken apart.
    open_ = ranges[-1][1] >= _NO_END
    last = min(ranges[-1][0] if open_ else ranges[-1][1], _MOST_FIELDS)
    found, code = yield from inputs("cut", context, asked.words)
    for _, source in found:
        while (one := (yield from source.next())) is not None:
            text = decoded(one).rstrip("\n")
            if kind != "f":
                yield out("".join(text[a - 1 : b] for a, b in ranges) + "\n")
                continue
            cells = text.split(separator, last) if separator else [text]
            whole = len(cells) == 1
            if len(cells) > last:
                cells[last - 1 :] = (
                    [separator.join(cells[last - 1 :])] if open_ else [cells[last - 1]]
                )
            if whole:
                if "s" not in asked:
                    yield out(text + "\n")
                continue
            yield out(separator.join(c for a, b in ranges for c in cells[a - 1 : b]) + "\n")
    return code


def _ranges(text: str) -> list[tuple[int, int]]:
    """First and last of what is chosen, in order, none twice."""
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        match = re.fullmatch(r"([0-9]{0,9})(-?)([0-9]{0,9})", part)
        if match is None or not (match[1] or match[3]):
            raise Complaint(f"bad range '{part}'", 1)
        start = int(match[1] or 1)
        found.append((max(1, start), int(match[3] or _NO_END) if match[2] else start))
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if apart and start <= apart[-1][1] + 1:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


@tool("tr", usage="[-cds] STRING1 [STRING2]")
def tr(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "cdsCt", permute=False)
    if not asked.words or (len(asked.words) < 2 and not {"d", "s"} & asked.given.keys()):
        raise Misuse("missing operand" if gnu(context) else "")
    first = _set(asked.words[0])
    second = _set(asked.words[1]) if len(asked.words) > 1 else ""
    inverted = bool({"c", "C"} & asked.given.keys())
    table: dict[str, str] = {}
    if second and not inverted:
        padded = second + second[-1] * max(0, len(first) - len(second))
        table = dict(zip(first, padded, strict=False))
    squeezed = set(second or first)
    members = set(first)
    before = ""
    deletes, squeezes = "d" in asked, "s" in asked
    rest = b""
    while data := rest or (yield READ):
        data, rest = data[:_PIECE], data[_PIECE:]
        yield Work(len(data) // 5)
        made = []
        for sign in decoded(data):
            inside = (sign in members) != inverted
            if deletes and inside:
                continue
            if second and not deletes and inside:
                sign = second[-1] if inverted else table[sign]
            if (
                squeezes
                and sign == before
                and ((sign in squeezed) if second or not inverted else sign not in members)
            ):
                continue
            made.append(sign)
            before = sign
        yield out("".join(made))
    return 0


_CLASSES = {
    "lower": "abcdefghijklmnopqrstuvwxyz",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digit": "0123456789",
    "space": "\t\n\v\f\r ",
    "blank": "\t ",
    "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}
_CLASSES["alpha"] = _CLASSES["upper"] + _CLASSES["lower"]
_CLASSES["alnum"] = _CLASSES["digit"] + _CLASSES["alpha"]


def _set(text: str) -> str:
    """The characters of a tr string: escapes, ranges and classes put in."""
    text = re.sub(r"\[:([a-z]+):\]", lambda match: _CLASSES.get(match[1], ""), text)
    text, _ = meant(text)

    def between(match: re.Match[str]) -> str:
        start, end = ord(match[1]), ord(match[2])
        if end < start:
            raise Complaint(f"range-endpoints of '{match[0]}' are in reverse order", 1)
        return "".join(chr(number) for number in range(start, min(end, start + 0x1000) + 1))

    return re.sub(r"(.)-(.)", between, text, flags=re.DOTALL)
