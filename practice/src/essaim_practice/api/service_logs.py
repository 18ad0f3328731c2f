"""Routes on the logs of services and tasks: the lines of all their containers together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from urllib.parse import quote_plus

from essaim_practice.api.managers import managing
from essaim_practice.api.multiplexing import frame, stream_type
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol.answers import Stream
from essaim_practice.store.broadcast import TOGETHER, Subscription
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import parse_time, rfc3339
from essaim_practice.store.objects import Container, LogLine, Service, Task
from essaim_practice.store.store import Change
from essaim_practice.store.turns import counted
from essaim_practice.swarm import specs
from essaim_practice.swarm.access import find

AT_ONCE = 200  # lines that are sent together


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The lines of the logs that a request asks for."""

    stdout: bool
    stderr: bool
    follow: bool
    timestamps: bool
    details: bool
    since: float
    tail: int | None


def _tail(request: Request) -> int | None:
    amount = request.amount("tail")
    if amount is None and request.query.get("tail") not in (None, "", "all"):
        raise ApiError(400, 'tail value must be a positive integer or "all"')
    return amount


@route("GET", "/services/{id}/logs", streams=True)
def service_logs(request: Request) -> Stream:
    store = managing(request)
    wanted = _wanted(request)
    service = find(store, Service, request.params["id"])
    tty = bool(specs.section(service.spec, "TaskTemplate", "ContainerSpec").get("TTY"))

    def belongs(task: Task) -> bool:
        return task.service_id == service.id

    lines = _lines(request, wanted, store.where(Task, "service", service.id), belongs, tty)
    return Stream(lines, stream_type(tty, request.version))


@route("GET", "/tasks/{id}/logs", streams=True)
def task_logs(request: Request) -> Stream:
    store = managing(request)
    wanted = _wanted(request)
    task = find(store, Task, request.params["id"])
    tty = bool(specs.section(task.spec, "ContainerSpec").get("TTY"))
    lines = _lines(request, wanted, [task], lambda other: other.id == task.id, tty)
    return Stream(lines, stream_type(tty, request.version))


def _wanted(request: Request) -> _Wanted:
    stdout, stderr = request.flag("stdout"), request.flag("stderr")
    if not (stdout or stderr):
        raise ApiError(500, "Bad parameters: you must choose at least one stream")
    try:
        since = parse_time(request.query.get("since", ""), request.cluster.store.clock.now())
    except ValueError as error:
        raise ApiError(400, f"invalid value for a time: {error}") from None
    return _Wanted(
        stdout,
        stderr,
        request.flag("follow"),
        request.flag("timestamps"),
        request.flag("details"),
        since,
        _tail(request),
    )


async def _lines(
    request: Request,
    wanted: _Wanted,
    tasks: list[Task],
    belongs: Callable[[Task], bool],
    tty: bool,
) -> AsyncIterator[bytes]:
    """The past lines of these tasks' containers by time; then new ones, if followed."""
    store, book = request.cluster.store, request.cluster.logs
    coming: asyncio.Queue[tuple[Task, LogLine]] = asyncio.Queue(TOGETHER)
    pumps: dict[str, asyncio.Task[None]] = {}

    async def pump(task: Task, before: list[LogLine], written: Subscription[LogLine]) -> None:
        for line in before:
            await coming.put((task, line))
        async for line in written:
            if wanted.stdout if line.stream == 1 else wanted.stderr:
                await coming.put((task, line))

    def follow(task: Task, container: Container, before: list[LogLine]) -> None:
        written = book.follow(container.id)
        pumps[container.id] = asyncio.ensure_future(counted(pump(task, before, written)))

    def on_container(change: Change) -> None:
        container = change.new
        if isinstance(container, Container) and container.state == "running":
            task = store.get(Task, container.task_id) if container.task_id else None
            if task is not None and belongs(task) and container.id not in pumps:
                # It may have written before we hear of it.
                before = book.read(container.id, wanted.stdout, wanted.stderr)
                follow(task, container, before)

    past: list[list[tuple[Task, LogLine]]] = []
    stop = store.watch(on_container, Container) if wanted.follow else None
    try:
        for task in tasks:
            for container in store.where(Container, "task", task.id):
                if container.id in pumps:  # it has started meanwhile
                    continue
                streams = (wanted.stdout, wanted.stderr)
                read = book.read(container.id, *streams, since=wanted.since, tail=wanted.tail)
                past.append([(task, line) for line in read])
                if wanted.follow and container.state == "running":
                    follow(task, container, [])
                yield b""  # others have their turns
        merged = merge(*past, key=lambda pair: pair[1].time)
        while some := list(islice(merged, AT_ONCE)):
            yield b"".join(_sent(wanted, task, line, tty) for task, line in some)
        while wanted.follow:
            found = [await coming.get()]
            while not coming.empty():
                found.append(coming.get_nowait())
            yield b"".join(_sent(wanted, task, line, tty) for task, line in found)
    finally:
        if stop is not None:
            stop()
        for each in pumps.values():
            each.cancel()


def _sent(wanted: _Wanted, task: Task, line: LogLine, tty: bool) -> bytes:
    text = line.text
    if wanted.details:
        origin = {
            "com.docker.swarm.node.id": task.node_id,
            "com.docker.swarm.service.id": task.service_id,
            "com.docker.swarm.task.id": task.id,
        }
        pairs = ",".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in origin.items())
        text = pairs.encode() + b" " + text
    if wanted.timestamps:
        text = rfc3339(line.time, trim=False).encode() + b" " + text
    return text if tty else frame(line.stream, text)
