"""Makes a practice cluster fail, and mends it: machines, registry, time.

No docker command does this: on a real machine somebody pulls the plug. So a fault is a call of the
practice engine's own (``core.engine.practice.calls``), and its line is a curl line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.cluster.failures import daemon_errors
from core.control.control import Control
from core.engine.connection import QUESTION_TIMEOUT
from core.engine.practice import Call, Machine, calls
from core.errors import NotAllowed
from core.i18n import later as _

ONLY = _("Only a practice cluster fails at a click.")


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a practice cluster fares, beneath what Docker knows of it."""

    machines: Mapping[str, Machine]  # by name
    registry_up: bool
    registry_rate: float  # bytes per second
    factor: float  # simulated seconds per second
    paused: bool


def power(node: str, on: bool) -> Call[None]:
    """A power cut, or its end."""
    return calls.start(node) if on else calls.kill(node)


def cable(node: str, plugged: bool) -> Call[None]:
    """The network cable of a machine, out or in again."""
    return calls.plug(node) if plugged else calls.cut(node)


def disk(node: str, room: bool) -> Call[None]:
    """A disk that is full, or has room again."""
    return calls.free(node) if room else calls.fill(node)


def conditions(cluster: Control) -> Conditions:
    """Raises NotAllowed, EngineRejected and EngineUnreachable."""
    if not cluster.practice:
        raise NotAllowed(ONLY)
    send = cluster.connection.send
    machines, registry, time = send(calls.machines()), send(calls.registry()), send(calls.time())
    by_name = {machine.name: machine for machine in machines}
    return Conditions(by_name, registry.up, registry.rate, time.speed, time.paused)


def do(
    cluster: Control,
    call: Call[Any],
    who: str,
    refusal: NotAllowed | None = None,
    timeout: float = QUESTION_TIMEOUT,
) -> None:
    """Make a call that changes the cluster, and write it into the journal.

    refusal: the error on a real cluster. timeout: seconds for the answer. Raises NotAllowed,
    EngineRejected and EngineUnreachable.
    """

    def happen() -> None:
        cluster.require_practice(refusal or NotAllowed(ONLY))
        cluster.connection.send(call, timeout)

    try:
        cluster.journal.note(*lines(cluster, call), who, happen)
    finally:
        cluster.collector.stir()


def lines(cluster: Control, call: Call[Any]) -> tuple[str, str]:
    """What makes the same call at a shell's prompt, and in Python."""
    return cluster.connection.lines(call)


def misbehaving(cluster: Control) -> dict[str, str]:
    """The catalogue's images whose containers fail, and how they do.

    Raises EngineRejected and EngineUnreachable.
    """
    with daemon_errors():
        client = cluster.connection.client()
        try:
            found = client.images.search("essaim/")
        finally:
            client.close()
    return {image["name"]: image["description"] for image in found}
