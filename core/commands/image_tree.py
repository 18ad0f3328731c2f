"""The table of images of the docker command 29, and its tree of platforms.

The layout is that of docker/cli, cli/command/image/tree.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.cluster.engine_json import Json, count, items, part, text
from core.commands.api import Request
from core.commands.command import Client
from core.commands.table import short, size
from core.errors import DockerRefused

FIRST_API = "1.47"  # that has manifests in its list
API_OF_29 = "1.52"
_UNTAGGED = "<untagged>"
_LEGEND = "i Info →   U  In Use"
#: Heads and widths of the columns after the first, and which are aligned to the right.
_COLUMNS = (
    ("ID", 12, False),
    ("DISK USAGE", 10, True),
    ("CONTENT SIZE", 12, True),
    ("EXTRA", 5, False),
)
_GAP = 3
_LEAST = 12  # columns of the terminal for the names, else a column on the right is left out


@dataclass(frozen=True, slots=True)
class Row:
    """An image, or a platform of one. names: each on a line; none where it is untagged."""

    names: tuple[str, ...]
    cells: tuple[str, ...]
    children: tuple[Row, ...] = ()


def speaks(client: Client, version: str) -> bool:
    """Whether the engine speaks this version of the API, or a later one."""
    spoken = str(getattr(client.api, "api_version", "1.0"))
    return _numbers(spoken) >= _numbers(version)


def want_api(client: Client, version: str, *flags: str) -> None:
    """Refuse flags that only an engine with this version of the API knows. Raises DockerRefused."""
    if flags and not speaks(client, version):
        told = f"requires API version {version}, but the Docker daemon API version is"
        raise DockerRefused(
            "\n".join(f'"{flag}" {told} {client.api.api_version}' for flag in flags)
        )


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def listed(client: Client, all: bool, filters: dict[str, list[str]]) -> list[Json]:
    """The images with their manifests, by the engine's API."""
    asked: dict[str, object] = {"manifests": 1, "all": int(all)}
    if filters:
        asked["filters"] = json.dumps(filters)
    found: list[Json] = Request("get", "/images/json", asked).json(client) or []
    return found


def table(images: Iterable[Json], tree: bool, untagged: bool, width: int) -> str:
    """The whole text. width: of the terminal, 0 for none. untagged: shows those, too."""
    rows = [row for image in images for row in _rows(image, tree) if row.names or untagged or tree]
    rows.sort(key=lambda row: (not row.names, row.names[:1]))
    columns, room = list(_COLUMNS), width
    if width:
        for number, (_, wide, _) in enumerate(_COLUMNS):
            if room - wide - _GAP < _LEAST:
                del columns[number:]
                break
            room -= wide + _GAP
    named = [name for row in rows for name in row.names or (_UNTAGGED,)]
    below = [f"└─ {name}" for row in rows for child in row.children for name in child.names]
    first = max(map(len, ["IMAGE", *named, *below]))
    first = min(first, room) if width else first

    def line(name: str, cells: Iterable[str]) -> str:
        text = name.ljust(first)
        for cell, (_, wide, right) in zip(cells, columns, strict=False):
            text += " " * _GAP + (cell.rjust(wide) if right else cell.ljust(wide))
        return text

    lines = [_LEGEND.rjust(width)] if width else []
    lines.append(line("IMAGE", [head for head, _, _ in columns]))
    spaced = tree and any(row.children for row in rows)
    for row in rows:
        *above, last = row.names or (_UNTAGGED,)
        lines += above
        if len(last) > first:
            lines.append(last)
            last = ""
        lines.append(line(last, row.cells))
        for number, child in enumerate(row.children, 1):
            sign = "└─" if number == len(row.children) else "├─"
            lines.append(line(f"{sign} {child.names[0]}", child.cells))
        if spaced:
            lines.append("")
    return "\n".join(lines)


def _rows(image: Json, tree: bool) -> Iterator[Row]:
    manifests = items(image, "Manifests")
    platforms = [each for each in manifests if each.get("Kind") == "image"]
    used = count(image, "Containers") > 0 or any(map(_used, platforms))
    content = sum(count(each, "Size", "Content") for each in manifests)
    cells = _cells(image["Id"], count(image, "Size"), content, used)
    tags = tuple(sorted(tag for tag in items(image, "RepoTags") if "@" not in tag))
    if tree:
        children = tuple(
            Row(
                (_platform(each),),
                _cells(
                    each["ID"],
                    count(each, "Size", "Total"),
                    count(each, "Size", "Content"),
                    _used(each),
                ),
            )
            for each in platforms
        )
        yield Row(tags, cells, children)
        return
    for tag in tags:
        yield Row((tag,), cells)
    if not tags:
        yield Row((), cells)


def _cells(id: str, disk: int, content: int, used: bool) -> tuple[str, ...]:
    return short(id), size(disk), size(content), "U" if used else ""


def _used(manifest: Json) -> bool:
    return bool(items(manifest, "ImageData", "Containers"))


def _platform(manifest: Json) -> str:
    of = part(manifest, "ImageData", "Platform")
    parts = (text(of, "os"), text(of, "architecture"), text(of, "variant"))
    return "/".join(filter(None, parts))
