"""docker swarm: make a cluster of engines, join it, leave it, and settle how it works."""

from __future__ import annotations

import ipaddress
from typing import Any

from core.cluster.engine_json import Json, part, text
from core.cluster.failures import daemon_errors
from core.commands.command import Client, Command, Report, command
from core.commands.folder import DEMO, UNREAD, Machine, machine
from core.commands.grammar import argument, option, options, switch
from core.commands.kinds import OneCall
from core.commands.quantities import UINT
from core.commands.service_flags import held
from core.commands.source import Call, Code, literal
from core.commands.streams import Streams
from core.commands.swarm_settings import Settings, unlocking
from core.commands.values import SECRET, Value, refused
from core.errors import DockerRefused, EngineRejected


def _pool(word: str) -> str:
    try:
        return str(ipaddress.ip_network(word, strict=False)) if "/" in word else _no_pool(word)
    except ValueError:
        return _no_pool(word)


def _no_pool(word: str) -> str:
    raise refused(f"invalid string being converted to CIDR: {word}")


POOL = Value("ipNetSlice", read=_pool)


@command("swarm init", changes=True, reveals=True)
class InitSwarm(Settings):
    """Make this engine the first manager of a new Swarm."""

    advertise_addr: str = option("--advertise-addr")
    listen_addr: str = option("--listen-addr")
    data_path_addr: str = option("--data-path-addr")
    data_path_port: int | None = option("--data-path-port", value=UINT, default=None)
    default_addr_pool: tuple[str, ...] = options("--default-addr-pool", value=POOL)
    default_addr_pool_mask_length: int | None = option(
        "--default-addr-pool-mask-length", value=UINT, default=None
    )
    availability: str = option("--availability")
    force_new_cluster: bool = switch("--force-new-cluster")

    def _call(self, files: Machine) -> Call:
        _check(self.availability)
        named: Json = held(
            advertise_addr=self.advertise_addr or None,
            listen_addr=address(self.listen_addr) if self.listen_addr else None,
            data_path_addr=self.data_path_addr or None,
            data_path_port=self.data_path_port or None,
            default_addr_pool=list(self.default_addr_pool) or None,
            subnet_size=self.default_addr_pool_mask_length,
        )
        if spec := self.spec(files):
            named["swarm_spec"] = spec
        return Call("client.api.init_swarm", **named, force_new_cluster=self.force_new_cluster)

    def _python(self) -> str:
        show = 'print(client.api.inspect_swarm()["JoinTokens"]["Worker"])'
        wish = _AVAILABILITY_TEXT.format(word=literal(self.availability.lower()))
        return f"{self._call(UNREAD)}\n{wish if self.availability else ''}{show}\n"

    def _begin(self, client: Client, files: Machine) -> str:
        try:
            with daemon_errors():
                node = self._call(files).on(client)
        except EngineRejected as refusal:
            words = str(refusal)
            if "could not choose an IP address" in words or "system's IP address" in words:
                spoken = f"Error response from daemon: {words}"
                raise DockerRefused(f"{spoken} - specify one with --advertise-addr") from None
            raise
        if self.availability.lower() not in ("", "active"):
            here = client.api.inspect_node(node)
            spec = here["Spec"] | {"Availability": self.availability.lower()}
            client.api.update_node(node, here["Version"]["Index"], spec)
        key = unlocking(client) if self.autolock else ""
        return f"""\
Swarm initialized: current node ({node}) is now a manager.

{_invitation(client, "worker")}
To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.
{key}"""

    def _run(self, client: Client, report: Report) -> str:
        return self._begin(client, DEMO)

    def _play(self, client: Client, streams: Streams) -> int:
        streams.write(self._begin(client, machine(streams)).encode())
        return 0


_AVAILABILITY_TEXT = """\
# docker-py has no keyword for the availability: it is changed after.
node = client.api.inspect_node(client.api.info()["Swarm"]["NodeID"])
spec = node["Spec"] | {{"Availability": {word}}}
client.api.update_node(node["ID"], node["Version"]["Index"], spec)
"""


def address(word: str) -> str:
    """``192.0.2.1`` with the port that managers listen at."""
    return word if ":" in word else f"{word}:2377"


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
    role: str = argument("worker|manager")

    def _python(self) -> str:
        rotate = f"""\
swarm = client.api.inspect_swarm()
client.api.update_swarm(
    swarm["Version"]["Index"], swarm_spec=swarm["Spec"], {_keyword(self.role)}=True
)
"""
        token = f"['JoinTokens'][{literal(self.role.capitalize())}]"
        show = f"print(client.api.inspect_swarm(){token})\n"
        return rotate + show if self.rotate else show

    def _told(self, client: Client) -> str:
        if self.role not in ("worker", "manager"):
            raise DockerRefused(f"unknown role {self.role}")
        news = ""
        if self.rotate:
            swarm = client.api.inspect_swarm()
            rotate = {f"rotate_{self.role}_token": True}
            client.api.update_swarm(swarm["Version"]["Index"], swarm_spec=swarm["Spec"], **rotate)
            news = f"Successfully rotated {self.role} join token.\n\n"
        return _token(client, self.role) if self.quiet else news + _invitation(client, self.role)

    def _run(self, client: Client, report: Report) -> str:
        return self._told(client)


def _keyword(role: str) -> str:
    """docker-py's keyword that renews a role's token."""
    return "rotate_manager_token" if role == "manager" else "rotate_worker_token"


def _check(availability: str) -> None:
    if availability.lower() not in ("", "active", "pause", "drain"):
        raise DockerRefused(
            f'invalid availability "{availability}", only active, pause and drain are supported'
        )


_JOIN_URL = 'f"{client.api.base_url}/v{client.api.api_version}/swarm/join"'


@command("swarm join", changes=True)
class JoinSwarm(OneCall):
    """Make this engine a node of a Swarm that exists."""

    advertise_addr: str = option("--advertise-addr")
    listen_addr: str = option("--listen-addr")
    data_path_addr: str = option("--data-path-addr")
    availability: str = option("--availability")
    token: str = option("--token", value=SECRET)
    address: str = argument("HOST:PORT")

    def _call(self) -> Call:
        _check(self.availability)
        body = held(
            RemoteAddrs=[self.address],
            ListenAddr=address(self.listen_addr) if self.listen_addr else "0.0.0.0:2377",
            AdvertiseAddr=self.advertise_addr or None,
            DataPathAddr=self.data_path_addr or None,
            JoinToken=self.token,
            Availability=self.availability.lower(),
        )
        if self.availability:  # docker-py has no keyword for it, but its session speaks the API
            return Call("client.api.post", Code(_JOIN_URL), json=body)
        named = held(
            advertise_addr=self.advertise_addr or None,
            listen_addr=address(self.listen_addr) if self.listen_addr else None,
            data_path_addr=self.data_path_addr or None,
        )
        return Call("client.swarm.join", [self.address], self.token, **named)

    def _python(self) -> str:
        call = self._call()
        return f"{call}.raise_for_status()" if self.availability else call

    def _run(self, client: Client, report: Report) -> str:
        call = self._call()
        if not self.availability:
            return self._said(client, call.on(client))
        api = client.api
        url = f"{api.base_url}/v{api.api_version}/swarm/join"
        answer = call.on(client, **{_JOIN_URL: url})
        answer.raise_for_status()
        return self._said(client, answer)

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
