"""docker system: the engine that answers, its place in the Swarm, and clearing it away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.cluster.engine_json import Json, count, items, part, text
from core.commands.build_cache import PruneBuilds
from core.commands.command import Client, Command, Report, command
from core.commands.containers import PruneContainers
from core.commands.grammar import option, options, switch
from core.commands.images import PruneImages
from core.commands.kinds import Prune
from core.commands.networks import PruneNetworks
from core.commands.streams import Streams
from core.commands.table import duration, memory, size
from core.commands.values import FILTER, filters
from core.commands.versions import client_fields, client_version, its_line, rendered
from core.commands.volumes import PruneVolumes
from core.errors import DockerRefused
from core.templates.structs import Known, Struct
from core.templates.typed import NoList

#: What an answer may lack, and a template finds all the same.
_EMPTY: Json = {
    "CDISpecDirs": None, "DiscoveredDevices": None, "FirewallBackend": None, "HttpProxy": "",
    "HTTPProxy": "", "HttpsProxy": "", "HTTPSProxy": "", "Isolation": "", "NoProxy": "",
    "ProductLicense": "", "DefaultAddressPools": None, "ServerErrors": None, "ClientErrors": None,
    "Containerd": None, "SystemStatus": None, "Warnings": NoList(),
}  # fmt: skip


#: Fields that Go and its JSON write in another case.
_OTHER_CASE = {"CPUCfsPeriod": "CpuCfsPeriod", "CPUCfsQuota": "CpuCfsQuota"}


@command("system info", "info")
class Info(Command):
    """Show what the engine is made of, and its place in the Swarm."""

    format: str = option("--format", "-f")

    def _python(self) -> str:
        return """\
info = client.info()
print(info["Name"], info["ServerVersion"], info["Swarm"]["LocalNodeState"])
print(info["ContainersRunning"], "of", info["Containers"], "containers run")
"""

    def _run(self, client: Client, report: Report) -> str:
        lines, warnings = self._said(client)
        return "\n".join([*lines, *warnings])

    def _play(self, client: Client, streams: Streams) -> int:
        with its_line(streams):
            lines, warnings = self._said(client)
        streams.print("\n".join(lines))
        for warning in warnings:
            streams.warn(warning)
        return 0

    def _said(self, client: Client) -> tuple[list[str], list[str]]:
        """The text, and the engine's warnings."""
        info = client.info()
        own = client_version(str(client.api.api_version))
        if self.format:
            as_json: Json = {"Debug": False, **own, "Plugins": [], "Warnings": None}
            fields = client_fields(own) | {"Debug": False, "Plugins": [], "Warnings": None}
            both = {"ClientInfo": Struct("*system.clientInfo", fields, as_json)}
            known = Known(info, _EMPTY)
            swarm = Known(part(info, "Swarm"), {"Cluster": None, "Managers": 0, "Nodes": 0})
            thing = _Info(known, both | {"Swarm": swarm}, {**info, "ClientInfo": as_json})
            return [rendered(self.format, thing)], []
        first = ["Client:", f" Version:    {own['Version']}", f" Context:    {own['Context']}"]
        return [*first, " Debug Mode: false", "", *_lines(info), ""], items(info, "Warnings")


class _Info(Struct):
    """The engine's answer with a part on the docker command; Go has it as one struct."""

    __slots__ = ("_info",)

    def __init__(self, info: Known, more: Json, json: Json) -> None:
        super().__init__("system.dockerInfo", more, json)
        self._info = info

    def field(self, name: str, *arguments: Any) -> Any:
        name = _OTHER_CASE.get(name, name)
        if name not in self._fields and name in self._info and not arguments:
            return self._info[name]
        return super().field(name, *arguments)


