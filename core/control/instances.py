"""Speaks to another practice instance: what one types on it, done from here.

Every page speaks to one engine. An engine joins by its own word, though, with the token and the
address that a manager gave; the console's ``docker -H`` says any other line to it, too.
"""

from __future__ import annotations

from collections.abc import Iterable

import docker

from core.cluster.failures import daemon_errors
from core.commands.command import Command
from core.commands.swarm import JoinSwarm
from core.control.control import Control
from core.control.faults import conditions
from core.engine.connection import ACTION_TIMEOUT
from core.engine.practice import Machine
from core.errors import InvalidCommand, NotAllowed
from core.i18n import later as _


def invitation(cluster: Control, machines: Iterable[Machine], role: str) -> JoinSwarm:
    """The command with which any other machine joins, as a ``worker`` or a ``manager``.

    Raises one of core.errors: where there is no Swarm to join, too.
    """
    cluster.require_practice(NotAllowed(_("Only a practice instance joins at a click.")))
    manager = next((machine for machine in machines if machine.manages), None)
    if manager is None:
        raise InvalidCommand(_("There is no Swarm to join yet: make one first."))
    with daemon_errors():
        client = docker.APIClient(base_url=manager.host, version="auto", timeout=ACTION_TIMEOUT)
        try:
            token = client.inspect_swarm()["JoinTokens"][role.capitalize()]
        finally:
            client.close()
    return JoinSwarm(token=token, address=f"{manager.address}:2377")


def lines(command: Command, machine: Machine) -> tuple[str, str]:
    """A command's docker line and its Python text, said to the engine of one machine."""
    line, python = command.line(), command.python()
    return (
        line.replace("docker ", f"docker -H {machine.host} ", 1),
        python.replace("docker.from_env()", f'docker.DockerClient(base_url="{machine.host}")', 1),
    )


def tell(cluster: Control, host: str, command: Command, who: str) -> str:
    """Say it to the machine of this name or address. Raises one of core.errors."""
    cluster.require_practice(
        NotAllowed(_("With -H, one speaks to the instances of a practice cluster only."))
    )
    machines = conditions(cluster).machines.values()
    for machine in machines:
        if host in (machine.name, machine.address, machine.host):
            return run(cluster, command, machine, who)
    names = ", ".join(machine.name for machine in machines)
    sentence = _("No instance is called {host}: there are {names}.")
    raise InvalidCommand(sentence, host=host, names=names)


def run(cluster: Control, command: Command, machine: Machine, who: str) -> str:
    """Say it to that engine, and write it into the journal. Raises one of core.errors."""
    cluster.require_practice(NotAllowed(_("Only a practice instance is spoken to at a click.")))

    def do() -> str:
        with daemon_errors():
            client = docker.DockerClient(
                base_url=machine.host, version="auto", timeout=ACTION_TIMEOUT
            )
        try:
            return command.run(client)
        finally:
            client.close()

    try:
        return cluster.journal.note(*lines(command.masked(), machine), who, do)
    finally:
        cluster.collector.stir()
