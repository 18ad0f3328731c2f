"""The HTTP API of a worker: its clusters, what they cost, what changes in them, their engines."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from essaim_practice import __version__
from essaim_practice.client.exceptions import TooManyClusters
from essaim_practice.hosting.clusters import Clusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.protocol import shapes
from essaim_practice.protocol.answers import Answer, Response, Stream
from essaim_practice.storage import InUse
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import UNBOUNDED, Budget
from essaim_practice.wire import http as wire
from essaim_practice.wire import listener
from essaim_practice.wire.server import EngineServer, error_response
from essaim_practice.worker.address import Address, notice_loss
from essaim_practice.worker.changes import Changes
from essaim_practice.worker.docker_commands import DockerCommands
from essaim_practice.worker.usage import Load, memory

_ID = re.compile(r"[a-z0-9]{1,64}")
_ENGINE = re.compile(r"/clusters/([^/?]*)/engines/([^/?]*)(.*)", re.DOTALL)
_LARGEST = 64 * 1024  # bytes of a body that is not an engine's
_PATIENCE = 30.0  # seconds for a connection's first request, which shows the secret
_OLD = 24 * 3600.0  # seconds: what is kept goes, where nobody has opened it for so long
_SWEEP = 600.0  # seconds between two looks
_SETTINGS = ("nodes", "formed", "speed", "seed", "engine")


class Worker:
    """Listens for whoever directs it, and for the engines of its clusters.

    secret: what every request must show; '' where the address lets in nobody else. docker: the
    command of the docker command server, () where machines have none.
    Its methods are called on the clusters' own thread.
    """

    def __init__(
        self, address: Address, clusters: Clusters, secret: str = "", docker: Sequence[str] = ()
    ) -> None:
        self._address = address
        self._clusters = clusters
        self._secret = secret.encode()
        self._docker = DockerCommands(docker)
        self._load = Load()
        self._changes = Changes(self._beat)
        self._listening = asyncio.Lock()  # who lets a cluster's engines listen
        self._sweeping: asyncio.Task[None] | None = None
        self._listener: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def open(self) -> None:
        """Listen. Raises OSError."""
        self._listener = await self._address.own.open(self._accept)
        self._sweeping = asyncio.create_task(self._sweep_for_ever())

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)  # first: after a restart, those in use are opened again
            try:
                await self._clusters.sweep(_OLD)
            except OSError:
                wire.log.exception("old clusters could not be removed")

    async def close(self) -> None:
        """Listen no more, and end every connection and cluster; keep what is kept."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._listener is not None:
            await listener.close(self._listener)
        self._address.own.leave()
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        ids = list(self._clusters.servers)
        await self._clusters.close()
        self._docker.server.stop()
        for id in ids:
            self._address.leave(id)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        connection = _Connection(self, task, writer)
        most = self._clusters.settings.limits.request_bytes
        notice_loss(writer)
        patience = asyncio.get_running_loop().call_later(_PATIENCE, writer.transport.abort)

        def admits(headers: Mapping[str, str]) -> bool:
            patience.cancel()
            return self._admits(headers)

        try:
            await wire.serve(reader, writer, connection.handle, most, admits, self._memory)
        except asyncio.CancelledError:
            pass  # the worker, or the machine that was asked, has ended
        finally:
            patience.cancel()
            connection.let_go()
            self._connections.pop(task, None)

    def _admits(self, headers: Mapping[str, str]) -> bool:
        if not self._secret:
            return True
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(shown.strip().encode("latin-1"), self._secret)
        return same and scheme.lower() == "bearer"

    def _memory(self, target: str) -> Budget:
        """Where the body of a request counts."""
        found = _ENGINE.fullmatch(target)
        server = self._clusters.servers.get(found[1]) if found is not None else None
        return server.cluster.store.memory if server is not None else UNBOUNDED

    def engine(self, cluster: str, name: str) -> EngineServer:
        """What answers for an engine. Raises ApiError 404."""
        server = self._clusters.servers.get(cluster)
        found = server.at(name) if server else None
        if found is None:
            what = f"machine {name[:80]} in this cluster" if server else f"cluster {cluster[:80]}"
            raise ApiError(404, f"there is no {what}")
        return found

    async def answer(self, call: wire.Call) -> Answer:
        """Answer what is asked of the worker itself."""
        path = call.target.partition("?")[0]
        try:
            if len(call.body) > _LARGEST:
                raise ApiError(413, f"request body is larger than {_LARGEST} bytes")
            match call.method, path.removeprefix("/").split("/"):
                case "GET", ["worker"]:
                    return Response(self._status())
                case "GET", ["worker", "clusters"]:
                    return Response(await self._listed())
                case "GET", ["worker", "changes"]:
                    return Stream(self._changes.lines(), "application/x-ndjson")
                case "PUT", ["worker", "clusters", id]:
                    return Response(await self._open(_checked(id), call.body))
                case "DELETE", ["worker", "clusters", id]:
                    await self._forget(_checked(id))
                    return Response(status=204)
        except ApiError as error:
            return error_response(error)
        except Exception as error:  # a bug of ours must not look like a broken network
            wire.log.exception("%s %s failed", call.method, path)
            return Response({"message": f"{type(error).__name__}: {error}"}, 500)
        return Response({"message": "page not found"}, 404)

    async def _open(self, id: str, body: bytes) -> dict[str, Any]:
        settings = _settings(self._clusters.settings, body)
        self._address.check(id)
        try:
            opened = await self._clusters.open(id, settings)
        except (TooManyClusters, InUse) as error:
            raise ApiError(409, str(error)) from None
        server = opened.server
        if opened.begun != "there":
            server.tell(partial(self._changes.tell, id))
            server.docker = server.cluster.machines.docker = self._docker.of(server)
        async with self._listening:
            if not server.listening:
                await server.listen(self._address.engines(id))
        return _shown(id, server) | {"begun": opened.begun, "lost": opened.lost}

    async def _forget(self, id: str) -> None:
        try:
            await self._clusters.forget(id)
        except InUse as error:
            raise ApiError(409, str(error)) from None
        self._address.leave(id)

    async def _listed(self) -> list[dict[str, Any]]:
        kept, servers = await self._clusters.kept(), self._clusters.servers
        there = [_shown(id, server) for id, server in servers.items()]
        return there + [_asleep(id) for id in kept if id not in servers]

    def _status(self) -> dict[str, Any]:
        return {
            "version": __version__,
            "pid": os.getpid(),
            "clusters": len(self._clusters.servers),
            "most": self._clusters.most,
            "load": self._load.read(),
            "memory": memory(),
            "kept": self._clusters.keeps,
            "problem": self._clusters.problem,
        }

    def _beat(self) -> dict[str, Any]:
        count = len(self._clusters.servers)
        return {"load": self._load.read(), "clusters": count, "problem": self._clusters.problem}


