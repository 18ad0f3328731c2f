"""A cluster on a loop, kept in a folder; its clock is stepped by hand."""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from essaim_practice.api import routes as routes  # all that the engine answers
from essaim_practice.api.routing import Handler, Request, find
from essaim_practice.engine.cluster import Cluster
from essaim_practice.engine.state import ClusterState
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.storage import Folder, Kept
from essaim_practice.storage.records import KINDS
from essaim_practice.store.clock import LoopClock
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Engine, Image, changed

T = TypeVar("T")


class Keeping:
    """A cluster that is kept, from ``begin`` to ``end``."""

    def __init__(self, path: Path, key: str = "ada") -> None:
        self.path, self.key = path, key
        self.folder = Folder(path)
        self.kept: Kept
        self.cluster: Cluster
        self.clock: LoopClock

    def begin(self, nodes: int = 3, limits: Any = None) -> None:
        """Make the cluster of what is kept, or anew."""
        self.kept = self.folder.open(self.key)
        state = self.kept.state
        self.clock = LoopClock(asyncio.get_running_loop(), 0, state.now if state else 1.7e9)
        more = {} if limits is None else {"limits": limits}
        self.cluster = Cluster(self.clock, Random(5), nodes, state=state, **more)
        self.kept.record(self.cluster)
        if state is not None:
            self.cluster.cut_power()

    async def end(self) -> None:
        self.clock.close()
        await self.kept.close()
        self.folder.close()

    async def ask(self, method: str, path: str, body: Any = None, engine: str = "node1") -> Any:
        """What a route of the API answers, as JSON or text."""
        machine = self.cluster.store.get(Engine, engine)
        if machine is None or not machine.up:
            raise ApiError(503, f"{engine} does not answer")
        path, _, query = path.partition("?")
        found = find(method, path)
        assert found is not None, path
        route, params = found
        asked = dict(part.split("=") for part in query.split("&") if part)
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        request = Request(self.cluster, engine, method, path, params, asked, {}, data, (1, 51))
        waiting = asyncio.ensure_future(_answered(route.handler, request))
        while not waiting.done():  # it may wait for the clock
            await self.clock.step(0.2)
            await asyncio.sleep(0)
        return waiting.result()

    def read_copy(self, to: Path) -> ClusterState:
        """What another process would find, were this one ended at this instant."""
        to.mkdir()
        for each in self.path.glob(f"{self.key}.cluster*"):
            shutil.copy(each, to)
        folder = Folder(to)
        kept = folder.open(self.key)
        assert (kept.lost, kept.problem) == (None, "")
        state = kept.state
        assert state is not None
        asyncio.get_running_loop().create_task(kept.close())
        return state


async def _answered(handler: Handler, request: Request) -> Any:
    answer = handler(request)
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, Stream):
        return b"".join([bytes(part) async for part in answer.chunks])
    assert isinstance(answer, Response)
    return answer.body


def on_loop(play: Callable[[], Awaitable[T]]) -> T:
    """Run something on a loop of its own."""

    async def all_of_it() -> T:
        return await play()

    return asyncio.run(all_of_it())


def remembered(cluster: Cluster) -> dict[str, Any]:
    """All of a cluster that is to be kept, in a form that can be compared."""
    store = cluster.store
    made = cluster.files._made()
    return {
        "records": {
            name: [_plain(record) for record in store.all(kind)] for name, kind in KINDS.items()
        },
        "trees": {image.id: dict(image.files) for image in store.all(Image)},
        "counters": (store.version, store.writes),
        "files": {
            f"{kind}/{id}": (dict(system.lower), system.written())
            for kind, systems in made.items()
            for id, system in systems.items()
        }
        | {
            part.name: (dict(part.tree or {}), dict(part.entries)) for part in cluster.files.saved()
        },
        "logs": {part.container: list(part.lines) for part in cluster.logs.take(whole=True)},
    }


def found(state: ClusterState) -> dict[str, Any]:
    """The same of what was kept."""
    records = state.records
    return {
        "records": {
            name: [_plain(record) for record in records if type(record) is kind]
            for name, kind in KINDS.items()
        },
        "trees": {image.id: dict(image.files) for image in records if isinstance(image, Image)},
        "counters": (state.version, state.writes),
        "files": {
            name: (dict(saved.tree), dict(saved.entries)) for name, saved in state.files.items()
        },
        "logs": {part.container: list(part.lines) for part in state.logs},
    }


def _plain(record: Any) -> Any:
    return changed(record, files=None) if isinstance(record, Image) else record
