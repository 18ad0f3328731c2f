"""docker container exec and attach: programs in containers that run."""

from __future__ import annotations

from typing import Any

from core.commands import grammar, terminal_output
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, option, options, rest, switch
from core.commands.runs import ATTACH
from core.commands.source import Call, given
from core.commands.values import ENV


@command("container exec", "exec", changes=True)
class ExecContainer(Command):
    """Run a program inside a running container."""

    detach: bool = switch("-d", "--detach")
    interactive: bool = switch("-i", "--interactive")
    tty: bool = switch("-t", "--tty")
    env: tuple[str, ...] = options("--env", "-e", value=ENV)
    user: str = option("--user", "-u")
    workdir: str = option("--workdir", "-w")
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
        return given(
            environment=list(self.env),
            user=self.user,
            workdir=self.workdir,
            stdin=self.interactive or None,
            tty=self.tty or None,
        )

    def _python(self) -> str:
        exec_run = Call(
            "container.exec_run",
            list(self.command),
            **self.settings(),
            **given(detach=self.detach or None, socket=self.at_keyboard or None),
        )
        lines = f'code, output = {exec_run}\nprint(output.decode(errors="replace"), end="")'
        if self.detach:
            lines = exec_run
        elif self.at_keyboard:
            lines = f"code, keyboard_and_screen = {exec_run}"
        return f"container = {Call('client.containers.get', self.container)}\n{lines}\n"

    def _run(self, client: Client, report: Report) -> str:
        api = client.api
        made = api.exec_create(self.container, list(self.command), **self.settings())["Id"]
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


@command("container attach", "attach", changes=True)
class AttachContainer(Command):
    """Sit down at the keyboard and screen of a container that runs."""

    container: str = argument("CONTAINER")

    @property
    def at_keyboard(self) -> bool:
        return True

    def _python(self) -> str:
        return f"container = {Call('client.containers.get', self.container)}\n{ATTACH}"

    def _run(self, client: Client, report: Report) -> str:
        raise NotImplementedError  # run refuses a command that is at_keyboard