class _Connection:
    """One connection, and the engine that it speaks to, if any."""

    def __init__(
        self, worker: Worker, task: asyncio.Task[None], writer: asyncio.StreamWriter
    ) -> None:
        self._worker = worker
        self._task = task
        self._writer = writer
        self._engine: EngineServer | None = None

    def let_go(self) -> None:
        if self._engine is not None:
            self._engine.let_go(self._task)
            self._engine = None

    async def handle(self, call: wire.Call) -> wire.Reply:
        self.let_go()
        found = _ENGINE.fullmatch(call.target)
        if found is None:
            return wire.Reply(await self._worker.answer(call), {})
        cluster, name, rest = found.groups()
        try:
            self._engine = self._worker.engine(cluster, name)
        except ApiError as error:
            return wire.Reply(error_response(error), {})
        # The worker's secret is not the learner's, whose programs see the headers.
        headers = {key: value for key, value in call.headers.items() if key != "authorization"}
        target = rest if rest.startswith("/") else f"/{rest}"
        base = f"/clusters/{cluster}/engines/{name}"
        inner = replace(call, target=target, headers=headers)
        return await self._engine.answer(inner, self._writer, base)


def _checked(id: str) -> str:
    if not _ID.fullmatch(id):
        raise ApiError(400, "the ID of a cluster has 1 to 64 of the signs a to z and 0 to 9")
    return id


def _settings(usual: Settings, body: bytes) -> Settings:
    """What a new cluster is. Raises ApiError 400 in words for a person."""
    try:
        given = shapes.any_object(shapes.parse(body.decode(errors="replace") or "{}"))
    except shapes.Mismatch as error:
        raise ApiError(400, f"invalid JSON: {error}") from None
    for name in given:
        if name not in _SETTINGS:
            known = ", ".join(_SETTINGS)
            raise ApiError(400, f'there is no setting "{name[:80]}" here, only {known}')
    try:
        return replace(usual, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise ApiError(400, str(error)) from None


def _asleep(id: str) -> dict[str, Any]:
    return {"id": id, "open": False, "touched": True, "machines": 0, "most_machines": 0, "idle": 0}


def _shown(id: str, server: PracticeServer) -> dict[str, Any]:
    return {
        "id": id,
        "open": True,
        "touched": server.cluster.touched,
        "machines": len(server.cluster.engines),
        "most_machines": server.settings.limits.engines,
        "idle": round(server.idle, 3),
    }
