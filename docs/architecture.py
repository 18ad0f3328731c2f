"""Draws the floors of both packages, and which room imports which, from the code: `make docs`.

A picture has a row and a column for each room, the highest floor first. A dot says that the room of
its row imports the room of its column. Imports run downwards, so every dot lies above the diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import chain
from pathlib import Path

from tests.test_layers import FILES, HOUSES, house, imports, room

FOLDER = Path(__file__).parent
#: The picture of each package, in this folder.
PICTURES = {"essaim": "architecture.svg", "essaim_practice": "architecture-practice.svg"}

ROW, LEFT, SENTENCE, TOP = 26, 400, 136, 88  # pixels
STYLE = """
svg { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
.paper { fill: #fff } .floor { fill: #eaf3fa } text { fill: #12202b; font-size: 12.5px }
.room { font-weight: 600; font-size: 13.5px } .dot { fill: #1f77b4 } .self { fill: #a9d3ee }
.rule { stroke: #12202b; stroke-opacity: .12 } .note { font-size: 12.5px; fill: #4a5b68 }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0e1117 } .floor { fill: #18222c } text { fill: #e6edf3 }
  .dot { fill: #6cb8f0 } .self { fill: #2a5576 } .rule { stroke: #e6edf3; stroke-opacity: .14 }
  .note { fill: #a3b3c0 }
}
"""
NOTE = (
    "A dot: the room of its row imports",
    "the room of its column. None lies",
    "below the squares.",
)


def graph(package: str) -> dict[str, set[str]]:
    """The rooms of a package that each of its rooms imports."""
    found: dict[str, set[str]] = {}
    for module in FILES:
        if house(module) == package:
            names = (name for _line, name in imports(module) if house(name) == package)
            found.setdefault(room(module), set()).update(map(room, names))
    return found


def drawn(package: str) -> str:
    """The picture of a package, as SVG."""
    floors, sentences = HOUSES[package]["floors"], HOUSES[package]["rooms"]
    rooms = list(chain.from_iterable(floors))
    width, height = LEFT + ROW * len(rooms) + 60, TOP + ROW * len(rooms) + 10
    parts = chain(
        _floors(floors, width),
        _rooms(rooms, sentences),
        _dots(rooms, graph(package)),
        _note(rooms),
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="The rooms of {package} by floor, and which imports which">',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _floors(floors: list[list[str]], width: int) -> Iterator[str]:
    top = TOP
    for number, rooms in enumerate(floors):
        tall = ROW * len(rooms)
        if number % 2 == 0:
            yield f'<rect class="floor" x="8" y="{top}" width="{width - 16}" height="{tall}"/>'
        top += tall


def _rooms(rooms: list[str], sentences: dict[str, str]) -> Iterator[str]:
    for at, name in enumerate(rooms):
        y, x = TOP + ROW * at, LEFT + ROW * at
        yield f'<text class="room" x="18" y="{y + 18}">{escape(name)}</text>'
        yield f'<text x="{SENTENCE}" y="{y + 18}">{escape(sentences[name])}</text>'
        yield f'<path class="rule" d="M{x} {TOP}V{y}"/>'
        yield f'<text transform="translate({x + 17} {TOP - 8})rotate(-45)">{escape(name)}</text>'


def _dots(rooms: list[str], imported: dict[str, set[str]]) -> Iterator[str]:
    for row, name in enumerate(rooms):
        x, y = LEFT + ROW * row, TOP + ROW * row
        yield f'<rect class="self" x="{x + 5}" y="{y + 5}" width="16" height="16" rx="3"/>'
        for column, other in enumerate(rooms):
            if other != name and other in imported.get(name, ()):
                yield f'<circle class="dot" cx="{LEFT + ROW * column + 13}" cy="{y + 13}" r="5"/>'


def _note(rooms: list[str]) -> Iterator[str]:
    for number, line in enumerate(NOTE):
        y = TOP + ROW * len(rooms) - 62 + 20 * number
        yield f'<text class="note" x="{LEFT + 12}" y="{y}">{line}</text>'


if __name__ == "__main__":
    for package, picture in PICTURES.items():
        (FOLDER / picture).write_text(drawn(package), encoding="utf-8")