def _lines(info: Json) -> Iterator[str]:
    """The engine's part, in the order of docker/cli, cli/command/system/info.go."""

    def known(label: str, key: str) -> Iterator[str]:
        if value := text(info, key):
            yield f" {label}: {value}"

    def names(*keys: str) -> str:
        return " ".join(items(info, "Plugins", *keys))

    yield "Server:"
    yield f" Containers: {count(info, 'Containers')}"
    for state in ("Running", "Paused", "Stopped"):
        yield f"  {state}: {count(info, f'Containers{state}')}"
    yield f" Images: {count(info, 'Images')}"
    yield from known("Server Version", "ServerVersion")
    yield from known("Storage Driver", "Driver")
    for key, value in items(info, "DriverStatus"):
        yield f"  {key}: {value}"
    yield from known("Logging Driver", "LoggingDriver")
    yield from known("Cgroup Driver", "CgroupDriver")
    yield from known("Cgroup Version", "CgroupVersion")
    yield from (" Plugins:", f"  Volume: {names('Volume')}", f"  Network: {names('Network')}")
    if names("Authorization"):
        yield f"  Authorization: {names('Authorization')}"
    yield f"  Log: {names('Log')}"
    if folders := items(info, "CDISpecDirs"):
        yield from (" CDI spec directories:", *(f"  {folder}" for folder in folders))
    yield from _swarm(part(info, "Swarm"))
    if runtimes := part(info, "Runtimes"):
        yield f" Runtimes: {' '.join(sorted(runtimes))}"
        yield f" Default Runtime: {text(info, 'DefaultRuntime')}"
    yield f" Init Binary: {text(info, 'InitBinary')}"
    for label, key in (("containerd", "Containerd"), ("runc", "Runc"), ("init", "Init")):
        yield f" {label} version: {text(info, f'{key}Commit', 'ID')}"
    if options := items(info, "SecurityOptions"):
        yield " Security Options:"
        for option_ in options:
            pairs = dict(each.partition("=")[::2] for each in option_.split(","))
            yield f"  {pairs.get('name', option_)}"
            if "profile" in pairs:
                yield f"   Profile: {pairs['profile']}"
    yield from known("Kernel Version", "KernelVersion")
    yield from known("Operating System", "OperatingSystem")
    yield from known("OSType", "OSType")
    yield from known("Architecture", "Architecture")
    yield f" CPUs: {count(info, 'NCPU')}"
    yield f" Total Memory: {memory(count(info, 'MemTotal'))}"
    yield from known("Name", "Name")
    yield from known("ID", "ID")
    yield f" Docker Root Dir: {text(info, 'DockerRootDir')}"
    yield f" Debug Mode: {_bool(info, 'Debug')}"
    yield from known("HTTP Proxy", "HttpProxy")
    yield from known("HTTPS Proxy", "HttpsProxy")
    yield from known("No Proxy", "NoProxy")
    if labels := items(info, "Labels"):
        yield from (" Labels:", *(f"  {label}" for label in labels))
    yield f" Experimental: {_bool(info, 'ExperimentalBuild')}"
    yield from _registries(part(info, "RegistryConfig"))
    yield f" Live Restore Enabled: {_bool(info, 'LiveRestoreEnabled')}"
    yield from known("Product License", "ProductLicense")
    if pools := items(info, "DefaultAddressPools"):
        yield " Default Address Pools:"
        yield from (f"   Base: {pool['Base']}, Size: {pool['Size']}" for pool in pools)
    if backend := text(info, "FirewallBackend", "Driver"):
        yield f" Firewall Backend: {backend}"


def _bool(info: Json, key: str) -> str:
    return str(bool(info.get(key))).lower()


def _registries(config: Json) -> Iterator[str]:
    ranges = items(config, "InsecureRegistryCIDRs")
    indexes = part(config, "IndexConfigs").values()
    if ranges or indexes:
        yield " Insecure Registries:"
        yield from (f"  {index['Name']}" for index in indexes if not index.get("Secure"))
        yield from (f"  {each}" for each in ranges)
    if mirrors := items(config, "Mirrors"):
        yield from (" Registry Mirrors:", *(f"  {mirror}" for mirror in mirrors))


def _swarm(swarm: Json) -> Iterator[str]:
    state = text(swarm, "LocalNodeState") or "inactive"
    yield f" Swarm: {state}"
    if state in ("inactive", "locked"):
        return
    yield f"  NodeID: {text(swarm, 'NodeID')}"
    if error := text(swarm, "Error"):
        yield f"  Error: {error}"
    yield f"  Is Manager: {_bool(swarm, 'ControlAvailable')}"
    cluster = part(swarm, "Cluster")
    if cluster and swarm.get("ControlAvailable") and not error and state != "error":
        yield f"  ClusterID: {text(cluster, 'ID')}"
        yield f"  Managers: {count(swarm, 'Managers')}"
        yield f"  Nodes: {count(swarm, 'Nodes')}"
        yield from _cluster(cluster)
    yield f"  Node Address: {text(swarm, 'NodeAddr')}"
    if managers := items(swarm, "RemoteManagers"):
        yield "  Manager Addresses:"
        yield from sorted(f"   {peer['Addr']}" for peer in managers)


