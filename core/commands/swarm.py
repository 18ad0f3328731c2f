"""docker swarm: make a cluster of engines, join it, leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import docker

from core.commands.command import Command, Report
from core.commands.engine_json import part, text
from core.commands.grammar import argument, option, switch
from core.commands.source import call, given
from core.commands.values import SECRET, one_of


@dataclass(frozen=True, slots=True, kw_only=True)
class InitSwarm(Command):
    """Make this engine the first manager of a new Swarm."""

    verb: ClassVar[tuple[str, ...]] = ("swarm", "init")
    changes: ClassVar[bool] = True

    advertise_addr: str = option("--advertise-addr")
    force_new_cluster: bool = switch("--force-new-cluster")

    def _python(self) -> str:
        init = call(
            "client.swarm.init",
            **given(advertise_addr=self.advertise_addr),
            force_new_cluster=self.force_new_cluster,
        )
        return f'{init}\nprint(client.swarm.attrs["JoinTokens"]["Worker"])\n'

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        node = client.swarm.init(
            **given(advertise_addr=self.advertise_addr), force_new_cluster=self.force_new_cluster
        )
        return f"""\
Swarm initialized: current node ({node}) is now a manager.

{_invitation(client, "worker")}
To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.
"""


def _invitation(client: docker.DockerClient, role: str) -> str:
    """What to type on an engine that is to join."""
    token = text(client.api.inspect_swarm(), "JoinTokens", role.capitalize())
    here = client.api.inspect_node(text(client.api.info(), "Swarm", "NodeID"))
    address = text(here, "ManagerStatus", "Addr")
    return f"""\
To add a {role} to this swarm, run the following command:

    docker swarm join --token {token} {address}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinToken(Command):
    """Show, or renew, the secret with which an engine joins the Swarm."""

    verb: ClassVar[tuple[str, ...]] = ("swarm", "join-token")
    changes: ClassVar[bool] = True  # with --rotate
    reveals: ClassVar[bool] = True

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

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        news = ""
        if self.rotate:
            swarm = client.api.inspect_swarm()
            client.api.update_swarm(
                swarm["Version"]["Index"],
                swarm_spec=swarm["Spec"],
                **{f"rotate_{self.role}_token": True},
            )
            news = f"Successfully rotated {self.role} join token.\n\n"
        if self.quiet:
            return text(client.api.inspect_swarm(), "JoinTokens", self.role.capitalize())
        return news + _invitation(client, self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSwarm(Command):
    """Make this engine a node of a Swarm that exists."""

    verb: ClassVar[tuple[str, ...]] = ("swarm", "join")
    changes: ClassVar[bool] = True

    advertise_addr: str = option("--advertise-addr")
    token: str = option("--token", value=SECRET)
    address: str = argument("HOST:PORT")

    def _python(self) -> str:
        return call(
            "client.swarm.join",
            [self.address],
            self.token,
            **given(advertise_addr=self.advertise_addr),
        )

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        client.swarm.join([self.address], self.token, **given(advertise_addr=self.advertise_addr))
        manager = part(client.api.info(), "Swarm").get("ControlAvailable")
        return f"This node joined a swarm as a {'manager' if manager else 'worker'}."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveSwarm(Command):
    """Take this engine out of its Swarm; the last manager takes the Swarm with it."""

    verb: ClassVar[tuple[str, ...]] = ("swarm", "leave")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    force: bool = switch("--force", "-f")

    def _python(self) -> str:
        return call("client.swarm.leave", force=self.force)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        client.swarm.leave(force=self.force)
        return "Node left the swarm."
