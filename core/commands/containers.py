"""docker container: make containers, start, stop and remove them."""

from __future__ import annotations

import threading
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import docker
import docker.errors
import requests

from core.cluster.references import tagged
from core.commands import engine_messages, terminal_output
from core.commands.command import Command, Interrupt, Json, Report, each
from core.commands.engine_json import count, items
from core.commands.grammar import argument, arguments, option, options, rest, switch
from core.commands.ports import PORT, publication
from core.commands.source import call, given
from core.commands.table import size
from core.commands.values import ENV, NUMBER
from core.errors import InvalidCommand
from core.i18n import later as _

#: How long a container in the foreground may take before it is left to itself, in seconds.
PATIENCE = 20.0

#: The Python text that starts a container with somebody at its keyboard.
AT_KEYBOARD = """\
keyboard_and_screen = container.attach_socket(
    params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
)
container.start()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContainer(Command):
    """Make a container of an image and start it, in the background or until it ends."""

    verb: ClassVar[tuple[str, ...]] = ("container", "run")
    changes: ClassVar[bool] = True

    detach: bool = switch("-d", "--detach")
    remove: bool = switch("--rm")
    interactive: bool = switch("-i", "--interactive")
    tty: bool = switch("-t", "--tty")
    publish: tuple[str, ...] = options("-p", "--publish", value=PORT)
    env: tuple[str, ...] = options("--env", "-e", value=ENV)
    name: str = option("--name")
    image: str = argument("IMAGE")
    command: tuple[str, ...] = rest("COMMAND")

    @property
    def at_keyboard(self) -> bool:
        return self.interactive and not self.detach

    def settings(self) -> dict[str, Any]:
        """What docker-py takes beside the image and the command."""
        return given(
            name=self.name,
            ports=_bindings(self.publish),
            environment=list(self.env),
            stdin_open=self.interactive or None,
            tty=self.tty or None,
            # In the foreground the log is read after the end, and only then may it go.
            auto_remove=(self.remove and (self.detach or self.at_keyboard)) or None,
        )

    def _python(self) -> str:
        words = [list(self.command)] if self.command else []
        if self.at_keyboard:
            create = call("client.containers.create", self.image, *words, **self.settings())
            return f"container = {create}\n{AT_KEYBOARD}"
        run = call("client.containers.run", self.image, *words, detach=True, **self.settings())
        if self.detach:
            return f"container = {run}\nprint(container.id)\n"
        remove = "container.remove()\n" if self.remove else ""
        return f"""\
container = {run}
container.wait()
print(container.logs().decode(errors="replace"), end="")
{remove}"""

    def create(self, client: docker.DockerClient, report: Report) -> tuple[Any, str]:
        """The container, not started yet; and what there is to say of its image, if anything."""
        settings, news = self.settings(), ""
        try:
            container = client.containers.create(self.image, list(self.command), **settings)
        except docker.errors.ImageNotFound:
            news = f"Unable to find image '{tagged(self.image)}' locally\n"
            news += engine_messages.pull(client, self.image, report) + "\n"
            container = client.containers.create(self.image, list(self.command), **settings)
        return container, news

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        container, news = self.create(client, report)
        container.start()
        if self.detach:
            return f"{news}{container.id}"
        late = _left_running(container)
        text = "\n".join(terminal_output.lines(container.logs()))
        if self.remove and not late:
            container.remove()
        return f"{news}{text}{late}".rstrip("\n")

    @property
    def goes_on(self) -> bool:
        return not self.detach

    def _follow(self, client: docker.DockerClient, report: Report, interrupt: Interrupt) -> str:
        container, news = self.create(client, report)
        container.start()
        path = f"/containers/{container.id}/logs"
        stream = engine_messages.followed(client, path, self.tty)
        let_go = threading.Event()

        def hear(presses: int) -> None:
            if presses > 1:
                let_go.set()
                stream.close()
            else:
                with suppress(docker.errors.APIError):  # it may have ended meanwhile
                    client.api.kill(container.id, signal="SIGINT")

        interrupt.heard_by(hear)
        text = engine_messages.told(stream, report)
        late = ""
        if let_go.is_set():
            late = f"\n{container.name} is left to itself: docker container stop {container.name}"
        else:
            container.wait()
            if self.remove:
                container.remove()
        return f"{news}{text}{late}".rstrip("\n")


def _bindings(publish: tuple[str, ...]) -> dict[str, Any]:
    """docker-py's words for the published ports: {"80/tcp": 8080}."""
    bindings: dict[str, list[Any]] = {}
    for port in map(publication, publish):
        at: Any = port.published or None
        place = (port.address, at) if port.address else at
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(place)
    return {target: at if len(at) > 1 else at[0] for target, at in bindings.items()}


