"""docker system df: what lies on the engine's disk, and what of it could go.

The sums and the words are those of docker/cli, cli/command/formatter/disk_usage.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from core.cluster.engine_json import Json, count, items, part, text
from core.cluster.references import NONE, of_container, split
from core.commands.api import Request
from core.commands.command import Client, Report, command, no_report
from core.commands.grammar import option, switch
from core.commands.image_tree import speaks
from core.commands.images import IMAGE_COLUMNS
from core.commands.listing import Column, Listing, Row, labelled, rendered
from core.commands.source import Call
from core.commands.streams import Streams
from core.commands.table import ago, cut, moment, moment_of, short, size
from core.commands.volumes import VOLUME_COLUMNS
from core.errors import DockerRefused, TemplateError
from core.templates.structs import Struct
from core.templates.template import Template

#: The version of the API whose answer has the sums, and the things only where one asks for them.
_API_WITH_SUMS = "1.52"


def _size(number: int) -> str:
    return size(number, 4)


def _written(container: Json) -> str:
    return _size(count(container, "SizeRw"))


def _local_volumes(container: Json) -> str:
    mounts = items(container, "Mounts")
    return str(sum(mount.get("Driver") == "local" for mount in mounts))


_CONTAINER_COLUMNS = (
    Column("Command", "COMMAND", lambda it: f'"{cut(text(it, "Command"), 20)}"'),
    Column("CreatedAt", "CREATED AT", lambda it: moment(it["Created"])),
    Column("ID", "CONTAINER ID", lambda it: short(it["Id"])),
    Column("Image", "IMAGE", lambda it: of_container(text(it, "Image"))),
    Column("Labels", "LABELS", labelled),
    Column("LocalVolumes", "LOCAL VOLUMES", _local_volumes),
    Column("Names", "NAMES", lambda it: ",".join(name[1:] for name in items(it, "Names"))),
    Column("RunningFor", "CREATED", lambda it: ago(it["Created"])),
    Column("Size", "SIZE", _written),
    Column("State", "STATE", lambda it: text(it, "State")),
    Column("Status", "STATUS", lambda it: text(it, "Status")),
)
_CACHE_COLUMNS = (
    Column("CacheType", "CACHE TYPE", lambda it: text(it, "Type")),
    Column("CreatedAt", "CREATED AT", lambda it: moment_of(text(it, "CreatedAt"))),
    Column("CreatedSince", "CREATED", lambda it: ago(text(it, "CreatedAt"))),
    Column("Description", "DESCRIPTION", lambda it: text(it, "Description")),
    Column("ID", "CACHE ID", lambda it: short(text(it, "ID")) + "*" * bool(it.get("InUse"))),
    Column("InUse", "IN USE", lambda it: str(bool(it.get("InUse"))).lower()),
    Column("LastUsedSince", "LAST USED", lambda it: _used_since(it)),
    Column("Parent", "PARENT", lambda it: short(", ".join(items(it, "Parents")))),
    Column("Shared", "SHARED", lambda it: str(bool(it.get("Shared"))).lower()),
    Column("Size", "SIZE", lambda it: size(count(it, "Size"))),
    Column("UsageCount", "USAGE", lambda it: str(count(it, "UsageCount"))),
)


def _used_since(cache: Json) -> str:
    used = text(cache, "LastUsedAt")
    return ago(used) if used else ""


#: Of each part of the long form: its name in a template, its title, its columns, those of the
#: table, and Go's type.
_PARTS: tuple[tuple[str, str, tuple[Column, ...], tuple[str, ...], str], ...] = (
    ("Images", "Images space usage:", IMAGE_COLUMNS,
     ("Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"),
     "*formatter.imageContext"),
    ("Containers", "Containers space usage:", _CONTAINER_COLUMNS,
     ("ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"),
     "*formatter.ContainerContext"),
    ("Volumes", "Local Volumes space usage:", VOLUME_COLUMNS,
     ("Name", "Links", "Size"), "*formatter.volumeContext"),
    ("BuildCache", "Build cache usage: {}", _CACHE_COLUMNS,
     ("ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared"),
     "*formatter.buildCacheContext"),
)  # fmt: skip


@command("system df")
class DiskUsage(Listing):
    """Show how much of the disk images, containers, volumes and the build cache take."""

    columns = (
        Column("Active", "ACTIVE", lambda row: str(row["Active"])),
        Column("Reclaimable", "RECLAIMABLE", lambda row: row["Reclaimable"]),
        Column("Size", "SIZE", lambda row: _size(row["Size"])),
        Column("TotalCount", "TOTAL", lambda row: str(row["Total"])),
        Column("Type", "TYPE", lambda row: row["Type"]),
    )
    shown = ("Type", "TotalCount", "Active", "Size", "Reclaimable")
    kind = "*formatter.diskUsageImagesContext"
    loop = ("kind", "print(kind)")
    format: str = option("--format")
    verbose: bool = switch("--verbose", "-v")

    def _call(self) -> Call:
        return Call("client.df")

    def _found(self, client: Client) -> Iterable[Json]:
        return _sums(self._usage(client))

    def _usage(self, client: Client) -> Json:
        if speaks(client, _API_WITH_SUMS):
            found: Json = Request("get", "/system/df", {"verbose": 1}).json(client)
            return found
        return client.df() or {}

    def _run(self, client: Client, report: Report) -> str:
        if not self.verbose:
            return Listing._run(self, client, report)
        usage = self._usage(client)
        things = {name: list(_things(usage, name)) for name, *_ in _PARTS}
        try:
            if self.format in ("", "table"):
                return "\n\n".join(_table(usage, things, *shape) for shape in _PARTS)
            rows = {
                name: _rows(things[name], columns, kind) for name, _, columns, _, kind in _PARTS
            }
            as_json = {name: [row.as_json() for row in each] for name, each in rows.items()}
            form = "{{json .}}" if self.format == "json" else self.format
            return Template(form).render(Struct("*formatter.diskUsageContext", rows, as_json))
        except TemplateError as error:
            raise DockerRefused(str(error)) from error

    def _play(self, client: Client, streams: Streams) -> int:
        text = self._run(client, no_report)
        ends = not self.verbose or self.format in ("", "table", "json")
        streams.write(f"{text}\n".encode() if ends else text.encode())
        return 0


def _rows(things: list[Json], columns: tuple[Column, ...], kind: str) -> list[Row]:
    known = {column.name: column for column in columns}
    return [Row(thing, known, kind, False) for thing in things]


def _table(
    usage: Json,
    things: dict[str, list[Json]],
    name: str,
    title: str,
    columns: tuple[Column, ...],
    shown: tuple[str, ...],
    kind: str,
) -> str:
    known, rows = {column.name: column for column in columns}, _rows(things[name], columns, kind)
    total = _size(sum(count(it, "Size") for it in things[name] if not it.get("Shared")))
    return f"{title.format(total)}\n\n{rendered('table', shown, known, rows)}"


def _things(usage: Json, name: str) -> Iterable[Json]:
    """Those of one part, also from an answer of the API with sums."""
    found = items(usage, name) or items(usage, f"{name.removesuffix('s')}Usage", "Items")
    if name == "Images":
        for image in found:
            tags = [tag for tag in items(image, "RepoTags") if "@" not in tag and NONE not in tag]
            repository, tag, _ = split(tags[0]) if tags else ("", "", "")
            yield image | {"Repository": repository, "Tag": tag, "Digest": NONE}
    elif name == "BuildCache":
        yield from sorted(found, key=lambda it: (text(it, "LastUsedAt"), text(it, "ID")))
    else:
        yield from found


def _sums(usage: Json) -> Iterable[Json]:
    """A row for each part."""
    for name, kind, summed in (
        ("Images", "Images", _images),
        ("Containers", "Containers", _containers),
        ("Volumes", "Local Volumes", _volumes),
        ("BuildCache", "Build Cache", _cache),
    ):
        found = part(usage, f"{name.removesuffix('s')}Usage")
        if found and not items(usage, name):
            total, active = count(found, "TotalCount"), count(found, "ActiveCount")
            whole, free = count(found, "TotalSize"), count(found, "Reclaimable")
        else:
            things = items(usage, name)
            total, (active, whole, free) = len(things), summed(usage, things)
        share = f" ({free * 100 // whole}%)" if whole > 0 and name != "BuildCache" else ""
        yield {
            "Type": kind, "Total": total, "Active": active, "Size": whole,
            "Reclaimable": f"{_size(free)}{share}",
        }  # fmt: skip


Sum = Callable[[Json, list[Json]], tuple[int, int, int]]


def _images(usage: Json, images: list[Json]) -> tuple[int, int, int]:
    """How many are used; their size, and how much of it could go."""
    used = [image for image in images if count(image, "Containers")]
    own = (count(it, "Size") - count(it, "SharedSize") for it in used if it.get("SharedSize") != -1)
    whole = count(usage, "LayersSize")
    return len(used), whole, whole - sum(own)


def _containers(usage: Json, containers: list[Json]) -> tuple[int, int, int]:
    active = [it for it in containers if text(it, "State") in ("running", "paused", "restarting")]
    whole = sum(count(it, "SizeRw") for it in containers)
    return len(active), whole, whole - sum(count(it, "SizeRw") for it in active)


def _volumes(usage: Json, volumes: list[Json]) -> tuple[int, int, int]:
    sizes: list[tuple[bool, int]] = []
    for volume in volumes:
        used: dict[str, Any] = part(volume, "UsageData")
        sizes.append((bool(count(used, "RefCount")), max(count(used, "Size"), 0)))
    whole = sum(each for _, each in sizes)
    return sum(used for used, _ in sizes), whole, sum(each for used, each in sizes if not used)


def _cache(usage: Json, cache: list[Json]) -> tuple[int, int, int]:
    whole = sum(count(it, "Size") for it in cache if not it.get("Shared"))
    busy = sum(count(it, "Size") for it in cache if it.get("InUse") and not it.get("Shared"))
    return sum(bool(it.get("InUse")) for it in cache), whole, whole - busy
