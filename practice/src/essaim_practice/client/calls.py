"""The calls that a practice engine answers and no Docker engine does, as values.

Each function makes a Call; a PracticeClient sends it and reads the answer. ``GET /_practice`` of
any engine lists the routes. A machine has the name of its engine: ``node1``, ``node2``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One HTTP call. path: below ``/_practice/``. body: JSON. read: makes the value of the answer.

    >>> from essaim_practice import calls
    >>> call = calls.kill("node2")
    >>> call.method, call.path
    ('POST', 'engines/node2/kill')
    """

    method: str
    path: str
    read: Callable[[Any], T] = field(repr=False, compare=False)
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """What an engine runs on, below all that Docker knows of it."""

    name: str
    up: bool  # it has power
    cut: bool  # it is off the network
    full: bool  # its disk has no space left
    address: str  # in the simulated network, where other machines join it: 192.168.0.11
    host: str  # the DOCKER_HOST of its engine; '' where nothing listens for it
    swarm: str  # inactive, pending, active, error or locked
    role: str  # worker or manager; '' in no Swarm
    ports: tuple[int, ...]  # that it publishes, in order

    @property
    def manages(self) -> bool:
        """It is a manager that the others can reach."""
        return self.up and not self.cut and self.swarm == "active" and self.role == "manager"

    @property
    def sound(self) -> bool:
        """It has no fault."""
        return self.up and not (self.cut or self.full)


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A port of a machine that leads to a container."""

    engine: str  # the machine
    port: int
    target: int  # of the container
    service: str  # its name; '' for a plain container
    container: str  # its name; '' for a service
    bound: bool  # it listens on this computer's loopback
    url: str  # where it answers: that listener, else a path of the engine's own address


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry that every pull comes from."""

    rate: float  # bytes per second, for each pull
    up: bool  # it answers


@dataclass(frozen=True, slots=True)
class KnownImage:
    """A repository that the registry has."""

    name: str
    description: str
    declared: bool  # by declare_image
    played: bool  # its programs do what one expects; else they say that they do not
    measured: bool  # its size is the real image's, not an estimate


@dataclass(frozen=True, slots=True)
class Time:
    """Simulated time."""

    now: datetime
    speed: float  # simulated seconds per second
    paused: bool


# Machines


def machines() -> Call[tuple[Machine, ...]]:
    """Every machine, in the order in which they came."""
    return Call("GET", "engines", lambda answer: tuple(map(_machine, answer)))


def add_machine() -> Call[Machine]:
    """One more machine, whose engine is empty and in no Swarm."""
    return Call("POST", "engines", _machine)


def remove_machine(machine: str) -> Call[None]:
    """Take a machine away with all that is on it. The Swarm sees its node go down."""
    return Call("DELETE", f"engines/{_quoted(machine)}", _nothing)


def ports() -> Call[tuple[PublishedPort, ...]]:
    """Every published port."""
    return Call("GET", "ports", lambda answer: tuple(map(_port, answer)))


def reset(nodes: int | None = None, formed: bool | None = None) -> Call[None]:
    """Forget everything and begin anew, at the same addresses; every connection ends.

    nodes: how many machines. formed: they are one Swarm. None: as the cluster began.
    """
    return Call("POST", "reset", _nothing, _given(nodes=nodes, formed=formed))


def port_path(machine: str, port: int) -> str:
    """The path of any engine of the cluster that leads to a published port of a machine."""
    return f"/_practice/open/{_quoted(machine)}/{port}"


# Faults. What is so already stays so, and is no error.


def kill(machine: str) -> Call[None]:
    """Cut a machine's power: its containers end, and the Swarm is told nothing."""
    return _fault(machine, "kill")


def start(machine: str) -> Call[None]:
    """Give a machine its power back."""
    return _fault(machine, "start")


def cut(machine: str) -> Call[None]:
    """Pull a machine's network cable: its containers run on, and reach no other machine."""
    return _fault(machine, "cut")


def plug(machine: str) -> Call[None]:
    """Plug a machine's network cable in again."""
    return _fault(machine, "plug")


def fill(machine: str) -> Call[None]:
    """Fill a machine's disk: pulls, new containers and writes find no space left on the device."""
    return _fault(machine, "fill")


