"""docker inspect: all that the engine knows about a thing, whatever kind of thing it is."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.engine_json import Json, part
from core.cluster.failures import daemon_errors
from core.commands.command import Client, Report, command
from core.commands.container_views import sized
from core.commands.grammar import arguments, option, switch
from core.commands.image_tree import API_OF_29, speaks
from core.commands.inspections import Inspection
from core.commands.source import Call, literal
from core.commands.streams import Streams
from core.errors import DockerRefused, EngineRejected, NotAManager

#: The kinds in the order in which they are tried; those of the Swarm on a manager alone.
_KINDS: dict[str, Callable[[Client, str], Json]] = {
    "container": lambda client, name: client.api.inspect_container(name),
    "image": lambda client, name: client.api.inspect_image(name),
    "network": lambda client, name: client.api.inspect_network(name),
    "volume": lambda client, name: client.api.inspect_volume(name),
    "service": lambda client, name: client.api.inspect_service(name, insert_defaults=True),
    "task": lambda client, name: client.api.inspect_task(name),
    "node": lambda client, name: client.api.inspect_node(name),
    "plugin": lambda client, name: client.api.inspect_plugin(name),
    "secret": lambda client, name: client.api.inspect_secret(name),
    "config": lambda client, name: client.api.inspect_config(name),
}
#: Go's names of the types in which docker holds them.
_STRUCTS = {
    "container": "container.InspectResponse", "image": "image.InspectResponse",
    "network": "network.Inspect", "volume": "volume.Volume", "service": "swarm.Service",
    "task": "swarm.Task", "node": "swarm.Node", "plugin": "plugin.Plugin",
    "secret": "swarm.Secret", "config": "swarm.Config",
}  # fmt: skip
_OF_THE_SWARM = ("service", "task", "node", "secret", "config")
_SKIPPED = ("not supported", "invalid reference format")


@command("inspect", reveals=True)
class Inspect(Inspection):
    """Show all that the engine knows about things of any kind."""

    format: str = option("--format", "-f")
    size: bool = switch("--size", "-s")
    type: str = option("--type")
    things: tuple[str, ...] = arguments("NAME|ID")

    def _call(self, name: str) -> Call:
        return Call(f"client.api.inspect_{self.type or 'container'}", name)

    def _python(self) -> str:
        if self.type in _KINDS:
            return Inspection._python(self)
        calls = ", ".join(f"client.api.inspect_{kind}" for kind in _KINDS)
        return f"""\
import json

import docker.errors

found = []
for name in {literal(list(self.things))}:
    for inspect in ({calls}):
        try:
            found.append(inspect(name))
        except docker.errors.APIError:
            continue
        break
    else:
        raise SystemExit("error: no such object: " + name)
print(json.dumps(found, indent=4))
"""

    def _checked(self) -> None:
        """Raise DockerRefused for a kind that there is not."""
        if self.type and self.type not in _KINDS:
            kinds = '", "'.join(sorted(_KINDS))
            raise DockerRefused(f'unknown type: "{self.type}": must be one of "{kinds}"')

    def _run(self, client: Client, report: Report) -> str:
        self._checked()
        return Inspection._run(self, client, report)

    def _play(self, client: Client, streams: Streams) -> int:
        self._checked()
        return Inspection._play(self, client, streams)

    def _look(self, client: Client, name: str) -> tuple[str, Json]:
        kind, thing = self._found(client, name)
        return _STRUCTS[kind], thing

    def _warned(self, struct: str) -> str:
        kind = next(kind for kind, of in _STRUCTS.items() if of == struct)
        return f"WARNING: --size ignored for {kind}" if self.size and kind != "container" else ""

    def _found(self, client: Client, name: str) -> tuple[str, Json]:
        """The first thing of that name, and its kind."""
        manager: bool | None = None
        for kind in [self.type] if self.type else _KINDS:
            if not self.type and kind in _OF_THE_SWARM:
                if manager is None:
                    manager = bool(part(client.info(), "Swarm").get("ControlAvailable"))
                if not manager:
                    continue
            try:
                with daemon_errors():
                    return kind, self._inspected(client, kind, name)
            except NotAManager:
                if self.type:
                    raise
            except EngineRejected as error:
                if self.type or not (
                    error.status == 404 or any(it in str(error) for it in _SKIPPED)
                ):
                    raise
        new = speaks(client, API_OF_29)
        words = "error: no such object" if new else "Error: No such object"
        raise DockerRefused(f"{words}: {name}", 404)

    def _inspected(self, client: Client, kind: str, name: str) -> Json:
        if kind == "container" and self.size:
            found: Json = sized(name).json(client)
            return found
        return _KINDS[kind](client, name)
