"""docker container run and create: make a container of an image, and start it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import docker.errors
import requests

from core.cluster.engine_json import Json
from core.commands import engine_messages, folder, terminal_output
from core.commands.attached import Attached, converse, exit_code, waiting
from core.commands.command import Client, Interrupt, Report, command
from core.commands.container_flags import NewContainer
from core.commands.container_making import (
    IdFile,
    check_pull,
    check_windows,
    create,
    pulled,
    with_help,
)
from core.commands.container_parts import Machine
from core.commands.container_python import creation, keywords
from core.commands.container_request import body
from core.commands.grammar import option, switch
from core.commands.source import Call
from core.commands.streams import Streams
from core.errors import DockerRefused

#: How long a container in the foreground may take before it is left to itself, in seconds.
PATIENCE = 20.0

#: The Python text that attaches a viewer to a container, and the one that then starts it.
ATTACH = """\
keyboard_and_screen = container.attach_socket(
    params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
)
"""
ATTACH_AND_START = f"{ATTACH}container.start()\n"
#: So many presses of Ctrl-C end the docker command itself.
MOST_PRESSES = 3


def machine(streams: Streams) -> Machine:
    """The one that a line is typed on."""
    return Machine(streams.folder.read, streams.environment)


@command("container create", "create", changes=True)
class CreateContainer(NewContainer):
    """Make a container of an image, and leave it to be started later."""

    def _python(self) -> str:
        return f"{creation(self)}\nprint(container.id)\n"

    def _run(self, client: Client, report: Report) -> str:
        check_pull(self)
        asked = body(self, Machine(folder.read))
        news: list[str] = []

        def fetch() -> None:
            news.append(engine_messages.pull(client, self.image, report))

        id = create(self, asked, client, news.append, fetch)
        return "\n".join([*news, id])

    def _play(self, client: Client, streams: Streams) -> int:
        check_windows(self)
        with with_help("create"):
            check_pull(self)
            asked = body(self, machine(streams))
        file = IdFile(self.cidfile, streams)
        id = create(self, asked, client, streams.warn, lambda: pulled(self, client, streams))
        file.write(id)
        streams.print(id)
        return 0


@command("container run", "run", changes=True)
class RunContainer(NewContainer):
    """Make a container of an image and start it, in the background or until it ends."""

    detach: bool = switch("-d", "--detach", rank=-1)
    detach_keys: str = option("--detach-keys")
    sig_proxy: bool = switch("--sig-proxy", default=True)

    @property
    def at_keyboard(self) -> bool:
        return self.interactive and not self.detach

    def _python(self) -> str:
        if self.at_keyboard:
            return f"{creation(self)}\n{ATTACH_AND_START}"
        named = keywords(self)
        if named is None:
            start = f"{creation(self)}\ncontainer.start()"
        else:
            if not self.detach:
                # In the foreground the log is read after the end, and only then may it go.
                named.pop("auto_remove", None)
            words = [list(self.command)] if self.command else []
            run = Call("client.containers.run", self.image, *words, detach=True, **named)
            start = f"container = {run}"
        if self.detach:
            return f"{start}\nprint(container.id)\n"
        remove = "container.remove()\n" if self.remove and named is not None else ""
        return f"""\
{start}
container.wait()
print(container.logs().decode(errors="replace"), end="")
{remove}"""

    def create(self, client: Client, report: Report) -> tuple[Any, str]:
        """The container, not started yet; and the news of its image, if it had to be pulled.

        Raises docker-py's own exceptions.
        """
        check_pull(self)
        asked = body(self, Machine(folder.read))
        if not (self.detach or self.at_keyboard):
            # In the foreground the log is read after the end, and only then may it go.
            asked["HostConfig"].pop("AutoRemove", None)
        news: list[str] = []

        def fetch() -> None:
            news.append(engine_messages.pull(client, self.image, report))

        id = create(self, asked, client, news.append, fetch)
        return client.containers.get(id), "".join(f"{text}\n" for text in news)

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

    def _play(self, client: Client, streams: Streams) -> int:
        check_windows(self)
        with with_help("run"):
            check_pull(self)
            asked = body(self, machine(streams))
        typed = bool(asked.get("AttachStdin"))
        if self.detach and self.attach:
            words = "conflicting options: cannot specify both --attach and --detach"
            raise DockerRefused(words)
        if typed and self.tty and not streams.in_is_terminal:
            raise DockerRefused("the input device is not a TTY")
        with with_help("run"):
            file = IdFile(self.cidfile, streams)
            id = create(self, asked, client, streams.warn, lambda: pulled(self, client, streams))
            file.write(id)
        shows = asked.get("AttachStdout") or asked.get("AttachStderr")
        if not shows:
            streams.print(id)
        if not (shows or typed):
            with with_help("run", start_code):
                client.api.start(id)
            return 0
        code = self._attached(client, streams, id, asked)
        return code if shows else 0

    def _attached(self, client: Client, streams: Streams, id: str, asked: Json) -> int:
        """Start it with the viewer's streams joined to it; its exit code."""
        api, typed = client.api, bool(asked.get("AttachStdin"))
        wanted: dict[str, object] = {
            "stdin": int(typed),
            "stdout": int(bool(asked.get("AttachStdout"))),
            "stderr": int(bool(asked.get("AttachStderr"))),
            "stream": 1,
        }
        if self.detach_keys:
            wanted["detachKeys"] = self.detach_keys
        attached = Attached(api.attach_socket(id, wanted), self.tty)
        wait = waiting(client, id, "removed" if self.remove else "next-exit")
        try:
            with with_help("run", start_code):
                api.start(id)
        except DockerRefused:
            attached.close()
            if self.remove:
                exit_code(wait)
            raise
        let_go = converse(
            attached,
            streams,
            typed=typed,
            tty=self.tty,
            detach_keys=self.detach_keys,
            resize=lambda rows, columns: resized(client, id, rows, columns),
            interrupted=proxied(client, id) if self.sig_proxy else lambda presses: None,
        )
        return 0 if let_go else exit_code(wait)


def start_code(words: str) -> int:
    """The exit code of ``docker run`` where the engine does not start the program."""
    words = words.removeprefix("Error response from daemon: ")
    if any(
        said in words
        for said in (
            "executable file not found",
            "no such file or directory",
            "system cannot find the file specified",
        )
    ):
        return 127
    return 126 if "permission denied" in words or "is a directory" in words else 125


def resized(client: Client, id: str, rows: int, columns: int) -> None:
    """Tell a container's terminal its size."""
    with suppress(docker.errors.APIError, requests.RequestException):  # it may have ended
        client.api.resize(id, height=rows, width=columns)


def proxied(client: Client, id: str) -> Callable[[int], None]:
    """What Ctrl-C does: the program in the container gets it."""

    def hear(presses: int) -> None:
        if 0 < presses < MOST_PRESSES:
            with suppress(docker.errors.APIError):  # it may have ended meanwhile
                client.api.kill(id, signal="SIGINT")

    return hear


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