def free(machine: str) -> Call[None]:
    """Make room on a machine's disk again."""
    return _fault(machine, "free")


def crash(task: str, code: int = 137) -> Call[None]:
    """End a program as a crash does. code: its exit code, 0 to 255.

    task: the id of a task or container on any machine, or the beginning of one; or a container's
    name.
    """
    return Call("POST", f"tasks/{_quoted(task)}/crash", _nothing, {"code": code})


def lose_quorum(how: Literal["kill", "cut"] = "kill") -> Call[tuple[str, ...]]:
    """Kill or cut so many managers that no majority is left; the names of those that fell."""
    return Call("POST", "quorum/lose", lambda answer: tuple(answer["fallen"]), {"how": how})


def mend() -> Call[None]:
    """End every fault, the registry's too. The clock stays as it is."""
    return Call("POST", "mend", _nothing)


def registry() -> Call[Registry]:
    """How the registry is."""
    return Call("GET", "registry", _registry)


def set_registry(rate: float | None = None, up: bool | None = None) -> Call[Registry]:
    """Change the registry for pulls that begin now. rate: 1e3 to 1e9 bytes per second."""
    return Call("POST", "registry", _registry, _given(rate=rate, up=up))


# Images


def images() -> Call[tuple[KnownImage, ...]]:
    """Every repository that can be pulled."""
    return Call("GET", "images", lambda answer: tuple(KnownImage(**each) for each in answer))


def declare_image(
    name: str,
    *,
    tags: Sequence[str] = ("latest",),
    command: Sequence[str] = ("/app",),
    ports: Sequence[int | str] = (),
    log: Sequence[str] = (),
    healthy: bool | None = None,
    exit_code: int | None = None,
    base: str = "alpine",
    env: Sequence[str] = (),
) -> Call[None]:
    """Declare an image of one's own, which every engine can pull from now on.

    Its command stays up, writes the lines of log and answers HTTP on its ports; with exit_code it
    ends with that. healthy: what its health check finds; None: it has none. base: whose shell it
    has, and its release: alpine, "debian bookworm-slim", "ubuntu 24.04", busybox, "" for none.
    env: NAME=value.
    """
    lists = {"tags": tags, "command": command, "ports": ports, "log": log, "env": env}
    body = {key: list(value) for key, value in lists.items()}
    more = _given(healthy=healthy, exit_code=exit_code, base=base)
    return Call("POST", "images", _nothing, {"name": name, **body, **more})


def forget_image(name: str) -> Call[None]:
    """Forget a declared image; engines keep what they have pulled of it."""
    return Call("DELETE", f"images/{quote(name)}", _nothing)


# Time


def time() -> Call[Time]:
    """What time it is in the cluster, and how fast it goes by."""
    return Call("GET", "clock", _time)


def set_clock(speed: float | None = None, paused: bool | None = None) -> Call[Time]:
    """Change the pace. speed: 0.1 to 100 simulated seconds per second."""
    return Call("POST", "clock", _time, _given(factor=speed, paused=paused))


def step(seconds: float) -> Call[Time]:
    """Let simulated seconds pass at once, 0 to 86400, and all that falls due in them happen."""
    return Call("POST", "clock", _time, {"step": seconds})


def _fault(machine: str, what: str) -> Call[None]:
    return Call("POST", f"engines/{_quoted(machine)}/{what}", _nothing)


def _given(**settings: object) -> dict[str, object]:
    return {name: value for name, value in settings.items() if value is not None}


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _nothing(answer: Any) -> None:
    return None


def _machine(said: Mapping[str, Any]) -> Machine:
    known = {each.name: said[each.name] for each in fields(Machine)}
    return Machine(**known | {"ports": tuple(said["ports"])})


def _port(said: Mapping[str, Any]) -> PublishedPort:
    return PublishedPort(**{each.name: said.get(each.name, "") for each in fields(PublishedPort)})


def _registry(said: Mapping[str, Any]) -> Registry:
    return Registry(rate=said["rate"], up=said["up"])


def _time(said: Mapping[str, Any]) -> Time:
    return Time(datetime.fromisoformat(said["now"]), said["factor"], said["paused"])
