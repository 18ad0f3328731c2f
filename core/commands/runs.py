"""docker container run: make a container of an image and start it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import docker.errors
import requests

from core.cluster.references import tagged
from core.commands import engine_messages, terminal_output
from core.commands.command import Client, Command, Interrupt, Report, command
from core.commands.grammar import argument, option, options, rest, switch
from core.commands.ports import PORT, publication
from core.commands.source import Call, given
from core.commands.values import ENV

#: How long a container in the foreground may take before it is left to itself, in seconds.
PATIENCE = 20.0

#: The Python text that attaches a viewer to a container, and the one that then starts it.
ATTACH = """\
keyboard_and_screen = container.attach_socket(
    params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
)
"""
ATTACH_AND_START = f"{ATTACH}container.start()\n"


@command("container run", "run", changes=True)
class RunContainer(Command):
    """Make a container of an image and start it, in the background or until it ends."""

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
        """The keywords of docker-py's containers.create, without the image and the command."""
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
            create = Call("client.containers.create", self.image, *words, **self.settings())
            return f"container = {create}\n{ATTACH_AND_START}"
        run = Call("client.containers.run", self.image, *words, detach=True, **self.settings())
        if self.detach:
            return f"container = {run}\nprint(container.id)\n"
        remove = "container.remove()\n" if self.remove else ""
        return f"""\
container = {run}
container.wait()
print(container.logs().decode(errors="replace"), end="")
{remove}"""

    def create(self, client: Client, report: Report) -> tuple[Any, str]:
        """The container, not started yet; and the news of its image, if it had to be pulled.

        Raises docker-py's own exceptions.
        """
        settings, news = self.settings(), ""
        try:
            container = client.containers.create(self.image, list(self.command), **settings)
        except docker.errors.ImageNotFound:
            news = f"Unable to find image '{tagged(self.image)}' locally\n"
            news += engine_messages.pull(client, self.image, report) + "\n"
            container = client.containers.create(self.image, list(self.command), **settings)
        return container, news

    def _run(self, client: Client, report: Report) -> str:
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

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        container, news = self.create(client, report)
        container.start()
        path = f"/containers/{container.id}/logs"
        stream = engine_messages.followed(client, path, self.tty)

        def hear(presses: int) -> None:
            if presses > 1:
                stream.close()
            else:
                with suppress(docker.errors.APIError):  # it may have ended meanwhile
                    client.api.kill(container.id, signal="SIGINT")

        interrupt.on_press(hear)
        text = engine_messages.reported(stream, report)
        late = ""
        if interrupt.presses > 1:
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
    """Wait for the end; return the sentence to print if it does not come in time, else ''."""
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
