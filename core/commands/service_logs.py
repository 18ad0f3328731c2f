"""docker service logs: one log of all replicas, each line behind the replica that printed it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import docker.errors
from docker.types import CancellableStream

from core.cluster.engine_json import part
from core.commands import engine_messages, terminal_output
from core.commands.attached import frames
from core.commands.command import Client, Interrupt, Report, command
from core.commands.grammar import argument, option, switch
from core.commands.kinds import Logs
from core.commands.quantities import checked, duration
from core.commands.source import Call, given, literal
from core.commands.streams import Streams
from core.commands.table import seconds, short
from core.commands.tasks import TaskNames
from core.commands.values import Value
from core.errors import DockerRefused, InvalidValue
from core.i18n import later as _


def moment(word: str, now: float | None = None) -> int:
    """A time, or how long ago, in seconds since the epoch. Raises InvalidValue."""
    if re.fullmatch(r"[0-9]{1,18}(?:\.[0-9]+)?", word):
        return int(float(word))
    try:
        return int((time.time() if now is None else now) - duration(word) / 1e9)
    except InvalidValue:
        pass
    try:
        return int(seconds(word if "T" in word or " " in word else f"{word}T00:00:00Z"))
    except ValueError:
        sentence = _("{word!r} is no time: write 10m, or 2026-11-30T12:00:00")
        why = f'failed to parse value as time or duration: "{word}"'
        spoken = f'invalid value for "since": {why}'
        raise InvalidValue(sentence, spoken, late=True, word=word) from None


def _last(word: str) -> str:
    if word != "all" and not (word.isascii() and word.isdigit()):
        sentence = _("{word!r} is not a whole number, 0 or more")
        why = 'Error response from daemon: tail value must be a positive integer or "all"'
        raise InvalidValue(sentence, why, late=True, word=word)
    return word


LAST = Value("number|all", read=_last)
SINCE = checked("string", moment)


@command("service logs", reveals=True)
class ServiceLogs(Logs):
    """Show what the replicas of a service have printed.

    It reveals: programs print passwords, this dashboard's own first one among them.
    """

    follow: bool = switch("-f", "--follow")
    tail: str = option("--tail", "-n", value=LAST, default="all")
    timestamps: bool = switch("--timestamps", "-t")
    since: str = option("--since", value=SINCE)
    details: bool = switch("--details")
    raw: bool = switch("--raw")
    no_resolve: bool = switch("--no-resolve")
    no_task_ids: bool = switch("--no-task-ids")
    no_trunc: bool = switch("--no-trunc")
    service: str = argument("SERVICE")

    def _settings(self, **more: object) -> dict[str, object]:
        """The keywords of docker-py for the log."""
        log = {"stdout": True, "stderr": True, "details": self.details or not self.raw}
        since = {"since": moment(self.since)} if self.since else {}
        return log | more | since | {"tail": self.tail, "timestamps": self.timestamps}

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
        chunks = (text for _stream, text in self._pieces(client))
        whole = b"".join(chunks if self.raw else _whole(chunks))
        log = whole.decode(errors="replace").removesuffix("\n")
        if self.raw:
            return log
        lines = [_Line.read(text, self.timestamps) for text in log.split("\n") if text]
        heads = _Heads(client, self)
        for line in lines:  # all heads, for all lines to be as wide as the widest
            heads.learn(line)
        return "\n".join(map(heads.before, lines))

    def _pieces(self, client: Client) -> CancellableStream:
        """The log, each piece with the number of its stream; any thread may close it."""
        api = client.api
        try:
            known, kind = api.inspect_service(self.service), "services"
            task = part(known, "Spec", "TaskTemplate")
        except docker.errors.NotFound:
            try:
                known, kind = api.inspect_task(self.service), "tasks"
            except docker.errors.NotFound:
                words = f"no such task or service: {self.service}"
                raise DockerRefused(words, 404) from None
            task = part(known, "Spec")
        wanted = {"stdout": 1, "stderr": 1, "follow": int(self.follow), "tail": self.tail}
        wanted |= {"timestamps": int(self.timestamps), "details": int(self.details or not self.raw)}
        response = api._get(
            api._url(f"/{kind}/{{0}}/logs", known["ID"]),
            params=wanted | ({"since": moment(self.since)} if self.since else {}),
            stream=True,
            timeout=None if self.follow else api.timeout,
        )
        api._raise_for_status(response)
        tty = bool(part(task, "ContainerSpec").get("TTY"))
        return CancellableStream(frames(response.iter_content(None), tty), response)

    def _play(self, client: Client, streams: Streams) -> int:
        """What programs print as errors goes to the standard error."""
        stream = self._pieces(client)
        streams.interrupt.on_press(lambda presses: stream.close())
        heads = _Heads(client, self)
        found = _lines(stream)
        known = found if self.follow else list(found)
        if not self.raw and not self.follow:
            for _, text in known:
                heads.learn(_Line.read(text, self.timestamps))
        for number, text in known:
            if not self.raw:
                line = _Line.read(text, self.timestamps)
                heads.learn(line)
                text = heads.before(line)
            (streams.warn if number == 2 else streams.print)(text)
        return 0

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        known = client.api.inspect_service(self.service)
        path = f"/services/{known['ID']}/logs"
        tty = bool(part(known, "Spec", "TaskTemplate", "ContainerSpec").get("TTY"))
        more = {"since": moment(self.since)} if self.since else {}
        details = int(self.details or not self.raw)
        stream = self._stream(client, path, tty, interrupt, details=details, **more)
        heads = _Heads(client, self)

        def shown(text: str) -> str:
            if self.raw:
                return text
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

    def __init__(self, client: Client, asked: ServiceLogs) -> None:
        self._client, self._asked = client, asked
        self._names = TaskNames(client, resolve=not asked.no_resolve)
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
        id = line.task if self._asked.no_trunc else short(line.task)
        task = replica if self._asked.no_task_ids else f"{replica}.{id}"
        return f"{task}@{self._names.node(line.node)}"


_TASK = b"com.docker.swarm.task.id="


def _origin(piece: bytes) -> tuple[bytes, int] | None:
    """The task of a piece of a service's log, and where its text begins; None of a terminal's.

    It begins with a time, perhaps, and with details that have the task's id. Programs write what
    they like: no regular expression looks for it, which could take very long.
    """
    at = 0
    for _word in range(2):
        end = piece.find(b" ", at)
        word = piece[at : max(end, at)]
        if not word or len(word.split()) != 1:
            return None
        before, _task, after = word.rpartition(_TASK)
        if before.find(b"=") > 0 and (task := after.partition(b",")[0]):
            return task, end + 1
        at = end + 1
    return None


def _lines(pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
    """Whole lines, each with the number of its stream."""
    for number, data in pieces:
        for line in b"".join(_whole([data])).decode(errors="replace").splitlines():
            yield number, line


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same log, in which no line is interrupted.

    The engine cuts a line after 16 kB (moby, daemon/logger/copier.go). Each piece begins with its
    task again, and pieces of other tasks may come between two of them.
    """
    begun: dict[bytes, bytes] = {}
    for piece in pieces:
        origin = _origin(piece)
        if origin is None:  # of a terminal, which is sent as it comes
            yield piece
            continue
        task, text_at = origin
        before = begun.pop(task, b"")
        so_far = before + piece[text_at if before else 0 :]
        if so_far.endswith(b"\n"):
            yield so_far
        else:
            begun[task] = so_far
    for rest in begun.values():
        yield rest + b"\n"
