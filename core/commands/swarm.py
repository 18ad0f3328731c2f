"""docker swarm: make a cluster of engines, join it, leave it."""

from __future__ import annotations

from typing import Any

from core.cluster.engine_json import part, text
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, option, switch
from core.commands.kinds import OneCall
from core.commands.source import Call, given
from core.commands.values import SECRET, one_of


@command("swarm init", changes=True)
class InitSwarm(OneCall):
    """Make this engine the first manager of a new Swarm."""

    advertise_addr: str = option("--advertise-addr")
    force_new_cluster: bool = switch("--force-new-cluster")

    def _call(self) -> Call:
        return Call(
            "client.swarm.init",
            **given(advertise_addr=self.advertise_addr),
            force_new_cluster=self.force_new_cluster,
        )

    def _python(self) -> str:
        return f'{self._call()}\nprint(client.swarm.attrs["JoinTokens"]["Worker"])\n'

    def _said(self, client: Client, answer: Any) -> str:
        return f"""\
Swarm initialized: current node ({answer}) is now a manager.

{_invitation(client, "worker")}
To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.
"""


def _invitation(client: Client, role: str) -> str:
    """The line to type on an engine that is to join."""
    here = client.api.inspect_node(text(client.api.info(), "Swarm", "NodeID"))
    address = text(here, "ManagerStatus", "Addr")
    return f"""\
To add a {role} to this swarm, run the following command:

    docker swarm join --token {_token(client, role)} {address}
"""


def _token(client: Client, role: str) -> str:
    return text(client.api.inspect_swarm(), "JoinTokens", role.capitalize())


@command("swarm join-token", changes=True, reveals=True)  # it changes with --rotate
class JoinToken(Command):
    """Show, or renew, the secret with which an engine joins the Swarm."""

    quiet: bool = switch("--quiet", "-q")
    rotate: bool = switch("--rotate")
    role: str = argument("worker|manager", value=one_of("worker", "manager"))

    def _python(self) -> str:
        rotate = f"""\
swarm = client.api.inspect_swarm()
client.api.update_swarm(
    swarm["Version"]["Index"], swarm_spec=swarm["Spec"], rotate_{self.role}_token=True
)
"""
        show = f'print(client.api.inspect_swarm()["JoinTokens"]["{self.role.capitalize()}"])\n'
        return rotate + show if self.rotate else show

    def _run(self, client: Client, report: Report) -> str:
        news = ""
        if self.rotate:
            swarm = client.api.inspect_swarm()
            rotate = {f"rotate_{self.role}_token": True}
            client.api.update_swarm(swarm["Version"]["Index"], swarm_spec=swarm["Spec"], **rotate)
            news = f"Successfully rotated {self.role} join token.\n\n"
        return _token(client, self.role) if self.quiet else news + _invitation(client, self.role)


@command("swarm join", changes=True)
class JoinSwarm(OneCall):
    """Make this engine a node of a Swarm that exists."""

    advertise_addr: str = option("--advertise-addr")
    token: str = option("--token", value=SECRET)
    address: str = argument("HOST:PORT")

    def _call(self) -> Call:
        address = given(advertise_addr=self.advertise_addr)
        return Call("client.swarm.join", [self.address], self.token, **address)

    def _said(self, client: Client, answer: Any) -> str:
        manager = part(client.api.info(), "Swarm").get("ControlAvailable")
        return f"This node joined a swarm as a {'manager' if manager else 'worker'}."


@command("swarm leave", changes=True, destructive=True)
class LeaveSwarm(OneCall):
    """Take this engine out of its Swarm; the last manager takes the Swarm with it."""

    force: bool = switch("--force", "-f")

    def _call(self) -> Call:
        return Call("client.swarm.leave", force=self.force)

    def _said(self, client: Client, answer: Any) -> str:
        return "Node left the swarm."
