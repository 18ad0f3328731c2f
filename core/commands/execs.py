"""docker container exec, attach and start: programs in containers, and a viewer's way to them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import docker.errors
import requests

from core.cluster.engine_json import part
from core.commands import folder, grammar, terminal_output
from core.commands.attached import Attached, converse, exit_code, waiting
from core.commands.command import Client, Command, Report, command, each, spoken
from core.commands.container_flags import LIST
from core.commands.container_parts import Machine, environment
from core.commands.grammar import argument, arguments, option, options, rest, switch
from core.commands.kinds import OnEach
from core.commands.runs import ATTACH, ATTACH_AND_START, machine, proxied, resized
from core.commands.source import Call, Code, given, literal
from core.commands.streams import Streams
from core.commands.values import VARIABLE
from core.errors import DockerRefused, EngineRejected, InvalidLine
from core.i18n import later as _

#: What a shell adds to a signal's number: the docker command ended by Ctrl-C.
INTERRUPTED = 130


@command("container exec", "exec", changes=True)
class ExecContainer(Command):
    """Run a program inside a running container."""

    detach: bool = switch("-d", "--detach")
    interactive: bool = switch("-i", "--interactive")
    tty: bool = switch("-t", "--tty")
    env: tuple[str, ...] = options("--env", "-e", value=VARIABLE)
    env_file: tuple[str, ...] = options("--env-file", value=LIST)
    user: str = option("--user", "-u")
    workdir: str = option("--workdir", "-w")
    privileged: bool = switch("--privileged")
    detach_keys: str = option("--detach-keys")
    container: str = argument("CONTAINER")
    command: tuple[str, ...] = rest("COMMAND")

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        if not self.command:
            raise grammar.missing(self.called(), "COMMAND", "requires at least 2 arguments")

    @property
    def at_keyboard(self) -> bool:
        return self.interactive and not self.detach

    def settings(self) -> dict[str, Any]:
        """The keywords of docker-py's exec_create, without the container and the command."""
        return self._settings(list(self.env))

    def _settings(self, env: object) -> dict[str, Any]:
        return given(
            environment=env,
            user=self.user,
            workdir=self.workdir,
            privileged=self.privileged or None,
            stdin=self.interactive or None,
            tty=self.tty or None,
        )

    def _python(self) -> str:
        env: object = list(self.env)
        if self.env_file:
            files = literal(list(self.env_file))
            read = f"for file in {files} for k, v in docker.utils.parse_env_file(file).items()"
            env = Code(f'[f"{{k}}={{v}}" {read}] + {literal(env)}')
        exec_run = Call(
            "container.exec_run",
            list(self.command),
            **self._settings(env),
            **given(detach=self.detach or None, socket=self.at_keyboard or None),
        )
        lines = f'code, output = {exec_run}\nprint(output.decode(errors="replace"), end="")'
        if self.detach:
            lines = exec_run
        elif self.at_keyboard:
            lines = f"code, keyboard_and_screen = {exec_run}"
        return f"container = {Call('client.containers.get', self.container)}\n{lines}\n"

    def _made(self, client: Client, on: Machine) -> str:
        """The id of the exec, not started yet."""
        try:
            settings = self._settings(environment(self.env_file, self.env, on))
        except DockerRefused as refusal:
            raise DockerRefused(str(refusal)) from refusal
        api = client.api
        if self.detach_keys:
            settings["detach_keys"] = self.detach_keys
        streams = {} if not self.detach else {"stdout": False, "stderr": False, "stdin": False}
        settings |= streams
        return str(api.exec_create(self.container, list(self.command), **settings)["Id"])

    def _run(self, client: Client, report: Report) -> str:
        api = client.api
        made = self._made(client, Machine(folder.read))
        if self.detach:
            api.exec_start(made, detach=True)  # answers with a text of no meaning
            return ""
        # docker-py's exec_start asks for an upgrade, then reads the bare socket: it misses output
        # that the answer's reader took with the head. Without upgrade, the output is the body.
        response = api._post_json(
            api._url("/exec/{0}/start", made), data={"Detach": False, "Tty": False}, timeout=None
        )
        output: bytes = api._get_result_tty(False, response, False)
        return "\n".join(terminal_output.lines(output)).rstrip("\n")

    def _play(self, client: Client, streams: Streams) -> int:
        api, typed = client.api, self.interactive and not self.detach
        # The docker command asks first whether the container is there.
        api.inspect_container(self.container)
        if typed and self.tty and not streams.in_is_terminal:
            raise DockerRefused("the input device is not a TTY")
        made = self._made(client, machine(streams))
        if self.detach:
            api.exec_start(made, detach=True)
            return 0
        attached = Attached(api.exec_start(made, tty=self.tty, socket=True), self.tty)
        left = False

        def hear(presses: int) -> None:
            nonlocal left
            if presses and not (self.tty and typed):  # the program goes on without a viewer
                left = True
                attached.close()

        def resize(rows: int, columns: int) -> None:
            with suppress(docker.errors.APIError, requests.RequestException):
                api.exec_resize(made, height=rows, width=columns)

        let_go = converse(
            attached,
            streams,
            typed=typed,
            tty=self.tty,
            detach_keys=self.detach_keys,
            resize=resize,
            interrupted=hear,
        )
        if left:
            return INTERRUPTED
        if let_go:
            streams.warn("exec attach failed: read escape sequence")
            return 1
        return int(api.exec_inspect(made)["ExitCode"] or 0)


