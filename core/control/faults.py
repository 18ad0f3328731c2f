"""Makes a practice cluster fail, and mends it: machines, registry, time.

No docker command does this: on a real machine somebody pulls the plug. So a fault goes to the
practice engine's own routes under ``/_practice``, and its line is a curl line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from core.cluster.failures import daemon_errors
from core.control.control import Control
from core.engine.connection import QUESTION_TIMEOUT
from core.errors import NotAllowed
from core.i18n import later as _

ONLY = _("Only a practice cluster fails at a click.")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a practice node runs on."""

    name: str
    up: bool
    cut: bool  # off the network
    full: bool  # no space left on its disk
    address: str  # inside the simulated network: where others join it
    host: str  # the DOCKER_HOST of its engine, on Essaim's own machine
    swarm: str  # inactive, pending, active or locked
    role: str  # worker or manager; '' in no Swarm
    ports: tuple[int, ...]  # that it publishes

    @property
    def manages(self) -> bool:
        return self.up and not self.cut and self.swarm == "active" and self.role == "manager"

    @property
    def sound(self) -> bool:
        return self.up and not (self.cut or self.full)


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a practice cluster fares, beneath what Docker knows of it."""

    machines: Mapping[str, Machine]  # by name
    registry_up: bool
    registry_rate: float  # bytes per second
    factor: float  # simulated seconds per second
    paused: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """One call of the practice engine's own interface."""

    path: str  # below /_practice/
    body: Mapping[str, Any] = field(default_factory=dict)
    method: str = "POST"

    def line(self, base: str) -> str:
        """What does the same at a shell's prompt."""
        data = f" -d '{json.dumps(dict(self.body))}'" if self.body else ""
        return f"curl -X {self.method}{data} {base}/_practice/{self.path}"

    def python(self, base: str) -> str:
        data = f", json={dict(self.body)!r}" if self.body else ""
        verb = self.method.lower()
        return f'import requests\n\nrequests.{verb}("{base}/_practice/{self.path}"{data})\n'


def power(node: str, on: bool) -> Fault:
    """A power cut, or its end. The Swarm is told nothing."""
    return Fault(f"engines/{node}/{'start' if on else 'kill'}")


def cable(node: str, plugged: bool) -> Fault:
    """The network cable of a machine, out or in again."""
    return Fault(f"engines/{node}/{'plug' if plugged else 'cut'}")


def disk(node: str, room: bool) -> Fault:
    """A disk that is full, or has room again."""
    return Fault(f"engines/{node}/{'free' if room else 'fill'}")


def add_machine() -> Fault:
    """One more machine, whose engine is empty and in no Swarm."""
    return Fault("engines")


def remove_machine(name: str) -> Fault:
    """A machine is taken away for good. The Swarm is told nothing."""
    return Fault(f"engines/{name}", method="DELETE")


def crash(task: str, code: int = 137) -> Fault:
    """The end of a task's program. task: an id, of the task or of its container."""
    return Fault(f"tasks/{task}/crash", {"code": code})


def registry(rate: float | None = None, up: bool | None = None) -> Fault:
    """rate: bytes per second for each pull. up: whether it answers at all."""
    given = {"rate": rate, "up": up}
    return Fault("registry", {name: value for name, value in given.items() if value is not None})


def clock(
    factor: float | None = None, paused: bool | None = None, step: float | None = None
) -> Fault:
    """The pace of simulated time; step: seconds to go on by."""
    given = {"factor": factor, "paused": paused, "step": step}
    return Fault("clock", {name: value for name, value in given.items() if value is not None})


def lose_quorum(how: str = "kill") -> Fault:
    """So many managers fall (``kill`` or ``cut``) that no majority is left."""
    return Fault("quorum/lose", {"how": how})


def mend() -> Fault:
    """The end of every fault."""
    return Fault("mend")


def conditions(cluster: Control) -> Conditions:
    """Raises one of core.errors."""
    machines, openings = _ask(cluster, "GET", "engines"), _ask(cluster, "GET", "ports")
    pulls, pace = _ask(cluster, "GET", "registry"), _ask(cluster, "GET", "clock")
    return Conditions(
        {machine["name"]: _machine(machine, openings) for machine in machines},
        pulls["up"],
        pulls["rate"],
        pace["factor"],
        pace["paused"],
    )


def _machine(said: Mapping[str, Any], openings: Iterable[Mapping[str, Any]]) -> Machine:
    return Machine(
        name=said["name"],
        up=said["up"],
        cut=said["cut"],
        full=said["full"],
        address=said["address"],
        host=said["host"],
        swarm=said["swarm"],
        role=said["role"],
        ports=tuple(opening["port"] for opening in openings if opening["engine"] == said["name"]),
    )


def do(cluster: Control, fault: Fault, who: str) -> None:
    """Let it happen, and write it into the journal. Raises one of core.errors."""
    base = address(cluster)

    def happen() -> None:
        cluster.require_practice(NotAllowed(ONLY))
        _ask(cluster, fault.method, fault.path, fault.body)

    try:
        cluster.journal.note(fault.line(base), fault.python(base), who, happen)
    finally:
        cluster.collector.stir()


def address(cluster: Control) -> str:
    """Where the practice engine's own interface is."""
    return cluster.connection.base_url.replace("tcp://", "http://", 1)


def misbehaving(cluster: Control) -> dict[str, str]:
    """The catalogue's images whose containers fail, and how they do. Raises one of core.errors."""
    with daemon_errors():
        client = cluster.connection.client()
        try:
            found = client.images.search("essaim/")
        finally:
            client.close()
    return {image["name"]: image["description"] for image in found}


def _ask(cluster: Control, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    if not cluster.practice:
        raise NotAllowed(ONLY)
    with daemon_errors():
        url = f"{address(cluster)}/_practice/{path}"
        answer = requests.request(method, url, json=body or None, timeout=QUESTION_TIMEOUT)
        answer.raise_for_status()
    return answer.json() if answer.content else None
