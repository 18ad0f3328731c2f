"""Small pictures of what Essaim shows: SVG in the colours of the theme, light and dark.

A page shows them as images, and an image follows the colour scheme of what it stands in. They only
repeat what is said beside them, so that who hears a page misses nothing.
"""

from __future__ import annotations

from functools import cache
from html import escape
from urllib.parse import quote

import streamlit as st

from core.presentation import qr

WIDTH, HEIGHT = 240, 150  # units of the drawings

#: From a class of the drawings to the theme's colours of its lines and of its areas.
_LINES = {"line": "grayTextColor", "panel": "borderColor", "sign": "backgroundColor"}
_AREAS = {
    "panel": "secondaryBackgroundColor",
    "ink": "grayTextColor",
    "paper": "backgroundColor",
    "green": "greenColor",
    "orange": "orangeColor",
    "blue": "blueColor",
    "violet": "violetColor",
    "faint": "borderColor",
}


def picture(name: str, width: int = WIDTH) -> None:
    """Draws the picture of this name, of ``PICTURES``. width: in pixels."""
    _image(source(name), "", width, width * HEIGHT // WIDTH)


def qr_code(address: str, width: int = HEIGHT) -> None:
    """Draws an address for the cameras of phones. width: in pixels."""
    _image(qr.uri(address), f"QR: {address}", width, width)


def _image(address: str, alt: str, width: int, height: int) -> None:
    size = f'width="{width}" height="{height}"'
    st.html(
        f'<img class="essaim-picture" src="{escape(address)}" alt="{escape(alt)}" {size}>',
        width="content",
    )


@cache
def source(name: str) -> str:
    """The picture as a data URI."""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    style = f"{_rules('light')}@media(prefers-color-scheme:dark){{{_rules('dark')}}}"
    fixed = (
        ".line,.panel,.sign{stroke-width:3;stroke-linecap:round;"
        "stroke-linejoin:round}.line,.sign{fill:none}.to-come{stroke-dasharray:6 7}"
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{fixed}{style}</style>'
        f"{PICTURES[name]}</svg>"
    )
    return f"data:image/svg+xml,{quote(drawing)}"


def _rules(scheme: str) -> str:
    lines = (f".{name}{{stroke:{_color(scheme, of)}}}" for name, of in _LINES.items())
    areas = (f".{name}{{fill:{_color(scheme, of)}}}" for name, of in _AREAS.items())
    return "".join([*lines, *areas])


def _color(scheme: str, setting: str) -> str:
    return str(st.get_option(f"theme.{scheme}.{setting}"))


def _box(kind: str, x: int, y: int, width: int, height: int, round_: int = 6) -> str:
    at = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect class="{kind}" {at} rx="{round_}"/>'


def _line(points: str, kind: str = "line") -> str:
    return f'<polyline class="{kind}" points="{points}"/>'


def _disc(kind: str, x: int, y: int, radius: int) -> str:
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"/>'


def _words(x: int, y: int, *lengths: int, step: int = 14, kind: str = "faint") -> str:
    """Lines of a text, as bars."""
    return "".join(
        _box(kind, x, y + number * step, length, 6, 3) for number, length in enumerate(lengths)
    )


def _node(x: int, y: int, *tiles: str) -> str:
    """A machine with its tiles, two in a row."""
    drawn = _box("panel", x, y, 64, 92, 9) + _words(x + 10, y + 12, 28, kind="ink")
    for number, kind in enumerate(tiles):
        drawn += _box(kind, x + 10 + number % 2 * 24, y + 28 + number // 2 * 24, 20, 20, 5)
    return drawn


def _screen(x: int, y: int, width: int, height: int) -> str:
    """A window with its title bar."""
    bar = f"{x},{y + 18} {x + width},{y + 18}"
    return (
        _box("panel", x, y, width, height, 9)
        + _line(bar, "panel")
        + "".join(_disc("faint", x + 12 + each * 10, y + 9, 3) for each in range(3))
    )


def _prompt(x: int, y: int, length: int) -> str:
    """A line at a terminal."""
    return _line(f"{x},{y} {x + 7},{y + 6} {x},{y + 12}") + _box(
        "blue", x + 16, y + 3, length, 6, 3
    )


def _check(x: int, y: int, kind: str = "green") -> str:
    mark = _line(f"{x - 5},{y} {x - 1},{y + 4} {x + 6},{y - 4}", "sign")
    return _disc(kind, x, y, 11) + (mark if kind == "green" else "")


def _person(x: int, y: int, kind: str = "blue") -> str:
    shoulders = f"M{x - 17} {y + 34}a17 17 0 0 1 34 0z"
    return _disc(kind, x, y, 11) + f'<path class="{kind}" d="{shoulders}"/>'


def _code(x: int, y: int, unit: int) -> str:
    """Something like a QR code, of nine units by nine."""
    rows = (
        "111010111 101001101 111010111 000110010 101101011 010010100 111011010 101000111 111010011"
    )
    cells = "".join(
        f"M{x + column * unit} {y + row * unit}h{unit}v{unit}h-{unit}z"
        for row, marks in enumerate(rows.split())
        for column, mark in enumerate(marks)
        if mark == "1"
    )
    whole = 9 * unit + 2 * unit
    return _box("panel", x - unit, y - unit, whole, whole, 6) + (f'<path class="ink" d="{cells}"/>')


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    return _line(f"{x},{y} {to_x},{to_y}") + _disc("ink", to_x, to_y, 4)


_GREEN, _OFF = "green", "faint"

_CLUSTER = (
    _node(16, 29, _GREEN, _GREEN, _GREEN)
    + _node(88, 29, _GREEN, _GREEN, "orange")
    + _node(160, 29, _GREEN, _GREEN)
)
_STEPS = (
    _box("panel", 14, 17, 96, 116, 9)
    + "".join(_check(34, 40 + 32 * each, _GREEN if each < 2 else _OFF) for each in range(3))
    + _words(54, 37, 44, 36, 42, step=32)
)

#: The drawings by name.
PICTURES = {
    "cluster": _CLUSTER,
    "swarm": _node(88, 29, _GREEN)
    + _arrow(80, 75, 56, 75)
    + _arrow(160, 75, 184, 75)
    + _box("line to-come", 8, 45, 40, 60, 8)
    + _box("line to-come", 192, 45, 40, 60, 8),
    "machines": "".join(
        _screen(x, y, 108, 76) + _prompt(x + 12, y + 32, 44)
        for x, y in ((12, 14), (66, 37), (120, 60))
    ),
    "lab": _STEPS + _screen(122, 17, 106, 116) + _prompt(136, 51, 58) + _prompt(136, 75, 36),
    "console": _screen(30, 17, 180, 116)
    + _prompt(46, 51, 84)
    + _words(62, 74, 118, 96)
    + _prompt(46, 104, 30),
    "board": "".join(
        _disc("blue", 28, 29 + 34 * row, 11)
        + "".join(
            _box(_GREEN if column < done else "orange" if column == done else _OFF, x, y, 28, 22, 5)
            for column, x in enumerate(range(54, 220, 34))
            for y in [18 + 34 * row]
        )
        for row, done in enumerate((4, 2, 3))
    )
    + _words(54, 126, 164),
    "share": _code(30, 33, 10)
    + _box("panel", 160, 22, 62, 106, 12)
    + _code(173, 48, 4)
    + _words(178, 112, 26, kind="ink"),
    "projector": _box("panel", 22, 10, 196, 104, 9)
    + "".join(
        _box(
            _GREEN if (column, row) != (4, 1) else "orange", 38 + 34 * column, 28 + 36 * row, 26, 26
        )
        for column in range(5)
        for row in range(2)
    )
    + _line("120,114 120,130")
    + _line("90,142 120,130 150,142"),
    "engine": "".join(
        _box("panel", 40, 18 + 40 * row, 160, 32, 8)
        + _disc(_GREEN if row < 2 else "orange", 60, 34 + 40 * row, 6)
        + _words(78, 31 + 40 * row, 60 - 12 * row)
        + _words(168, 31 + 40 * row, 18, kind="ink")
        for row in range(3)
    ),
    "rights": _box("panel", 72, 62, 96, 74, 10)
    + '<path class="line" d="M92 62V44a28 28 0 0 1 56 0v18"/>'
    + _disc("orange", 120, 92, 10)
    + _box("orange", 116, 92, 8, 26, 4),
    "images": "".join(
        f'<path class="{kind}" d="M120 {y}l76 30-76 30-76-30z" opacity=".92"/>'
        for kind, y in (("faint", 72), ("blue", 46), ("green", 20))
    ),
    "containers": "".join(
        _box("panel", x, y, 60, 48, 6)
        + "".join(_line(f"{x + at},{y + 11} {x + at},{y + 37}", kind) for at in (15, 30, 45))
        for x, y, kind in ((58, 86, "line"), (124, 86, "line"), (91, 32, "line"))
    ),
    "build": _box("panel", 14, 22, 58, 72, 6)
    + _words(24, 38, 36, 28, 32)
    + _box("panel", 38, 50, 58, 78, 6)
    + _words(48, 66, 36, 24, 38, 20)
    + _arrow(108, 78, 142, 78)
    + '<path class="blue" d="M192 44l38 18-38 18-38-18z"/>'
    + '<path class="green" d="M192 76l38 18-38 18-38-18z"/>',
    "traffic": _screen(12, 46, 66, 58)
    + "".join(
        _arrow(84, 75, 148, y)
        + _box("panel", 158, y - 19, 66, 38, 8)
        + _box(kind, 168, y - 10, 20, 20, 5)
        + _words(196, y - 3, 20, kind="ink")
        for y, kind in ((26, "green"), (75, "green"), (124, "green"))
    ),
    "lessons": _node(14, 29, _GREEN, _GREEN, _GREEN, _GREEN)
    + _node(162, 29, _GREEN, _GREEN)
    + _disc("blue", 120, 75, 26)
    + '<path class="paper" d="M112 62l20 13-20 13z"/>',
    "timeline": _line("14,112 226,112")
    + _line("14,92 58,92 58,60 112,60 112,80 150,80 150,34 226,34")
    + "".join(
        _disc(kind, x, 112, 7) for x, kind in ((58, "green"), (112, "orange"), (150, "blue"))
    ),
    "vote": "".join(
        _box(kind, 34 + 62 * each, 122 - high, 46, high, 5)
        for each, (kind, high) in enumerate((("blue", 52), ("green", 96), ("blue", 30)))
    )
    + _line("20,124 220,124")
    + _check(119, 44),
    "services": "".join(
        _box("panel", 24, 16 + 42 * row, 192, 34, 8)
        + _words(38, 30 + 42 * row, 52 - 8 * row, kind="ink")
        + "".join(
            _box(_GREEN, 112 + 26 * each, 23 + 42 * row, 20, 20, 5) for each in range(4 - row)
        )
        for row in range(3)
    ),
    "learn": _screen(86, 18, 140, 92)
    + _prompt(100, 50, 62)
    + _prompt(100, 74, 40)
    + _check(204, 92)
    + _line("72,122 236,122")
    + _person(40, 62),
    "teach": _box("panel", 84, 12, 146, 92, 8)
    + "".join(
        _box(_GREEN if column < 4 - row else _OFF, 98 + 25 * column, 26 + 24 * row, 18, 16, 4)
        for column in range(5)
        for row in range(3)
    )
    + _person(46, 44, "orange")
    + "".join(_person(104 + 40 * each, 116) for each in range(3)),
    "operate": "".join(
        _box("panel", 84, 14 + 44 * row, 142, 34, 8)
        + _disc(_GREEN, 104, 31 + 44 * row, 6)
        + _words(122, 28 + 44 * row, 56 - 10 * row)
        for row in range(3)
    )
    + _person(40, 62, "violet")
    + _box("ink", 196, 28, 18, 6, 3),
}