@command("container attach", "attach", changes=True)
class AttachContainer(Command):
    """Sit down at the keyboard and screen of a container that runs."""

    detach_keys: str = option("--detach-keys")
    no_stdin: bool = switch("--no-stdin")
    sig_proxy: bool = switch("--sig-proxy", default=True)
    container: str = argument("CONTAINER")

    @property
    def at_keyboard(self) -> bool:
        return True

    def _python(self) -> str:
        return f"container = {Call('client.containers.get', self.container)}\n{ATTACH}"

    def _run(self, client: Client, report: Report) -> str:
        raise NotImplementedError  # run refuses a command that is at_keyboard

    def _play(self, client: Client, streams: Streams) -> int:
        known = client.api.inspect_container(self.container)
        state = part(known, "State")
        for field, what, first in (
            ("Running", "stopped", "start it first"),
            ("Paused", "paused", "unpause it first"),
            ("Restarting", "restarting", "wait until it is running"),
        ):
            if bool(state.get(field)) is (field != "Running"):
                raise DockerRefused(f"You cannot attach to a {what} container, {first}")
        tty = bool(part(known, "Config").get("Tty"))
        typed = not self.no_stdin and bool(part(known, "Config").get("OpenStdin"))
        if typed and tty and not streams.in_is_terminal:
            raise DockerRefused("the input device is not a TTY")
        return joined(client, streams, known["Id"], typed, tty, self.detach_keys, self.sig_proxy)


@command("container start", "start", changes=True)
class StartContainers(OnEach):
    """Start containers that have stopped; their files are as they were."""

    attach: bool = switch("-a", "--attach")
    interactive: bool = switch("-i", "--interactive")
    detach_keys: str = option("--detach-keys")
    checkpoint: str = option("--checkpoint")
    checkpoint_dir: str = option("--checkpoint-dir")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        if self.at_keyboard and len(self.containers) > 1:
            words = "you cannot start and attach multiple containers at once"
            sentence = _("You cannot start and attach multiple containers at once.")
            raise InvalidLine(sentence, words, "late")

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

    def _play(self, client: Client, streams: Streams) -> int:
        if self.checkpoint or self.checkpoint_dir:
            raise DockerRefused(
                "checkpoints are only supported on a daemon with experimental features"
            )
        if not self.at_keyboard:
            return self._each(client, streams)
        [name] = self.containers
        known = client.api.inspect_container(name)
        tty = bool(part(known, "Config").get("Tty"))
        typed = self.interactive and bool(part(known, "Config").get("OpenStdin"))
        return joined(
            client, streams, known["Id"], typed, tty, self.detach_keys, not tty, start=True,
            removed=bool(part(known, "HostConfig").get("AutoRemove")),
        )  # fmt: skip

    def _each(self, client: Client, streams: Streams) -> int:
        failed: list[str] = []

        def start(name: str) -> None:
            try:
                client.api.start(name)
            except docker.errors.APIError:
                failed.append(name)
                raise

        try:
            streams.print(each(self.containers, start))
        except EngineRejected as refusal:
            streams.print(refusal.printed)
            streams.warn(spoken(refusal))
            streams.warn(f"Error: failed to start containers: {', '.join(failed)}")
            return 1
        return 0


def joined(
    client: Client,
    streams: Streams,
    id: str,
    typed: bool,
    tty: bool,
    detach_keys: str,
    proxy: bool,
    start: bool = False,
    removed: bool = False,
) -> int:
    """Join a viewer's streams to a container, perhaps start it; the program's exit code.

    removed: whether the engine removes it at its end.
    """
    api = client.api
    wanted: dict[str, object] = {"stdin": int(typed), "stdout": 1, "stderr": 1, "stream": 1}
    if detach_keys:
        wanted["detachKeys"] = detach_keys
    attached = Attached(api.attach_socket(id, wanted), tty)
    wait = waiting(client, id, "removed" if removed else "next-exit" if start else "not-running")
    if start:
        try:
            api.start(id)
        except docker.errors.APIError:
            attached.close()
            raise
    let_go = converse(
        attached,
        streams,
        typed=typed,
        tty=tty,
        detach_keys=detach_keys,
        resize=lambda rows, columns: resized(client, id, rows, columns),
        interrupted=proxied(client, id) if proxy else lambda presses: None,
    )
    return 0 if let_go else exit_code(wait)