def _left_running(container: Any) -> str:
    """Wait for the end. Where it does not come in time, the sentence that says so."""
    try:
        container.wait(timeout=PATIENCE)
    except (requests.ReadTimeout, requests.ConnectionError):
        container.reload()
        if container.status == "running":
            return (
                f"\n{container.name} still runs after {PATIENCE:.0f} seconds and is left to itself:"
                f" docker container stop {container.name}"
            )
    return ""


class _OnContainers(Command):
    """What is done to one container after another, and answers with their names."""

    __slots__ = ()

    containers: tuple[str, ...]

    @abstractmethod
    def _call(self) -> tuple[str, dict[str, Any]]:
        """The method of docker-py's low-level client, and what to give it after the container."""

    def _python(self) -> str:
        method, named = self._call()
        return "\n".join(call(f"client.api.{method}", c, **named) for c in self.containers)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        method, named = self._call()

        def act(name: str) -> None:
            getattr(client.api, method)(name, **named)

        return each(self.containers, act)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartContainers(_OnContainers):
    """Start containers that have stopped; their files are as they were."""

    verb: ClassVar[tuple[str, ...]] = ("container", "start")
    changes: ClassVar[bool] = True

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

    def _call(self) -> tuple[str, dict[str, Any]]:
        return "start", {}

    def _python(self) -> str:
        if not self.at_keyboard:
            return _OnContainers._python(self)
        get = call("client.containers.get", *self.containers)
        return f"container = {get}\n{AT_KEYBOARD}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopContainers(_OnContainers):
    """Ask containers to end, and end them after ten seconds."""

    verb: ClassVar[tuple[str, ...]] = ("container", "stop")
    changes: ClassVar[bool] = True

    timeout: int | None = option("--timeout", "-t", "--time", value=NUMBER, default=None)
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self) -> tuple[str, dict[str, Any]]:
        return "stop", given(timeout=self.timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartContainers(_OnContainers):
    """Stop containers and start them again, with the files that they have written."""

    verb: ClassVar[tuple[str, ...]] = ("container", "restart")
    changes: ClassVar[bool] = True

    timeout: int | None = option("--timeout", "-t", "--time", value=NUMBER, default=None)
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self) -> tuple[str, dict[str, Any]]:
        return "restart", given(timeout=self.timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class KillContainers(_OnContainers):
    """End containers at once."""

    verb: ClassVar[tuple[str, ...]] = ("container", "kill")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self) -> tuple[str, dict[str, Any]]:
        return "kill", {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContainers(_OnContainers):
    """Remove stopped containers with their files; with --force running ones too."""

    verb: ClassVar[tuple[str, ...]] = ("container", "rm")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    force: bool = switch("-f", "--force")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self) -> tuple[str, dict[str, Any]]:
        return "remove_container", {"force": self.force}


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneContainers(Command):
    """Remove every stopped container."""

    verb: ClassVar[tuple[str, ...]] = ("container", "prune")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    force: bool = switch("-f", "--force")  # who takes the line asks; the command itself never does

    @property
    def warning(self) -> str:
        return "" if self.force else "WARNING! This will remove all stopped containers."

    def _python(self) -> str:
        return "client.containers.prune()\n"

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        pruned: Json = client.containers.prune() or {}
        reclaimed = f"Total reclaimed space: {size(count(pruned, 'SpaceReclaimed'), 4)}"
        gone = items(pruned, "ContainersDeleted")
        return "\n".join(["Deleted Containers:", *gone, "", reclaimed]) if gone else reclaimed
