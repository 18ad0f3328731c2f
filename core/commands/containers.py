"""docker container: start, stop and remove containers."""

from __future__ import annotations

from collections.abc import Iterable

from core.cluster.engine_json import Json, items
from core.commands.command import Command, command
from core.commands.grammar import arguments, option, switch
from core.commands.kinds import OnEach, Prune
from core.commands.runs import ATTACH_AND_START
from core.commands.source import Call
from core.commands.values import NUMBER
from core.errors import InvalidCommand
from core.i18n import later as _


@command("container start", "start", changes=True)
class StartContainers(OnEach):
    """Start containers that have stopped; their files are as they were."""

    attach: bool = switch("-a", "--attach")
    interactive: bool = switch("-i", "--interactive")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        if self.at_keyboard and len(self.containers) > 1:
            raise InvalidCommand(_("You cannot start and attach multiple containers at once."))

    @property
    def at_keyboard(self) -> bool:
        return self.attach or self.interactive

    def _call(self, name: str) -> Call:
        return Call("client.api.start", name)

    def _python(self) -> str:
        if not self.at_keyboard:
            return OnEach._python(self)
        get = Call("client.containers.get", *self.containers)
        return f"container = {get}\n{ATTACH_AND_START}"


@command("container stop", "stop", changes=True)
class StopContainers(OnEach):
    """Ask containers to end, and end them after ten seconds."""

    method = "api.stop"
    timeout: int | None = option("--timeout", "-t", "--time", value=NUMBER, default=None)
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container restart", "restart", changes=True)
class RestartContainers(OnEach):
    """Stop containers and start them again, with the files that they have written."""

    method = "api.restart"
    timeout: int | None = option("--timeout", "-t", "--time", value=NUMBER, default=None)
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container kill", "kill", changes=True, destructive=True)
class KillContainers(OnEach):
    """End containers at once."""

    method = "api.kill"
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container rm", "rm", "container remove", changes=True, destructive=True)
class RemoveContainers(OnEach):
    """Remove stopped containers with their files; with --force running ones too."""

    method = "api.remove_container"
    force: bool = switch("-f", "--force")
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container prune", changes=True, destructive=True)
class PruneContainers(Prune):
    """Remove every stopped container."""

    things = "Containers"
    force: bool = switch("-f", "--force")

    def _doomed(self) -> str:
        return "stopped containers"

    def _call(self) -> Call:
        return Call("client.containers.prune")

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return items(pruned, "ContainersDeleted")
