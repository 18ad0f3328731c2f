"""docker container stats: what containers use of processor, memory, network and disk."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import docker.errors

from core.cluster.engine_json import Json, count, items, part, text
from core.cluster.failures import daemon_errors
from core.commands.command import Client, Report, command, spoken
from core.commands.grammar import arguments, option, switch
from core.commands.listing import Column, Listing
from core.commands.source import Call
from core.commands.streams import Interrupt, Streams
from core.commands.table import memory, short, size
from core.errors import DockerRefused, EssaimError

_CLEAR = b"\x1b[2J\x1b[H"
_AT_ONCE = 8  # containers that are asked at the same time
_PAUSE = 0.5  # seconds between two tables


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"


def _cpu(stats: Json) -> str:
    now, before = part(stats, "cpu_stats"), part(stats, "precpu_stats")
    used = count(now, "cpu_usage", "total_usage") - count(before, "cpu_usage", "total_usage")
    whole = count(now, "system_cpu_usage") - count(before, "system_cpu_usage")
    cpus = count(now, "online_cpus") or len(items(now, "cpu_usage", "percpu_usage"))
    return _percent(used / whole * cpus if used > 0 and whole > 0 else 0.0)


def _used(stats: Json) -> int:
    """Memory without the cache."""
    whole = count(stats, "memory_stats", "usage")
    details = part(stats, "memory_stats", "stats")
    for name in ("total_inactive_file", "inactive_file"):
        if name in details and details[name] < whole:
            return whole - int(details[name])
    return whole


def _memory(stats: Json) -> str:
    return f"{memory(_used(stats))} / {memory(count(stats, 'memory_stats', 'limit'))}"


def _memory_share(stats: Json) -> str:
    limit = count(stats, "memory_stats", "limit")
    return _percent(_used(stats) / limit if limit else 0.0)


def _network(stats: Json) -> str:
    nets = part(stats, "networks").values()
    return f"{size(sum(n['rx_bytes'] for n in nets))} / {size(sum(n['tx_bytes'] for n in nets))}"


def _blocks(stats: Json) -> str:
    done = {"r": 0, "w": 0}
    for entry in items(stats, "blkio_stats", "io_service_bytes_recursive"):
        if (kind := str(entry.get("op", ""))[:1].lower()) in done:
            done[kind] += entry["value"]
    return f"{size(done['r'])} / {size(done['w'])}"


@command("container stats", "stats")
class ContainerStats(Listing):
    """Show what containers use, again and again, or once with --no-stream."""

    columns = (
        Column("ID", "CONTAINER ID", lambda s: short(text(s, "id")), lambda s: text(s, "id")),
        Column("Name", "NAME", lambda s: text(s, "name")[1:] or "--"),
        Column("CPUPerc", "CPU %", _cpu),
        Column("MemUsage", "MEM USAGE / LIMIT", _memory),
        Column("MemPerc", "MEM %", _memory_share),
        Column("NetIO", "NET I/O", _network),
        Column("BlockIO", "BLOCK I/O", _blocks),
        Column("PIDs", "PIDS", lambda s: str(count(s, "pids_stats", "current"))),
        Column("Container", "CONTAINER", lambda s: text(s, "asked")),
    )
    shown = ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
    kind = "*container.statsContext"
    loop = ("container", "print(container.name, container.stats(stream=False))")
    all: bool = switch("-a", "--all")
    format: str = option("--format")
    no_stream: bool = switch("--no-stream")
    no_trunc: bool = switch("--no-trunc")
    containers: tuple[str, ...] = arguments("CONTAINER", optional=True)

    @property
    def goes_on(self) -> bool:
        return not self.no_stream

    def _call(self) -> Call:
        return Call("client.containers.list", **({"all": True} if self.all else {}))

    def _python(self) -> str:
        if not self.containers:
            return Listing._python(self)
        return "\n".join(
            f"print({Call('client.api.stats', name, stream=False)})" for name in self.containers
        )

    def _names(self, client: Client) -> list[str]:
        """The containers to ask for. Raises DockerRefused for those that are not there."""
        if not self.containers:
            return [short(known["Id"]) for known in client.api.containers(all=self.all) or ()]
        refusals = []
        for name in dict.fromkeys(self.containers):
            try:
                with daemon_errors():
                    client.api.inspect_container(name)
            except EssaimError as error:
                refusals.append(spoken(error))
        if refusals:
            raise DockerRefused("\n".join(refusals))
        return list(dict.fromkeys(self.containers))

    def _found(self, client: Client) -> Iterable[Json]:
        def ask(name: str) -> Json:
            try:
                found: Json = client.api.stats(name, stream=False)
            except docker.errors.APIError:  # it has gone meanwhile
                found = {}
            return found | {"asked": name}

        names = self._names(client)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(ask, names))

    def _play(self, client: Client, streams: Streams) -> int:
        if self.no_stream:
            streams.print(self._run(client, lambda progress: None))
            return 0
        over = threading.Event()
        streams.interrupt.on_press(lambda presses: over.set())
        while not over.is_set():
            found = self.listed(self._found(client))
            streams.write(_CLEAR + found.encode() + b"\n")
            over.wait(_PAUSE)
        return 0

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        return self._run(client, report)
