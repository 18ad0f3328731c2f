"""docker volume: folders that outlive the containers that use them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.cluster.engine_json import Json, items, part, text
from core.commands.api import Request, path
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.inspections import Inspection
from core.commands.kinds import OnEach, OneCall, Prune
from core.commands.listing import Column, Listing, labelled
from core.commands.source import Call, given, literal
from core.commands.streams import Streams
from core.commands.table import size
from core.commands.values import BYTES, FILTER, MAP, MARK, filters, pairs
from core.commands.values import size as bytes_of
from core.errors import DockerRefused

_WARNING = "WARNING! This will remove {} local volumes not used by at least one container."


def _links(volume: Json) -> str:
    used = part(volume, "UsageData")
    return str(used["RefCount"]) if used else "N/A"


def _size(volume: Json) -> str:
    used = part(volume, "UsageData")
    return size(used["Size"], 4) if used and used["Size"] != -1 else "N/A"


def _of_cluster(volume: Json, *keys: str) -> str:
    return text(volume, "ClusterVolume", *keys) or "N/A"


VOLUME_COLUMNS = (
    Column("Availability", "AVAILABILITY", lambda it: _of_cluster(it, "Spec", "Availability")),
    Column("Driver", "DRIVER", lambda volume: text(volume, "Driver")),
    Column("Group", "GROUP", lambda volume: _of_cluster(volume, "Spec", "Group")),
    Column("Labels", "LABELS", labelled),
    Column("Links", "LINKS", _links),
    Column("Mountpoint", "MOUNTPOINT", lambda volume: text(volume, "Mountpoint")),
    Column("Name", "VOLUME NAME", lambda volume: text(volume, "Name")),
    Column("Scope", "SCOPE", lambda volume: text(volume, "Scope")),
    Column("Size", "SIZE", _size),
    Column("Status", "STATUS", lambda volume: _of_cluster(volume, "Info", "VolumeID")),
)


@command("volume ls", "volume list")
class ListVolumes(Listing):
    """List the volumes of this engine."""

    columns = VOLUME_COLUMNS
    shown = ("Driver", "Name")
    kind = "*formatter.volumeContext"
    key = "Name"
    loop = ("volume", "print(volume.name)")
    cluster: bool = switch("--cluster")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    quiet: bool = switch("--quiet", "-q")

    def _call(self) -> Call:
        return Call("client.volumes.list", **given(filters=filters(self.filter)))

    def _shown(self) -> tuple[str, ...]:
        return ("Name", "Group", "Driver", "Availability", "Status") if self.cluster else self.shown

    def _found(self, client: Client) -> Iterable[Json]:
        found = client.api.volumes(**given(filters=filters(self.filter))) or {}
        volumes = [
            it for it in items(found, "Volumes") if not self.cluster or "ClusterVolume" in it
        ]
        return sorted(volumes, key=lambda volume: text(volume, "Name"))


@command("volume create", changes=True)
class CreateVolume(OneCall):
    """Make a volume; without a name it gets one of 64 digits."""

    availability: str = option("--availability", default="active")
    driver: str = option("-d", "--driver", default="local")
    group: str = option("--group")
    label: tuple[str, ...] = options("--label", value=MARK)
    limit_bytes: str = option("--limit-bytes", value=BYTES)
    name: str = option("--name")
    opt: tuple[str, ...] = options("-o", "--opt", value=MAP)
    required_bytes: str = option("--required-bytes", value=BYTES)
    scope: str = option("--scope", default="single")
    secret: tuple[str, ...] = options("--secret", value=MAP)
    sharing: str = option("--sharing", default="none")
    topology_preferred: tuple[str, ...] = options("--topology-preferred")
    topology_required: tuple[str, ...] = options("--topology-required")
    type: str = option("--type", default="block")
    volume: str = argument("VOLUME", optional=True)

    @property
    def _of_the_cluster(self) -> bool:
        said = (self.availability, self.scope, self.sharing, self.type)
        asked = self.group or self.limit_bytes or self.required_bytes or self.secret
        return said != ("active", "single", "none", "block") or bool(asked)

    def _call(self) -> Call:
        named = given(name=self.volume or self.name, driver_opts=pairs(self.opt))
        named |= {"driver": self.driver} | given(labels=pairs(self.label))
        return Call("client.api.create_volume", **named)

    def _request(self) -> Request:
        access: Json = {"Scope": self.scope, "Sharing": self.sharing}
        access |= {"mount": {"MountVolume": {}}, "block": {"BlockVolume": {}}}.get(self.type, {})
        topology = {"Requisite": self.topology_required, "Preferred": self.topology_preferred}
        spec = {
            "Group": self.group,
            "AccessMode": access,
            "Availability": self.availability,
            "CapacityRange": {
                "RequiredBytes": bytes_of(self.required_bytes) if self.required_bytes else 0,
                "LimitBytes": bytes_of(self.limit_bytes) if self.limit_bytes else 0,
            },
            "Secrets": [
                {"Key": key, "Secret": value} for key, value in sorted(pairs(self.secret).items())
            ],
            "AccessibilityRequirements": {
                key: [{"Segments": pairs(text.split(","))} for text in texts]
                for key, texts in topology.items()
            },
        }
        body = {"Name": self.volume or self.name, "Driver": self.driver, "ClusterVolumeSpec": spec}
        body |= {"DriverOpts": pairs(self.opt), "Labels": pairs(self.label)}
        return Request("post", "/volumes/create", body=body)

    def _python(self) -> str:
        if self._of_the_cluster:
            return self._request().text('print(answer.json()["Name"])')
        return f'print({self._call()}["Name"])\n'

    def _run(self, client: Client, report: Report) -> str:
        if self.volume and self.name:
            raise DockerRefused(
                "conflicting options: cannot specify a volume-name through both --name and as a "
                "positional arg"
            )
        made = self._request().json(client) if self._of_the_cluster else self._call().on(client)
        return self._said(client, made)

    def _said(self, client: Client, answer: Any) -> str:
        return str(answer["Name"])


@command("volume inspect", reveals=True)
class InspectVolumes(Inspection):
    """Show all that the engine knows about volumes."""

    struct = "volume.Volume"
    keeps_json = False
    format: str = option("--format", "-f")
    volumes: tuple[str, ...] = arguments("VOLUME")

    def _call(self, name: str) -> Call:
        return Call("client.api.inspect_volume", name)


@command("volume rm", "volume remove", changes=True, destructive=True)
class RemoveVolumes(OnEach):
    """Remove volumes that no container uses, with what lies in them."""

    method = "api.remove_volume"
    force: bool = switch("--force", "-f")
    volumes: tuple[str, ...] = arguments("VOLUME")

    def _forced(self, name: str) -> Request:
        # docker-py has force, and loses it on the way.
        return Request("delete", path("/volumes/{}", name), {"force": 1})

    def _text(self, name: str) -> str:
        return self._forced(name).text() if self.force else OnEach._text(self, name)

    def _act(self, client: Client, name: str) -> None:
        if self.force:
            self._forced(name).on(client)
        else:
            OnEach._act(self, client, name)


@command("volume prune", changes=True, destructive=True)
class PruneVolumes(Prune):
    """Remove every volume without a name that no container uses; with --all those with one, too."""

    things = "Volumes"
    all: bool = switch("--all", "-a")
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("--force", "-f")

    @property
    def warning(self) -> str:
        return "" if self.force else _WARNING.format("all" if self.all else "anonymous")

    def _doomed(self) -> str:
        return "local volumes not used by at least one container"

    def _call(self) -> Call:
        chosen = filters(self.filter) | ({"all": ["true"]} if self.all else {})
        return Call("client.volumes.prune", **given(filters=chosen))

    def _checked(self) -> None:
        if self.all and "all" in filters(self.filter):
            why = "conflicting options: cannot specify both --all and --filter all=1"
            raise DockerRefused(why)

    def _run(self, client: Client, report: Report) -> str:
        self._checked()
        return Prune._run(self, client, report)

    def _play(self, client: Client, streams: Streams) -> int:
        self._checked()
        return Prune._play(self, client, streams)

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return items(pruned, "VolumesDeleted")


@command("volume update", changes=True)
class UpdateVolume(Command):
    """Change whether a volume of the cluster may be used."""

    availability: str = option("--availability", default="active")
    volume: str = argument("VOLUME")

    def _python(self) -> str:
        return f"""\
volume = client.api.inspect_volume({literal(self.volume)})
cluster = volume.get("ClusterVolume")
if not cluster:
    raise SystemExit("Can only update cluster volumes")
spec = cluster["Spec"] | {{"Availability": {literal(self.availability)}}}
# docker-py has no call for this; its session speaks to the engine's API.
answer = client.api.put(
    f"{{client.api.base_url}}/v{{client.api.api_version}}/volumes/{{cluster['ID']}}",
    params={{"version": cluster["Version"]["Index"]}},
    json={{"Spec": spec}},
)
answer.raise_for_status()
"""

    def _run(self, client: Client, report: Report) -> str:
        volume = client.api.inspect_volume(self.volume)
        cluster = part(volume, "ClusterVolume")
        if not cluster:
            raise DockerRefused("Can only update cluster volumes")
        spec = cluster["Spec"] | {"Availability": self.availability}
        at = path("/volumes/{}", cluster["ID"])
        version = {"version": cluster["Version"]["Index"]}
        Request("put", at, version, body={"Spec": spec}).on(client)
        return ""
