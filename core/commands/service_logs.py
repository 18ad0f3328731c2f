"""docker service logs: one log of all replicas, each line behind the replica that printed it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import docker.errors

from core.cluster.engine_json import part
from core.commands import engine_messages, terminal_output
from core.commands.command import Client, Interrupt, Report, command
from core.commands.grammar import argument, option, switch
from core.commands.kinds import Logs
from core.commands.source import Call, given, literal
from core.commands.table import short
from core.commands.tasks import TaskNames
from core.commands.values import TAIL


@command("service logs", reveals=True)
class ServiceLogs(Logs):
    """Show what the replicas of a service have printed.

    It reveals: programs print passwords, this dashboard's own first one among them.
    """

    follow: bool = switch("-f", "--follow")
    tail: str = option("--tail", "-n", value=TAIL, default="all")
    timestamps: bool = switch("--timestamps", "-t")
    service: str = argument("SERVICE")

    def _settings(self, **more: object) -> dict[str, object]:
        """The keywords of docker-py for the log."""
        log = {"stdout": True, "stderr": True, "details": True}
        return log | more | {"tail": self.tail, "timestamps": self.timestamps}

    def _python(self) -> str:
        logs = Call("service.logs", **self._settings(**given(follow=self.follow or None)))
        return f"""\
import codecs

service = client.services.get({literal(self.service)})
logs = {logs}
for text in codecs.iterdecode(logs, "utf-8", "replace"):
    # Each line begins with the node, the service and the task that it comes from.
    print(text, end=""{", flush=True" if self.follow else ""})
"""

    def _run(self, client: Client, report: Report) -> str:
        chunks = client.api.service_logs(self.service, **self._settings())
        log = b"".join(_whole(chunks)).decode(errors="replace").removesuffix("\n")
        lines = [_Line.read(text, self.timestamps) for text in log.split("\n") if text]
        heads = _Heads(client)
        for line in lines:  # all heads, for all lines to be as wide as the widest
            heads.learn(line)
        return "\n".join(map(heads.before, lines))

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        known = client.api.inspect_service(self.service)
        path = f"/services/{known['ID']}/logs"
        tty = bool(part(known, "Spec", "TaskTemplate", "ContainerSpec").get("TTY"))
        stream = self._stream(client, path, tty, interrupt, details=1)
        heads = _Heads(client)

        def shown(text: str) -> str:
            line = _Line.read(text, self.timestamps)
            heads.learn(line)
            return heads.before(line)

        return engine_messages.reported(_whole(stream), report, shown)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a service's log, with the ids of the task and the node that it comes from."""

    task: str
    node: str
    text: str

    @classmethod
    def read(cls, line: str, timestamps: bool) -> _Line:
        stamp, _, rest = line.partition(" ") if timestamps else ("", "", line)
        details, _, text = rest.partition(" ")
        keys = dict(unquote(detail).split("=", 1) for detail in details.split(",") if "=" in detail)
        if "com.docker.swarm.task.id" not in keys:  # a later piece of a terminal's output
            text = rest
        return cls(
            keys.get("com.docker.swarm.task.id", ""),
            keys.get("com.docker.swarm.node.id", ""),
            " ".join(filter(None, [stamp, terminal_output.line(text)])),
        )


class _Heads:
    """The heads of lines, one for each task; the engine is asked once for each."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names = TaskNames(client)
        self._heads: dict[str, str] = {}

    def learn(self, line: _Line) -> None:
        if line.task not in self._heads:
            self._heads[line.task] = self._head(line)

    def before(self, line: _Line) -> str:
        """The line with its head, as wide as the widest so far."""
        width = max(map(len, self._heads.values()))
        return f"{self._heads[line.task].ljust(width)}    | {line.text}"

    def _head(self, line: _Line) -> str:
        """web.3.<task id>@node2, as the docker command writes it; '' where no task is named."""
        if not line.task:
            return ""
        try:
            replica = self._names.task(self._client.api.inspect_task(line.task))
        except docker.errors.NotFound:  # reaped since it printed this
            replica = "?"
        return f"{replica}.{short(line.task)}@{self._names.node(line.node)}"


#: How each piece of a service's log begins: perhaps a time, and details with the id of its task.
_ORIGIN = re.compile(rb"(?:\S+ )?[^ =]+=\S*com\.docker\.swarm\.task\.id=([^,\s]+)\S* ")


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same log, in which no line is interrupted.

    The engine cuts a line after 16 kB (moby, daemon/logger/copier.go). Each piece begins with its
    task again, and pieces of other tasks may come between two of them.
    """
    begun: dict[bytes, bytes] = {}
    for piece in pieces:
        origin = _ORIGIN.match(piece)
        if origin is None:  # of a terminal, which is sent as it comes
            yield piece
            continue
        before = begun.pop(origin[1], b"")
        so_far = before + piece[origin.end() if before else 0 :]
        if so_far.endswith(b"\n"):
            yield so_far
        else:
            begun[origin[1]] = so_far
    for rest in begun.values():
        yield rest + b"\n"
