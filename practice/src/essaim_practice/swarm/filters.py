"""Which nodes can take a task, and in SwarmKit's words why the others cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from essaim_practice.store.objects import Json, Task
from essaim_practice.swarm import constraints, specs
from essaim_practice.swarm.loads import Load, fixed_host_ports

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; ``why`` explains it for so many nodes."""

    passes: Callable[[Load], bool]
    why: Callable[[int], str]


class Pipeline:
    """The filters that matter to a task, in order; the first that a node fails is counted."""

    def __init__(self, task: Task) -> None:
        self._filters = _filters(task)
        self._failed = [0] * len(self._filters)

    def passes(self, load: Load) -> bool:
        for position, each in enumerate(self._filters):
            if not each.passes(load):
                self._failed[position] += 1
                return False
        self._failed = [0] * len(self._filters)
        return True

    def explain(self) -> str:
        """Why nodes failed since the last one that passed, the commonest reason first."""
        counted = sorted(zip(self._failed, self._filters, strict=True), key=lambda pair: -pair[0])
        return "; ".join(each.why(count) for count, each in counted if count)


def _filters(task: Task) -> list[Filter]:
    filters = [Filter(_ready, _nodes("not available for new tasks", before=True))]
    reserved = specs.section(task.spec, "Resources", "Reservations")
    if reserved:
        filters.append(Filter(_fits(reserved), _nodes("insufficient resources on")))
    wanted = specs.placement_constraints(task.spec)
    if wanted:
        unmet = _nodes("scheduling constraints not satisfied on")
        filters.append(Filter(lambda load: specs.matches(task.spec, load.node), unmet))
    platforms = specs.section(task.spec, "Placement").get("Platforms") or ()
    if platforms:
        fits = any(_runs(platform) for platform in platforms)
        filters.append(Filter(lambda load: fits, _nodes("unsupported platform on")))
    ports = fixed_host_ports(task)
    if ports:
        free = Filter(
            lambda load: not any(load.host_ports.get(port) for port in ports),
            _nodes("host-mode port already in use on"),
        )
        filters.append(free)
    most = int(specs.section(task.spec, "Placement").get("MaxReplicas") or 0)
    if most:
        room = Filter(
            lambda load: load.by_service.get(task.service_id, 0) < most,
            lambda count: "max replicas per node limit exceed",
        )
        filters.append(room)
    return filters


def _ready(load: Load) -> bool:
    return load.node.state == "ready" and load.node.availability == "active"


def _fits(reserved: Json) -> Callable[[Load], bool]:
    cpus, memory = int(reserved.get("NanoCPUs") or 0), int(reserved.get("MemoryBytes") or 0)
    # No practice machine has any of what its daemon would have to be told of, like a GPU.
    devices = bool(reserved.get("GenericResources"))
    return lambda load: (
        not devices
        and load.cpus - load.reserved_cpus >= cpus
        and load.memory - load.reserved_memory >= memory
    )


def _runs(platform: Json) -> bool:
    architecture = platform.get("Architecture") or ""
    same = _ARCHITECTURES.get(architecture, architecture) in (
        "",
        _ARCHITECTURES[constraints.ARCHITECTURE],
    )
    return same and (platform.get("OS") or constraints.OS) == constraints.OS


def _nodes(words: str, before: bool = False) -> Callable[[int], str]:
    def why(count: int) -> str:
        nodes = "1 node" if count == 1 else f"{count} nodes"
        return f"{nodes} {words}" if before else f"{words} {nodes}"

    return why