def _cluster(cluster: Json) -> Iterator[str]:
    spec = part(cluster, "Spec")
    if pools := items(cluster, "DefaultAddrPool"):
        yield f"  Default Address Pool: {''.join(f'{pool}  ' for pool in pools)}"
        yield f"  SubnetSize: {count(cluster, 'SubnetSize')}"
    if port := count(cluster, "DataPathPort"):
        yield f"  Data Path Port: {port}"
    raft, ca = part(spec, "Raft"), part(spec, "CAConfig")
    limit = count(spec, "Orchestration", "TaskHistoryRetentionLimit")
    yield from ("  Orchestration:", f"   Task History Retention Limit: {limit}", "  Raft:")
    yield f"   Snapshot Interval: {count(raft, 'SnapshotInterval')}"
    if raft.get("KeepOldSnapshots") is not None:
        yield f"   Number of Old Snapshots to Retain: {count(raft, 'KeepOldSnapshots')}"
    yield f"   Heartbeat Tick: {count(raft, 'HeartbeatTick')}"
    yield f"   Election Tick: {count(raft, 'ElectionTick')}"
    beat = duration(count(spec, "Dispatcher", "HeartbeatPeriod") / 1e9)
    yield from ("  Dispatcher:", f"   Heartbeat Period: {beat}", "  CA Configuration:")
    yield f"   Expiry Duration: {duration(count(ca, 'NodeCertExpiry') / 1e9)}"
    yield f"   Force Rotate: {count(ca, 'ForceRotate')}"
    if certificate := text(ca, "SigningCACert").strip():
        yield f"   Signing CA Certificate: \n{certificate}\n"
    if others := items(ca, "ExternalCAs"):
        yield "   External CAs:"
        yield from (f"     {each['Protocol']}: {each['URL']}" for each in others)
    yield f"  Autolock Managers: {_bool(part(spec, 'EncryptionConfig'), 'AutoLockManagers')}"
    yield f"  Root Rotation In Progress: {_bool(cluster, 'RootRotationInProgress')}"


@command("system prune", changes=True, destructive=True)
class PruneSystem(Command):
    """Remove what is not used: containers, networks, images and build cache; volumes if asked."""

    all: bool = switch("--all", "-a")
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("--force", "-f")
    volumes: bool = switch("--volumes")

    @property
    def warning(self) -> str:
        if self.force:
            return ""
        doomed = ["all stopped containers", "all networks not used by at least one container"]
        doomed += ["all anonymous volumes not used by at least one container"] * self.volumes
        images = "images without at least one container associated to them"
        doomed += [f"all {images}" if self.all else "all dangling images"]
        doomed += ["all build cache" if self.all else "unused build cache"]
        lines = ["WARNING! This will remove:", *(f"  - {each}" for each in doomed), ""]
        if self.filter:
            lines += ["  Items to be pruned will be filtered with:"]
            lines += [f"  - {text}" for text in sorted(self.filter)] + [""]
        return "\n".join(lines)

    def _steps(self) -> list[Prune]:
        """What it consists of, one after the other."""
        volumes = [PruneVolumes(filter=self.filter)] * self.volumes
        return [
            PruneContainers(filter=self.filter),
            PruneNetworks(filter=self.filter),
            *volumes,
            PruneImages(all=self.all, filter=self.filter),
            PruneBuilds(all=self.all, filter=self.filter),
        ]

    def _python(self) -> str:
        return "\n".join(f"print({step._call()})" for step in self._steps())

    def _run(self, client: Client, report: Report) -> str:
        if self.volumes and "until" in filters(self.filter):
            raise DockerRefused('ERROR: The "until" filter is not supported with "--volumes"')
        said: list[str] = []
        reclaimed = 0
        for step in self._steps():
            pruned = step._call().on(client) or {}
            if gone := step.told(pruned):
                reclaimed += count(pruned, "SpaceReclaimed")
                said.append(f"{gone}\n")
        return "\n".join([*said, f"Total reclaimed space: {size(reclaimed, 4)}"])
