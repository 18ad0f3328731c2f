"""Runs commands on the engine of another practice instance.

Every page asks one engine. An engine joins a Swarm by a command of its own, though, with the token
and the address that a manager gave; the console's ``docker -H`` runs any other line there, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from core.cluster.failures import daemon_errors
from core.commands.command import Command
from core.commands.swarm import JoinSwarm, JoinToken
from core.control.control import Control
from core.control.faults import conditions
from core.control.rights import Right
from core.engine.practice import Machine
from core.errors import EssaimError, InvalidCommand, NotAllowed
from core.i18n import later as _


def join_command(cluster: Control, machines: Iterable[Machine], role: str) -> JoinSwarm:
    """The command with which any other machine joins, as a ``worker`` or a ``manager``.

    Raises NotAllowed, InvalidCommand where there is no Swarm to join, EngineRejected and
    EngineUnreachable.
    """
    cluster.require_practice(NotAllowed(_("Only a practice instance joins at a click.")))
    manager = next((machine for machine in machines if machine.manages), None)
    if manager is None:
        raise InvalidCommand(_("There is no Swarm to join yet: make one first."))
    with daemon_errors():
        client = cluster.connection.at(manager).api()
        try:
            token = client.inspect_swarm()["JoinTokens"][role.capitalize()]
        finally:
            client.close()
    return JoinSwarm(token=token, address=f"{manager.address}:2377")


def worker_token(cluster: Control, right: Right) -> str:
    """The secret with which a worker joins; '' without a Swarm, or for who may not see it."""
    if not cluster.may(JoinToken, right):
        return ""
    connection = cluster.connection
    if connection.practice:
        manager = next((m for m in cluster.machines.current() if m.manages), None)
        if manager is None:
            return ""
        connection = connection.at(manager)
    try:
        with daemon_errors(), closing(connection.api()) as client:
            return str(client.inspect_swarm()["JoinTokens"]["Worker"])
    except EssaimError:
        return ""  # there is no Swarm, or nobody answers: the top of the page says so


def lines(cluster: Control, command: Command, machine: Machine) -> tuple[str, str]:
    """The docker line and the Python text of a command that runs on one machine's engine."""
    line, python = command.line(), command.python()
    host = cluster.connection.at(machine).base_url
    return (
        line.replace("docker ", f"docker -H {host} ", 1),
        python.replace("docker.from_env()", f'docker.DockerClient(base_url="{host}")', 1),
    )


def run_at(cluster: Control, host: str, command: Command, who: str) -> str:
    """Run it on the machine of this name or address, as ``run`` does.

    Raises InvalidCommand where there is none.
    """
    cluster.require_practice(
        NotAllowed(_("With -H, one speaks to the instances of a practice cluster only."))
    )
    machines = conditions(cluster).machines.values()
    for machine in machines:
        known = cluster.connection.at(machine).base_url
        if host in (machine.name, machine.address, known):
            return run(cluster, command, machine, who)
    names = ", ".join(machine.name for machine in machines)
    sentence = _("No instance is called {host}: there are {names}.")
    raise InvalidCommand(sentence, host=host, names=names)


def run(cluster: Control, command: Command, machine: Machine, who: str) -> str:
    """Run it on that machine's engine, and write it into the journal.

    Raises NotAllowed, InvalidCommand, EngineRejected and EngineUnreachable.
    """
    cluster.require_practice(NotAllowed(_("Only a practice instance is spoken to at a click.")))

    def do() -> str:
        with daemon_errors():
            client = cluster.connection.at(machine).client()
        try:
            return command.run(client)
        finally:
            client.close()

    try:
        return cluster.journal.note(*lines(cluster, command.masked(), machine), who, do)
    finally:
        cluster.collector.stir()
