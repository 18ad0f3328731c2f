"""docker container: stop, restart, kill, pause, wait for, rename and remove containers."""

from __future__ import annotations

from collections.abc import Iterable

import docker.errors

from core.cluster.engine_json import Json, items
from core.commands.api import Request, path
from core.commands.attached import exit_code, waiting
from core.commands.command import Client, Command, Report, command, each, spoken
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.image_tree import API_OF_29, speaks
from core.commands.kinds import OnEach, Prune
from core.commands.source import Call, given
from core.commands.streams import Streams
from core.commands.values import FILTER, INTEGER, filters
from core.errors import DockerRefused, EngineRejected


class _Ending(OnEach):
    """Stop or restart: docker-py knows no signal for them, its session does."""

    __slots__ = ()

    signal: str
    timeout: int | None

    @property
    def _in_docker_py(self) -> bool:
        if self.timeout is None:  # docker-py's restart would say ten seconds
            return not self.signal and self.verb[-1] == "stop"
        return not self.signal and self.timeout >= 0

    def _call(self, name: str) -> Call:
        return Call(f"client.api.{self.verb[-1]}", name, **given(timeout=self.timeout))

    def _request(self, name: str) -> Request:
        asked = given(t=self.timeout, signal=self.signal)
        return Request("post", path(f"/containers/{{}}/{self.verb[-1]}", name), asked)

    def _text(self, name: str) -> str:
        return OnEach._text(self, name) if self._in_docker_py else self._request(name).text()

    def _act(self, client: Client, name: str) -> None:
        if self._in_docker_py:
            OnEach._act(self, client, name)
        else:  # however long it takes
            self._request(name).on(client, stream=True).close()


@command("container stop", "stop", changes=True)
class StopContainers(_Ending):
    """Ask containers to end, and end them after ten seconds."""

    timeout: int | None = option("--timeout", "-t", "--time", value=INTEGER, default=None)
    signal: str = option("-s", "--signal")
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container restart", "restart", changes=True)
class RestartContainers(_Ending):
    """Stop containers and start them again, with the files that they have written."""

    timeout: int | None = option("--timeout", "-t", "--time", value=INTEGER, default=None)
    signal: str = option("-s", "--signal")
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container kill", "kill", changes=True, destructive=True)
class KillContainers(OnEach):
    """End containers at once, or send their programs a signal."""

    signal: str = option("-s", "--signal")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self, name: str) -> Call:
        return Call("client.api.kill", name, **given(signal=self.signal))


@command("container pause", "pause", changes=True)
class PauseContainers(OnEach):
    """Freeze all programs of containers where they are."""

    method = "api.pause"
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container unpause", "unpause", changes=True)
class UnpauseContainers(OnEach):
    """Let the programs of paused containers go on."""

    method = "api.unpause"
    containers: tuple[str, ...] = arguments("CONTAINER")


@command("container wait", "wait")
class WaitContainers(OnEach):
    """Wait until containers end, and show their exit codes."""

    containers: tuple[str, ...] = arguments("CONTAINER")

    def _python(self) -> str:
        return "\n".join(f"print({self._call(name)}['StatusCode'])" for name in self.containers)

    def _call(self, name: str) -> Call:
        return Call("client.api.wait", name)

    @property
    def goes_on(self) -> bool:
        return True

    def _run(self, client: Client, report: Report) -> str:
        def wait(name: str) -> str:
            return str(exit_code(waiting(client, name, "not-running")))

        return each(self.containers, wait)


@command("container rename", "rename", changes=True)
class RenameContainer(Command):
    """Give a container another name."""

    container: str = argument("CONTAINER")
    new_name: str = argument("NEW_NAME")

    def __post_init__(self) -> None:
        """Docker itself refuses an empty name, in words of its own."""

    def _call(self) -> Call:
        return Call("client.api.rename", self.container, self.new_name)

    def _python(self) -> str:
        return self._call()

    def _run(self, client: Client, report: Report) -> str:
        old, new = self.container.strip(), self.new_name.strip()
        if not old or not new:
            raise DockerRefused("Error: Neither old nor new names may be empty")
        self._call().on(client)
        return ""

    def _play(self, client: Client, streams: Streams) -> int:
        try:
            return Command._play(self, client, streams)
        except docker.errors.APIError as error:
            why = f"Error response from daemon: {error.explanation}"
            if speaks(client, API_OF_29):
                raise DockerRefused(f"failed to rename container: {why}") from error
            streams.warn(why)
            raise DockerRefused(
                f"Error: failed to rename container named {self.container}"
            ) from error


@command("container rm", "rm", "container remove", changes=True, destructive=True)
class RemoveContainers(OnEach):
    """Remove stopped containers with their files; with --force running ones too."""

    force: bool = switch("-f", "--force")
    volumes: bool = switch("-v", "--volumes")
    link: bool = switch("-l", "--link")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self, name: str) -> Call:
        flags = given(v=self.volumes or None, link=self.link or None, force=self.force or None)
        return Call("client.api.remove_container", name.strip("/"), **flags)

    def _play(self, client: Client, streams: Streams) -> int:
        try:
            streams.print(self._run(client, lambda progress: None))
        except EngineRejected as refusal:
            streams.print(refusal.printed)
            said = spoken(refusal).splitlines()
            # With --force nothing is wrong with a container that is not there.
            wrong = [line for line in said if not (self.force and "No such container" in line)]
            streams.warn("\n".join(wrong if speaks(client, API_OF_29) else said))
            return 1 if wrong else 0
        return 0


@command("container prune", changes=True, destructive=True)
class PruneContainers(Prune):
    """Remove every stopped container."""

    things = "Containers"
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("-f", "--force")

    def _doomed(self) -> str:
        return "stopped containers"

    def _call(self) -> Call:
        return Call("client.containers.prune", **given(filters=filters(self.filter)))

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return items(pruned, "ContainersDeleted")
