"""od, hexdump, xxd and strings: bytes as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, Work, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import Doing, Lines, inputs, opened, options, tool

_ROW = 16  # bytes in a line
_LONGEST = 4 * 2**20  # bytes that are shown
_NAMES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_AT_ONCE = 64  # lines in one step


def _bytes(lines: Lines, skip: int, most: int | None) -> Doing[bytes]:
    """The bytes of an input, from one on, so many of them."""
    wanted, found = _LONGEST if most is None else skip + most, b""
    while len(found) < wanted and (some := (yield from lines.chunk())) is not None:
        found += some
    if len(found) > _LONGEST:
        raise Complaint("out of memory", 1)
    return found[skip:wanted]


def _readable(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 else "."


def _rows(data: bytes, row: int, shown: Callable[[int, bytes], str], repeated: bool) -> Doing[None]:
    """Write a line for each row; one that repeats the row before it is a star."""
    before, starred, text = b"", False, list[str]()
    for at in range(0, len(data), row):
        piece = data[at : at + row]
        if piece == before and not repeated and len(piece) == row:
            if not starred:
                text.append("*\n")
            starred = True
        else:
            text.append(shown(at, piece))
            starred = False
        before = piece
        if len(text) >= _AT_ONCE:
            yield Write("".join(text).encode())
            yield Work(400)
            text = []
    if text:
        yield Write("".join(text).encode())


# od

_CELLS: dict[str, tuple[int, int]] = {  # bytes of a number, and columns that it takes
    "o1": (1, 4), "o2": (2, 7), "o4": (4, 12), "o8": (8, 23),
    "x1": (1, 3), "x2": (2, 5), "x4": (4, 9), "x8": (8, 17),
    "u1": (1, 4), "u2": (2, 6), "u4": (4, 11), "u8": (8, 21),
    "d1": (1, 5), "d2": (2, 7), "d4": (4, 12), "d8": (8, 21),
    "c1": (1, 4), "a1": (1, 4),
}  # fmt: skip
_OLD = {"b": "o1", "c": "c1", "d": "u2", "o": "o2", "x": "x2", "a": "a1", "i": "d4", "l": "d8"}
_SIZES = {"": 4, "C": 1, "S": 2, "I": 4, "L": 8}


@tool(
    "od",
    usage="[-abcdeFfhiloxsv] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH]"
    " [FILE]...",
)
def od(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "abcdilovx", "tANjw", {"address-radix": "A", "format": "t"})
    kinds = [_OLD[letter] for letter in asked.given if letter in _OLD]
    kinds += [_kind(text) for text in asked.given.get("t", ())]
    found, code = yield from inputs("od", context, asked.words)
    data = b""
    most = asked.number("N", 0) if "N" in asked else None
    for _, lines in found:
        data += yield from _bytes(lines, 0, None if most is None else asked.number("j", 0) + most)
    data = data[asked.number("j", 0) :][:most]
    radix, width = asked.get("A", "o"), asked.number("w", _ROW) or 32
    if radix not in ("o", "x", "d", "n"):
        raise Complaint(f"bad output address radix '{radix}'", 1)
    shown = partial(_octal, radix, kinds or ["o2"], width)
    yield from _rows(data, width, shown, "v" in asked)
    if radix != "n":
        yield line(_address(radix, len(data)))
    return code


def _kind(text: str) -> str:
    match = re.fullmatch(r"([acdoux])([1248CSIL]?)z?", text)
    if match is None:
        raise Complaint(f"invalid type string '{text}'", 1)
    letter, size = match.groups()
    if letter in "ac":
        return f"{letter}1"
    return f"{letter}{size if size.isdigit() else _SIZES[size]}"


def _address(radix: str, at: int) -> str:
    return {"o": f"{at:07o}", "x": f"{at:06x}", "d": f"{at:07}", "n": ""}[radix]


def _octal(radix: str, kinds: list[str], width: int, at: int, piece: bytes) -> str:
    rows = []
    for number, kind in enumerate(kinds):
        size, wide = _CELLS[kind]
        cells = [
            f"{_cell(kind, piece[start : start + size].ljust(size, bytes(1))):>{wide}}"
            for start in range(0, len(piece), size)
        ]
        before = _address(radix, at)
        rows.append((before if not number else " " * len(before)) + "".join(cells) + "\n")
    return "".join(rows)


def _cell(kind: str, piece: bytes) -> str:
    value = int.from_bytes(piece, "little", signed=kind[0] == "d")
    match kind[0]:
        case "x":
            return f"{value:0{2 * len(piece)}x}"
        case "o":
            return f"{value:0{len(f'{256 ** len(piece) - 1:o}')}o}"
        case "c" | "a":
            return _NAMES.get(value) or (chr(value) if 32 <= value < 127 else f"{value:03o}")
    return str(value)


# hexdump and xxd


@tool("hexdump", "hd", usage="[-bcdoxCv] [-e FMT] [-f FMT_FILE] [-n LEN] [-s OFS] [FILE]...")
def hexdump(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "Cvx", "ns")
    found, code = yield from inputs(argv[0], context, asked.words)
    data = b""
    for _, lines in found:
        data += yield from _bytes(lines, 0, None)
    skip = asked.number("s", 0)
    data = data[skip:][: asked.number("n", len(data)) if "n" in asked else None]
    canonical = "C" in asked or argv[0].endswith("hd")
    wide = 8 if canonical else 7
    shown = partial(_canonical if canonical else _words, skip)
    yield from _rows(data, _ROW, shown, "v" in asked)
    if data:
        yield line(f"{skip + len(data):0{wide}x}")
    return code


def _canonical(skip: int, at: int, piece: bytes) -> str:
    halves = [" ".join(f"{byte:02x}" for byte in part) for part in (piece[:8], piece[8:])]
    text = "".join(map(_readable, piece))
    return f"{skip + at:08x}  {halves[0]:<23}  {halves[1]:<23}  |{text}|\n"


def _words(skip: int, at: int, piece: bytes) -> str:
    pairs = [piece[start : start + 2].ljust(2, b"\0") for start in range(0, len(piece), 2)]
    cells = " ".join(f"{int.from_bytes(pair, 'little'):04x}" for pair in pairs)
    return f"{skip + at:07x} {cells:<39}\n"


@tool("xxd", usage="[-ipr] [-g N] [-c N] [-l LEN] [-s OFS] [-o OFS] [FILE]")
def xxd(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "pru", "gcls")
    lines = opened(context, (asked.words or ["-"])[0])
    if "r" in asked:
        text = decoded((yield from _bytes(lines, 0, None)))
        for one in text.splitlines():
            body = one if "p" in asked else one.partition(":")[2].partition("  ")[0]
            digits = re.match(r"(?:\s*[0-9a-fA-F]{2})*", body)
            yield Write(bytes.fromhex(digits[0] if digits else ""))
        return 0
    most = asked.number("l", 0) if "l" in asked else None
    data = yield from _bytes(lines, asked.number("s", 0), most)
    plain = "p" in asked
    row = asked.number("c", 30 if plain else _ROW) or _ROW
    group = asked.number("g", 2) or row
    shown = partial(_dumped, plain, row, group)
    yield from _rows(data, row, shown, repeated=True)
    return 0


def _dumped(plain: bool, row: int, group: int, at: int, piece: bytes) -> str:
    if plain:
        return piece.hex() + "\n"
    cells = " ".join(piece[start : start + group].hex() for start in range(0, len(piece), group))
    wide = 2 * row + -(-row // group) - 1
    return f"{at:08x}: {cells:<{wide}}  {''.join(map(_readable, piece))}\n"


@tool("strings", usage="[-fo] [-t o|d|x] [-n LEN] [FILE]...")
def strings(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "af", "n")
    least = max(1, min(asked.number("n", 4), 1000))
    found, code = yield from inputs("strings", context, asked.words)
    for _, lines in found:
        data = yield from _bytes(lines, 0, None)
        for match in re.finditer(rb"[\t\x20-\x7e]{%d,}" % least, data):
            yield Write(match[0] + b"\n")
    return code
